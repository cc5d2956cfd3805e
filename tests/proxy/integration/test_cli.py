# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line before a proxy that runs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from running.service import PATIENCE, Running, running, until
from running.upstream import Conversation, Upstream
from sluice_proxy.admin.status import Status
from sluice_proxy.cli.command import main

PACKAGE = Path(__file__).resolve().parents[3] / "roles" / "proxy" / "files"
CONFIG = """
listen: ["127.0.0.1:PORT", {address: "127.0.0.1:METRICS", tls: true}]
workers: 2
store: FOLDER/store.db
admin: unix:FOLDER/admin.sock
issuing: {provider: local_ca, folder: FOLDER/ca}
log:
  access: {path: FOLDER/access.log}
  error: {path: FOLDER/error.log}
routes: [{name: of-the-file, hosts: file.test, page: of the file}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("p")
    made.chmod(0o700)
    return made


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[Running]:
    """One for all tests: each has a route of a name of its own."""
    config = CONFIG.replace("FOLDER", str(folder))
    with pytest.MonkeyPatch.context() as patch, running(folder, config, data_plane=None) as one:
        patch.setenv("SLUICE_PROXY_SOCKET", str(folder / "admin.sock"))
        yield one


def get(proxy: Running, host: str, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what a command prints."""
    assert main(words) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(told(capsys, *words, "--json"))


def test_status_tells_of_everything_that_the_program_has(
    proxy: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "certs", "add", "one", "--self-signed", "one.test")
    status = as_json(capsys, "status")

    assert set(status) == {field.name for field in fields(Status)}
    assert status["pid"] == proxy.process.pid
    assert {worker["pid"] for worker in status["workers"]} == set(proxy.workers())
    shown = told(capsys, "status")
    for text in (f"127.0.0.1:{proxy.port}", "of-the-file", "one.test", "self_signed", "serves"):
        assert text in shown


def test_draining_waits_for_the_requests_that_run(
    proxy: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    came, may_answer = threading.Event(), threading.Event()

    def hold(conversation: Conversation) -> None:
        while conversation.read_request():
            came.set()
            may_answer.wait(PATIENCE)
            conversation.answer()

    with Upstream(hold) as upstream:
        told(capsys, "routes", "add", "slow", "--host", "slow.test", "--target", upstream.url)
        answers: list[tuple[int, bytes]] = []
        client = threading.Thread(target=lambda: answers.append(get(proxy, "slow.test")))
        client.start()
        assert came.wait(PATIENCE)

        assert main(["drain", "slow", upstream.url, "--wait", "--timeout", "1ms"]) == 1
        assert "1 request runs still" in capsys.readouterr().err
        assert "draining" in told(capsys, "status")
        threading.Timer(0.5, may_answer.set).start()
        assert as_json(capsys, "drain", "slow", upstream.url, "--wait")["changed"] is False
        client.join(PATIENCE)
        assert answers == [(200, b"ok")]
        assert get(proxy, "slow.test")[0] == 503
        told(capsys, "undrain", "slow", upstream.url)
        assert get(proxy, "slow.test") == (200, b"ok")


def test_who_trusts_the_exported_ca_trusts_a_route_with_tls(
    proxy: Running, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Upstream() as upstream:
        route = ["secure", "--host", "secure.test", "--target", upstream.url, "--tls", "auto"]
        told(capsys, "routes", "add", *route)
        ca = tmp_path / "ca.pem"
        ca.write_text(told(capsys, "ca", "export"))

        context = ssl.create_default_context(cafile=str(ca))
        plain = socket.create_connection(("127.0.0.1", proxy.metrics_port), PATIENCE)
        with context.wrap_socket(plain, server_hostname="secure.test") as secure:
            secure.sendall(b"GET / HTTP/1.1\r\nHost: secure.test\r\nConnection: close\r\n\r\n")
            assert secure.recv(12) == b"HTTP/1.1 200"
    of = ["--folder", str(folder / "ca")]
    assert told(capsys, "ca", "export", *of) == ca.read_text()


def test_logs_tell_of_requests_and_of_changes_and_follow_a_rotation(
    proxy: Running, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(
        capsys, "routes", "add", "logged", "--host", "logged.test", "--target", "http://127.0.0.1:1"
    )
    assert get(proxy, "logged.test", "/first")[0] == 502
    assert get(proxy, "file.test", "/second")[0] == 200
    log = folder / "access.log"
    until(lambda: {b"/first", b"/second"} <= set(log.read_bytes().split(b'"')), "both lines")

    failed = told(capsys, "logs", "--status", "5xx")
    assert "/first" in failed
    assert "/second" not in failed
    assert "/second" in told(capsys, "logs", "--route", "of-the-file")
    assert "create route logged" in told(capsys, "logs", "error", "--level", "info")

    with subprocess.Popen(
        [sys.executable, "-m", "sluice_proxy", "logs", "--route", "logged", "--follow"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.PIPE,
    ) as following:
        try:
            assert following.stdout is not None
            assert b"/first" in following.stdout.readline()
            log.rename(log.with_suffix(".log.1"))
            proxy.signal(signal.SIGUSR1)
            until(log.exists, "the next log")
            get(proxy, "logged.test", "/third")
            assert b"/third" in following.stdout.readline()
        finally:
            following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE) == 130


def test_top_tells_what_goes_on(proxy: Running, capsys: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            get(proxy, "file.test")

    client = threading.Thread(target=load)
    client.start()

    def told_of() -> bool:
        busiest = as_json(capsys, "top", "--once")["routes"][0]
        return busiest["name"] == "of-the-file" and busiest["traffic"]["p99"] is not None

    try:
        until(told_of, "a route that is busy")
    finally:
        over.set()
        client.join(PATIENCE)


def test_the_level_of_the_log_is_live(proxy: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "log-level") == "info\n"
    told(capsys, "log-level", "error")
    assert as_json(capsys, "status")["log_level"] == "error"
    proxy.reload()
    assert told(capsys, "log-level") == "info\n"


def test_what_is_declared_is_served_and_survives_a_kill(
    proxy: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lost.txt").write_text("nothing is here")
    with Upstream() as upstream:
        told(capsys, "routes", "add", "kept", "--host", "kept.test", "--target", upstream.url)
        told(capsys, "errors", "set", "no_route", str(tmp_path / "lost.txt"), "--status", "410")
        assert get(proxy, "kept.test") == (200, b"ok")
        assert get(proxy, "other.test") == (410, b"nothing is here")

        begun = proxy.hear().count("READY=1")
        for pid in proxy.workers():
            os.kill(pid, signal.SIGKILL)
        proxy.process.kill()
        proxy.process.wait()
        assert main(["status"]) == 3
        assert main(["routes", "remove", "kept"]) == 3
        assert "does not answer" in capsys.readouterr().err
        proxy.start()
        proxy.wait_ready(begun + 1)

        assert get(proxy, "kept.test") == (200, b"ok")
        told(capsys, "routes", "remove", "kept")
        assert get(proxy, "kept.test") == (410, b"nothing is here")
