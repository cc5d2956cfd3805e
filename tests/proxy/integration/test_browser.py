# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page in a browser: https, a websocket, an event source and an upload through the proxy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from running.browser import browser
from running.service import PATIENCE, running
from running.upstream import Conversation, Upstream
from samples.certificates import leaf
from websockets.sync.server import ServerConnection, serve

PAGE = Path(__file__).resolve().parents[1] / "samples" / "page.html"
EVENTS = 5


class Site:
    """What answers the page; each event waits until the one before has arrived."""

    def __init__(self) -> None:
        self._arrived = [threading.Event() for _unused in range(EVENTS)]

    def answer(self, conversation: Conversation) -> None:
        while request := conversation.read_request():
            head, _mark, content = request.partition(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            if path == "/events":
                self._send_events(conversation)
                return
            if path.startswith("/arrived/"):
                self._arrived[int(path.rpartition("/")[2])].set()
                conversation.answer()
            elif path == "/upload":
                conversation.answer(f"{len(content)} bytes".encode())
            else:
                conversation.answer(PAGE.read_bytes(), b"Content-Type: text/html\r\n")

    def _send_events(self, conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number, arrived in enumerate(self._arrived):
            conversation.send(f"id: {number}\ndata: event {number}\n\n".encode())
            if not arrived.wait(PATIENCE):
                return
        conversation.send(b"event: last\ndata:\n\n")
        # The page closes it.
        conversation.read_until(b"\n")


@contextmanager
def echo_server() -> Iterator[str]:
    """Run a websocket server that sends every message back; yield its URL."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_a_page_with_a_websocket_an_event_source_and_an_upload(tmp_path: Path) -> None:
    pair = leaf("site.test")
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key_pem())
    log = tmp_path / "access.log"
    with echo_server() as echo, Upstream(Site().answer) as upstream:
        config = f"""
listen: [{{address: 127.0.0.1:PORT, tls: true}}]
log: {{access: {{path: {log}}}}}
certificates: [{{chain: chain.pem, key: key.pem}}]
routes:
  - {{name: socket, hosts: site.test, paths: /socket, targets: "{echo}"}}
  - {{name: site, hosts: site.test, targets: "{upstream.url}"}}
"""
        with running(tmp_path, config, data_plane=None) as proxy:
            with browser(tmp_path) as page:
                page.open(f"https://site.test:{proxy.port}/")
                page.value("finished.then(() => null)")
                sent, told, uploaded = (
                    page.value(f"items('{name}')") for name in ("sent", "told", "uploaded")
                )
            assert proxy.stop() == 0

    assert sent == [*(f"message {number}" for number in range(5)), "closed 1000 true"]
    assert told == [f"{number}: event {number}" for number in range(EVENTS)]
    assert uploaded == ["1000000 bytes"]
    assert page.wrong == []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    statuses = {line["target"]: line["status"] for line in lines}
    assert (statuses["/"], statuses["/socket"], statuses["/events"]) == (200, 101, 200)
    assert set(statuses.values()) == {200, 101}
