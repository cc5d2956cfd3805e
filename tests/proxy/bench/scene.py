# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where measurements take place: an origin, and the proxies in front of it."""

from __future__ import annotations

import os
import resource
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from running.certificates import self_signed
from running.service import free_port

from bench import peers
from bench.processes import OTHER_PROCESSOR, PROXY_PROCESSOR, Pinned


class Scene:
    """A folder with an origin that runs; proxies are started in it, and all ends with it."""

    def __init__(self, origin_processors: str = OTHER_PROCESSOR) -> None:
        if (os.cpu_count() or 1) < 2:
            raise SystemExit("one processor is not enough: client and proxy would share it")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._origin_processors = origin_processors
        self._stack = ExitStack()
        name = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="proxy-bench-"))
        self.folder = Path(name)
        self._certificate = self_signed(self.folder, "localhost")

    def __enter__(self) -> Scene:
        self._origin_port = free_port()
        origin = peers.origin(self.folder / "origin", self._origin_port, self._origin_processors)
        self._stack.enter_context(origin).wait_for(self._origin_port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def start(
        self,
        name: str,
        *,
        routes: int = 1,
        workers: int = 1,
        processors: str = PROXY_PROCESSOR,
        more: str = "",
    ) -> tuple[Pinned, peers.Place]:
        """Start a proxy and wait until it serves; routes, workers and ``more`` of the configuration
        are for ``sluice``."""
        folder = self.folder / f"{name}-{routes}-{workers}"
        chain, key = Path(self._certificate.chain), Path(self._certificate.key)
        place = peers.place_in(folder, self._origin_port, chain, key)
        if name == "sluice":
            words = peers.sluice(place, routes, workers, more)
        else:
            words = peers.BY_NAME[name](place)
        process = self._stack.enter_context(Pinned(words, processors, folder / "output"))
        process.wait_for(place.plain)
        return process, place
