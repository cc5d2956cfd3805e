# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the process of a worker needs of the data plane that runs in it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence, Set
from typing import Protocol

from ..observe.metrics import Metrics
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot
from ..worker.questions import Reply, Send

Listening = Sequence[tuple[Listener, socket.socket]]
"""Listening sockets, each with what it is for; a listener may have several."""

Down = Set[tuple[str, str]]
"""The targets that active checks found unhealthy: (name of the route, name of the target)."""


class DataPlane(Protocol):
    """Serves clients. All methods are called from the loop that it was made in,
    and none before the last ``adopt`` has returned."""

    async def adopt(self, snapshot: Snapshot, listening: Listening, down: Down) -> None:
        """Go over to a snapshot as one. Raises ValueError or OSError, and changes nothing then.

        ``listening`` are all sockets from now on: those of before that are not among them are not
        accepted from any more. They are new objects each time, and the data plane's to close.
        ``snapshot.workers`` is how many workers share what is bounded for all of them.
        """

    def set_down(self, down: Down) -> None:
        """Take over what active health checks found."""

    async def drain(self, seconds: float) -> None:
        """Accept no more, and return when every exchange is done, at the latest after ``seconds``.

        What is not done by then is cut off.
        """

    def metrics(self) -> Metrics:
        """Return the numbers so far."""

    def reopen_logs(self) -> None:
        """Open the log files anew: the ones in use were put aside."""

    def answered(self, number: int, reply: Reply) -> None:
        """Take what the supervisor answered to a question."""

    def leave_alone(self) -> None:
        """The supervisor is gone, and answers nothing any more."""


Make = Callable[[Send], DataPlane]
"""Makes one that asks the supervisor by what it is given."""
