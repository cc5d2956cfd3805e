# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people, served as the admin API serves it, and the picture of it in the docs.

``PYTHONPATH=tests/proxy:roles/proxy/files python -m running.status_page`` takes the picture anew.
"""

from __future__ import annotations

import tempfile
import threading
import zlib
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from samples.status import busy, certificate, route, status, target
from sluice_proxy.admin.page import POLICY, render
from sluice_proxy.admin.status import Status, Traffic

from running.browser import Browser, browser
from running.closing import Closing

PICTURE = Path(__file__).resolve().parents[3] / "docs" / "proxy" / "images" / "status.png"
WIDTH, HEIGHT = 1120, 1440
_END_OF_PNG = 12
"""Bytes of the last chunk."""


class StatusPage(Closing):
    """Answers with the page; ``status`` may be another one each time, None for no answer.

    Nothing is answered before ``answers`` is set, as it is at first.
    """

    def __init__(self, shown: Status) -> None:
        self.status: Status | None = shown
        self.answers = threading.Event()
        self.answers.set()
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page.answers.wait()
                if page.status is None:
                    self.close_connection = True
                    return
                query = dict(parse_qsl(urlsplit(self.path).query))
                content = render(page.status, query).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *told: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/status"

    def close(self) -> None:
        """Answer no more."""
        self.answers.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def picturesque() -> Status:
    """Return a status with something of everything."""
    slow = Traffic(38.0, 0.4, 0.025, 0.5, 91_204, 7)
    return status(
        traffic=replace(busy(640), failures_per_second=0.4, p99=0.25),
        refused="edge.yml:31: routes[4].targets: there is no target: name one, or a page",
        routes=(
            route(
                "shop",
                hosts=("shop.test", "www.shop.test"),
                traffic=busy(420),
                targets=(
                    target("http://10.0.3.11:8080", weight=3, traffic=busy(315)),
                    target("http://10.0.3.12:8080", state="draining", traffic=busy(105)),
                ),
            ),
            route(
                "api",
                hosts=("api.example.com",),
                paths=("/v2/",),
                traffic=slow,
                targets=(
                    target("https://api-1.internal", traffic=slow),
                    target("https://api-2.internal", health="unhealthy"),
                ),
            ),
            route("moved", hosts=("old.example.com",), action="redirect", targets=()),
        ),
        certificates=(
            certificate("shop", 71.4, names=("shop.test", "www.shop.test")),
            certificate("api", 9.2, names=("api.example.com",), provider="given"),
            certificate("old", -2.5, names=("old.example.com",), provider="given"),
        ),
    )


def take_picture(page: Browser) -> bytes:
    """Return the picture of the page that is open, as PNG."""
    page.prefer("light")
    page.resize(WIDTH, HEIGHT)
    return page.picture()


def mark() -> bytes:
    """Return a chunk of PNG, a text, that says of which page the picture is.

    Pictures themselves differ from machine to machine, by fonts.
    """
    digest = sha256(render(picturesque()).encode()).hexdigest()
    content = b"tEXtPage\0" + digest.encode()
    length, check = len(content) - 4, zlib.crc32(content)
    return length.to_bytes(4, "big") + content + check.to_bytes(4, "big")


def main() -> None:
    """Take the picture anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        StatusPage(picturesque()) as shown,
        browser(Path(folder)) as page,
    ):
        page.open(shown.url)
        PICTURE.parent.mkdir(exist_ok=True)
        taken = take_picture(page)
        PICTURE.write_bytes(taken[:-_END_OF_PNG] + mark() + taken[-_END_OF_PNG:])


if __name__ == "__main__":
    main()
