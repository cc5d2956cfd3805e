# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on the way to a proxy is one line that says what to do."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    InvalidInput,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy import client
from ansible_collections.sluice.edge.plugins.module_utils._proxy.answers import refusal
from ansible_collections.sluice.edge.plugins.module_utils._proxy.client import AdminSocket
from ansible_collections.sluice.edge.plugins.module_utils._proxy.driver import ProxyDriver
from ansible_collections.sluice.edge.plugins.module_utils._proxy.model import Batch


@contextmanager
def saying(path: Path, content: bytes, stay: bool = False) -> Iterator[AdminSocket]:
    """Have somebody say ``content`` to the first client, and end the connection unless ``stay``."""
    done = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)

        def answer() -> None:
            end, _address = listening.accept()
            with end:
                end.recv(65536)
                end.sendall(content)
                if stay:
                    done.wait(30)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield AdminSocket(str(path), timeout=0.2 if stay else 30)
        finally:
            done.set()
            thread.join()


def http(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def failing(path: Path, content: bytes, stay: bool = False) -> str:
    with saying(path, content, stay) as admin, pytest.raises(Unavailable) as caught:
        ProxyDriver(admin).read("route")
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_missing_socket_names_the_role_that_installs_the_proxy(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        AdminSocket(str(tmp_path / "none.sock")).get("/v1")
    assert str(caught.value) == (
        "no proxy is at %s/none.sock: install and start it with the role sluice.edge.proxy, or "
        "name its admin socket by the option socket" % tmp_path
    )


def test_a_socket_that_nobody_listens_at_says_how_to_start_the_proxy(tmp_path: Path) -> None:
    path = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    with pytest.raises(Unavailable, match=r"nobody answers at .*: start the proxy"):
        AdminSocket(path).get("/v1")


def test_a_socket_that_lets_others_in_says_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client._Connection, "connect", refuse)
    with pytest.raises(Unavailable, match=r"run the task as root \(become: true\), or as a member"):
        AdminSocket(str(tmp_path / "admin.sock")).get("/v1")


def test_a_file_that_is_no_socket_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("", encoding="ascii")
    with pytest.raises(Unavailable, match="file"):
        AdminSocket(str(path)).get("/v1")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ended the connection before it had answered"),
        (b"220 smtp.example.com ESMTP\r\n", "does not speak as the proxy's admin API does"),
        (http("200 OK", b"<html>"), "does not speak as the proxy's admin API does"),
        (http("200 OK", b"\xff"), "does not speak as the proxy's admin API does"),
        (http("200 OK", b"[]"), "answers in a form that this collection does not know"),
        (http("200 OK", b'{"revision": 1}'), "answers in a form that this collection does not"),
        (http("200 OK", b'{"revision": 1, "items": [7]}'), "answers in a form that this"),
        (http("404 Not Found", b"{}"), "it is older than this collection, so upgrade it with"),
        (http("405 Method Not Allowed", b"{}"), "it is older than this collection"),
        (http("401 Unauthorized", b"{}"), "asks for a token here: name its admin socket"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "does not speak as the proxy's"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_strange_answer_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in failing(tmp_path / "admin.sock", content)


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    message = failing(tmp_path / "admin.sock", b"HTTP/1.1 200", stay=True)
    assert message.endswith("did not answer within 0.2 s: see its log")


def test_an_answer_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 1000)
    answer = http("200 OK", json.dumps({"revision": 1, "items": ["x" * 1000]}).encode())
    assert "an answer of more than 1000 bytes" in failing(tmp_path / "admin.sock", answer)


PROBLEM = {"kind": "route", "id": "www", "field": "hosts", "message": "this is too\nshort"}


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (
            422,
            {"problems": [PROBLEM]},
            InvalidInput,
            "config[4] (route www): hosts: this is too short",
        ),
        (
            422,
            {"problems": [PROBLEM] * 5},
            InvalidInput,
            "; ".join(["config[4] (route www): hosts: this is too short"] * 3)
            + "; and 2 more problems",
        ),
        (422, {"detail": "no"}, InvalidInput, "no"),
        (422, None, InvalidInput, "the proxy refuses it"),
        (
            400,
            {"detail": "no JSON"},
            InvalidInput,
            "the proxy cannot read the declaration: no JSON",
        ),
        (
            413,
            {"detail": "more than 32 MiB"},
            InvalidInput,
            "the declaration is larger than the proxy takes at once (more than 32 MiB): split it "
            "into tasks",
        ),
        (
            503,
            {"detail": "the workers\nfailed"},
            EdgeError,
            "the proxy answers 503: the workers failed",
        ),
        (500, {}, EdgeError, "the proxy answers 500: see its log"),
    ],
    ids=str,
)
def test_a_refusal_is_one_line_that_names_the_entry(
    status: int, body: Dict[str, Any], error: type, message: str
) -> None:
    batch = Batch("route", labels={("route", "www"): "config[4]"})
    found = refusal(status, body, batch)
    assert (isinstance(found, error), str(found)) == (True, message)


def test_many_names_are_not_asked_for_one_by_one(host: Any) -> None:
    names: Tuple[str, ...] = tuple("route-%d" % number for number in range(400))
    for name in names:
        host.fake.have("route", name, {"page": "x"})
    host.fake.have("route", "another", {"page": "x"})
    _revision, entries = ProxyDriver(AdminSocket(host.socket)).read("route", names)
    assert {entry.id for entry in entries} == set(names)
    assert host.fake.requests == ["GET /v1/routes"]
