# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin API over a FakeEdge, on a socket file or over TCP, in a thread of its own.

As a program, in the folder tests/proxy: ``python -m running.admin_api SOCKET [CONFIGURATION]``.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3] / "roles" / "proxy" / "files"))

from sluice_proxy.admin.admission import Admission
from sluice_proxy.admin.application import application
from sluice_proxy.admin.serving import AdminServer, Door

from running.closing import Closing
from running.fake_edge import FakeEdge

T = TypeVar("T")
CLOSED_WITHIN = 5.0


class AdminApi(Closing):
    """The API of ``edge``, or of a FakeEdge of no configuration, at ``path``.

    With ``tls`` it is at a port of 127.0.0.1 too.
    """

    def __init__(
        self,
        path: Path | str,
        edge: FakeEdge | None = None,
        *,
        admission: Admission | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.path = str(path)
        self.edge = edge or FakeEdge()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._sockets = [_unix(self.path)]
        doors = [Door(self._sockets[0])]
        self.port = 0
        if tls is not None:
            self._sockets.append(socket.create_server(("127.0.0.1", 0)))
            self.port = self._sockets[1].getsockname()[1]
            doors.append(Door(self._sockets[1], tls))
        made = application(self.edge, admission or Admission(), version="0.1.0")
        self.server = AdminServer(made)
        self.run(self.server.serve(doors))

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop of the API and return what it returns."""
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(60)

    def close(self) -> None:
        self.run(self.server.close(CLOSED_WITHIN))
        for one in self._sockets:
            one.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(30)
        self.loop.close()


def _unix(path: str) -> socket.socket:
    Path(path).unlink(missing_ok=True)
    end = socket.socket(socket.AF_UNIX)
    end.bind(path)
    end.listen(128)
    return end


def main() -> None:
    path, *configuration = sys.argv[1:]
    text = Path(configuration[0]).read_text() if configuration else ""
    folder = Path(configuration[0]).parent if configuration else Path("/")
    with AdminApi(path, FakeEdge(text, folder)):
        print(f"the admin API is at {path}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
