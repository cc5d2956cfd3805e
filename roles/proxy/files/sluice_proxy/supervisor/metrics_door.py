# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page with the numbers, at the address that the snapshot in force has for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot
from .metrics_page import MetricsPage
from .sockets import InheritedSockets, ListeningSockets

_BACKLOG = 64


class MetricsDoor:
    """Opens and closes with the snapshots; ``render`` and ``serves`` are as for MetricsPage."""

    def __init__(
        self,
        inherited: InheritedSockets,
        render: Callable[[], Awaitable[str]],
        serves: Callable[[], bool],
    ) -> None:
        self.sockets = ListeningSockets(inherited)
        self._render = render
        self._serves = serves
        self._listener: Listener | None = None
        self._page: MetricsPage | None = None

    async def serve(self, snapshot: Snapshot) -> None:
        """Answer where a snapshot says, and nowhere else. Raises OSError."""
        wanted = snapshot.metrics
        listener = None if wanted is None else Listener(wanted.address, backlog=_BACKLOG)
        if self._page is not None and wanted is not None and self._listener == listener:
            self._page.path = wanted.path
            return
        if listener is not None:
            self.sockets.open([listener], 1)
        self._close_page()
        if wanted is not None and listener is not None:
            page = MetricsPage(wanted.path, self._render, self._serves)
            await page.listen(self.sockets.of(listener.address))
            self._listener, self._page = listener, page
        self.sockets.keep_only([] if listener is None else [listener])

    def close(self, *, kept: bool) -> None:
        """Answer nowhere; ``kept`` as for ListeningSockets."""
        self._close_page()
        self.sockets.close(kept=kept)

    def _close_page(self) -> None:
        if self._page is not None:
            self._page.close()
            self._page = None
