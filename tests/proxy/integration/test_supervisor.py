# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor with workers that answer by themselves: nothing is lost by what it does."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running.descriptors import descriptors, worker_descriptors
from running.service import PATIENCE, PLAIN, Running, free_port, running, until

CONFIG = """
listen: 127.0.0.1:PORT
workers: 2
metrics: 127.0.0.1:METRICS
timeouts: {drain: 10s}
"""
ROUTES = "routes: [{name: one, page: hello}]"


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, CONFIG) as one:
        yield one


@contextmanager
def clients(proxy: Running, count: int = 4) -> Iterator[list[str]]:
    """Give the failures of clients that open a connection for each request, all the while."""
    failures: list[str] = []
    answered = [0]
    over = threading.Event()

    def ask_again_and_again() -> None:
        while not over.is_set():
            try:
                proxy.ask()
                answered[0] += 1
            except (OSError, http.client.HTTPException) as error:
                failures.append(repr(error))
            time.sleep(0.005)

    threads = [threading.Thread(target=ask_again_and_again) for _unused in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert answered[0] > count, "there was no load"


def test_all_workers_serve_and_share_the_connections(proxy: Running) -> None:
    assert len(proxy.workers()) == 2
    pids = {proxy.ask()["pid"] for _unused in range(60)}
    assert pids == set(proxy.workers())
    assert proxy.ask()["workers"] == 2


def test_a_change_reaches_all_workers_and_costs_no_request(proxy: Running) -> None:
    before = proxy.workers()
    with clients(proxy) as failures:
        for number in range(10):
            proxy.reload(CONFIG + f"routes: [{{name: r{number}, page: x}}]")
            versions = {proxy.ask()["version"] for _unused in range(10)}
            assert versions == {number + 2}
    assert failures == []
    assert proxy.workers() == before
    assert proxy.number('sluice_reloads_total{result="applied"}') == 10


def test_changes_and_upgrades_leave_no_descriptor_open(proxy: Running) -> None:
    def open_now() -> list[int]:
        return [descriptors(proxy.process.pid), *map(worker_descriptors, proxy.workers())]

    before = open_now()
    for _unused in range(3):
        proxy.reload()
    until(lambda: open_now() == before, "the end of what a reload opens")
    proxy.upgrade()
    until(lambda: len(proxy.workers()) == 2, "the end of the former workers")
    until(lambda: open_now() == before, "the end of what an upgrade opens")


def test_a_bad_file_changes_nothing_and_is_told_with_its_line(proxy: Running) -> None:
    proxy.reload(CONFIG + "rotues: []")

    assert proxy.ask()["version"] == 1
    assert "edge.yml:6:1: rotues: there is no key 'rotues'" in proxy.said
    assert "the configuration stays as it was" in proxy.said
    assert proxy.number('sluice_reloads_total{result="refused"}') == 1


def test_a_log_that_cannot_be_written_changes_nothing(proxy: Running, tmp_path: Path) -> None:
    for kind in ("error", "access"):
        proxy.reload(CONFIG + f"log: {{{kind}: {{path: {tmp_path}/none/x.log}}}}")
        told = "; ".join(proxy.hear()[-3:])
        if kind == "error":
            assert (
                f"x.log: No such file or directory: make the folder {tmp_path}/none" in proxy.said
            )
            assert "the last change was refused (1 so far): see the error log" in told
    proxy.reload(CONFIG)
    assert "refused" not in "; ".join(proxy.hear()[-3:])


def test_more_addresses_than_a_worker_can_be_given_change_nothing(
    proxy: Running, tmp_path: Path
) -> None:
    many = ", ".join(f"'unix:{tmp_path}/{number}'" for number in range(249))
    proxy.reload(CONFIG.replace("127.0.0.1:PORT", f"[127.0.0.1:PORT, {many}]"))

    assert "have fewer addresses, or more workers" in proxy.said
    assert not (tmp_path / "7").exists()
    assert proxy.ask()["workers"] == 2
    assert proxy.number('sluice_reloads_total{result="refused"}') == 1


def test_many_signals_at_once_end_with_what_the_file_says_last(proxy: Running) -> None:
    with clients(proxy) as failures:
        for number in range(30):
            proxy.write(CONFIG + f"routes: [{{name: r{number}, page: x}}]")
            proxy.signal(signal.SIGHUP)
        until(lambda: "1 routes" in proxy.said, "the change")
        proxy.reload(CONFIG)
        until(lambda: proxy.number("sluice_routes") == 0, "the last change")
    assert failures == []
    # Those that waited while another was read were one.
    assert proxy.number('sluice_reloads_total{result="applied"}') < 31


def test_an_address_in_use_changes_nothing(proxy: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        proxy.reload(CONFIG.replace("127.0.0.1:PORT", f"[127.0.0.1:PORT, 127.0.0.1:{port}]"))

    assert "another program listens there" in proxy.said
    assert proxy.ask()["version"] == 1


def test_what_a_worker_refuses_is_taken_back_from_all(proxy: Running) -> None:
    with clients(proxy) as failures:
        proxy.reload(CONFIG + "routes: [{name: not-for-workers, page: x}]")

    assert failures == []
    assert "this route is not for workers" in proxy.said
    assert proxy.page("/healthz")[0] == 200
    proxy.reload(CONFIG + ROUTES)
    assert {proxy.ask()["version"] for _unused in range(20)} == {
        int(proxy.number("sluice_snapshot_version"))
    }


def test_listeners_come_and_go_with_the_file(proxy: Running, tmp_path: Path) -> None:
    path = tmp_path / "local.sock"
    both = CONFIG.replace("127.0.0.1:PORT", f"[127.0.0.1:PORT, 'unix:{path}']")
    proxy.reload(both)
    assert (path.stat().st_mode & 0o777) == 0o660
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")

    proxy.reload(CONFIG)
    assert not path.exists()


def test_more_and_fewer_workers_cost_no_request(proxy: Running) -> None:
    with clients(proxy) as failures:
        for count in (4, 1, 3):
            proxy.reload(CONFIG.replace("workers: 2", f"workers: {count}"))
            until(lambda count=count: len(proxy.workers()) == count, f"{count} workers")
            assert proxy.ask()["workers"] == count
    assert failures == []


def test_a_refused_change_of_their_number_leaves_as_many_workers(proxy: Running) -> None:
    refused = CONFIG + "routes: [{name: not-for-workers, page: x}]"
    with clients(proxy) as failures:
        for count in (1, 4):
            proxy.reload(refused.replace("workers: 2", f"workers: {count}"))
            until(lambda: len(proxy.workers()) == 2, "the former number")
            assert proxy.ask()["workers"] == 2
    assert failures == []


def test_a_worker_that_is_killed_is_replaced_and_its_waiting_clients_are_served(
    proxy: Running,
) -> None:
    refused: list[str] = []
    with clients(proxy) as failures:
        for _unused in range(5):
            victim = proxy.workers()[0]
            os.kill(victim, signal.SIGKILL)
            until(
                lambda victim=victim: (
                    victim not in proxy.workers() and proxy.number("sluice_workers") == 2
                ),
                "the replacement",
            )
        refused = [failure for failure in failures if "Refused" in failure]
    # Connections of the killed workers break; but no other, and none is refused.
    assert refused == []
    assert len(failures) <= 5 * 4
    assert proxy.number("sluice_worker_deaths_total") == 5
    assert "was ended by SIGKILL; another one starts in 0 s" in proxy.said


def test_counters_do_not_go_back_when_a_worker_dies(proxy: Running) -> None:
    counted = 'sluice_requests_total{route="",target="",status="200"}'
    for _unused in range(20):
        proxy.ask()
    assert proxy.number(counted) == 20
    os.kill(proxy.workers()[0], signal.SIGKILL)
    until(lambda: proxy.number("sluice_worker_deaths_total") == 1, "the death")
    assert proxy.number(counted) == 20


def test_an_upgrade_hands_the_sockets_over_and_costs_no_request(proxy: Running) -> None:
    pid, before = proxy.process.pid, set(proxy.workers())
    for _unused in range(10):
        proxy.ask()
    with clients(proxy) as failures:
        for _unused in range(3):
            proxy.upgrade()
    assert failures == []
    assert proxy.process.pid == pid
    assert proxy.process.poll() is None
    until(lambda: len(proxy.workers()) == 2, "the end of the former workers")
    assert before.isdisjoint(proxy.workers())
    counted = proxy.number('sluice_requests_total{route="",target="",status="200"}')
    assert counted >= 10
    assert proxy.stop() == 0


def test_an_upgrade_lets_requests_of_the_former_workers_finish(proxy: Running) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        before = set(proxy.workers())
        proxy.upgrade()
        answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["pid"] in before


def test_there_is_no_upgrade_to_what_cannot_serve(proxy: Running) -> None:
    proxy.write("listen: nowhere")
    proxy.signal(signal.SIGUSR2)
    until(lambda: "no upgrade: the new program cannot serve" in proxy.said, "the refusal")

    assert proxy.ask()["version"] == 1
    until(lambda: "the last change was refused (1 so far)" in proxy.hear()[-1], "what is told")
    proxy.reload()
    assert "the last change was refused (2 so far)" in proxy.hear()[-1]


def test_while_a_new_program_cannot_serve_the_former_workers_do(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    plane = "samples.plain_plane:make_unless_told"
    config = CONFIG + ROUTES
    with running(tmp_path, config, data_plane=plane, SLUICE_TEST_FOLDER=str(tmp_path)) as proxy:
        before = set(proxy.workers())
        with clients(proxy) as failures:
            broken.touch()
            proxy.signal(signal.SIGUSR2)
            until(lambda: "the former workers go on" in proxy.said, "the failure")
            assert any(line.startswith("STATUS=the former workers go on") for line in proxy.hear())
            assert proxy.ask()["pid"] in before
            assert proxy.page("/healthz")[0] == 200
            assert proxy.number('sluice_requests_total{route="one",target="",status="200"}') > 0
            broken.unlink()
            until(lambda: proxy.said.count("serving: ") == 2, "the success")
        assert failures == []
        until(lambda: before.isdisjoint(proxy.workers()), "the end of the former workers")


def test_a_former_worker_that_answers_nothing_keeps_its_numbers(proxy: Running) -> None:
    counted = 'sluice_requests_total{route="",target="",status="200"}'
    for _unused in range(20):
        proxy.ask()
    assert proxy.number(counted) == 20
    for pid in proxy.workers():
        os.kill(pid, signal.SIGSTOP)
    proxy.upgrade()
    assert proxy.number(counted) == 20


def test_the_former_workers_serve_a_successor_whose_file_is_gone(proxy: Running) -> None:
    before = set(proxy.workers())
    text = proxy.config.read_text()

    def checks() -> bool:
        return any(
            b"check-config" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in proxy.workers()
        )

    with clients(proxy) as failures:
        proxy.signal(signal.SIGUSR2)
        until(checks, "the new program's check")
        until(lambda: set(proxy.workers()) == before, "the end of the check")
        proxy.config.unlink()
        until(lambda: "the former workers go on" in proxy.said, "the failure")
        assert proxy.ask()["pid"] in before
        proxy.config.write_text(text)
        until(lambda: proxy.said.count("serving: ") == 2, "the success")
    assert failures == []


def test_who_is_told_to_end_neither_reloads_nor_upgrades(proxy: Running) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        until(lambda: proxy.number("connections") == 1, "the connection")
        proxy.signal(signal.SIGTERM)
        until(lambda: "STOPPING=1" in proxy.hear(), "draining")
        assert proxy.page("/healthz")[0] == 503
        proxy.signal(signal.SIGUSR2)
        proxy.signal(signal.SIGHUP)
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert proxy.process.wait(PATIENCE) == 0
    assert proxy.said.count("serving: ") == 1


def test_sigterm_lets_requests_finish_and_then_ends(proxy: Running) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        until(lambda: proxy.number("connections") == 1, "the connection")
        assert proxy.stop() == 0
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert "STOPPING=1" in proxy.hear()
    # The time to drain, and for workers to end.
    assert "EXTEND_TIMEOUT_USEC=20000000" in proxy.hear()
    with pytest.raises(ConnectionRefusedError):
        proxy.ask()


def test_draining_has_a_limit(tmp_path: Path) -> None:
    with (
        running(tmp_path, CONFIG.replace("10s", "200ms")) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)),
    ):
        until(lambda: proxy.number("connections") == 1, "the connection")
        assert proxy.stop() == 0


def test_a_second_sigterm_waits_for_nobody(tmp_path: Path) -> None:
    with (
        running(tmp_path, CONFIG.replace("10s", "1d")) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)),
    ):
        until(lambda: proxy.number("connections") == 1, "the connection")
        proxy.signal(signal.SIGTERM)
        until(lambda: "STOPPING=1" in proxy.hear(), "draining")
        assert proxy.stop() == 0


def test_workers_end_when_the_supervisor_is_killed(proxy: Running) -> None:
    workers = proxy.workers()
    proxy.process.kill()
    proxy.process.wait()

    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), "the workers' end")


def test_the_service_manager_hears_how_it_goes(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG, WATCHDOG_USEC="400000") as proxy:
        until(lambda: proxy.hear().count("WATCHDOG=1") >= 3, "the watchdog's food")
        proxy.reload()
        told = proxy.hear()
        assert told.index("RELOADING=1") > told.index("READY=1")
        assert any(line.startswith("MONOTONIC_USEC=") for line in told)
        assert any(line.startswith("STATUS=version 2, 2 workers") for line in told)


def test_sockets_of_systemd_are_used_by_their_names(tmp_path: Path) -> None:
    config = CONFIG.replace("127.0.0.1:PORT", "systemd:web")
    with socket.create_server(("127.0.0.1", 0)) as given:
        # What systemd does between fork and exec.
        give = (
            "import os, sys; os.environ['LISTEN_PID'] = str(os.getpid());"
            f" os.dup2({given.fileno()}, 3); os.execv(sys.argv[1], sys.argv[1:])"
        )
        proxy = Running(tmp_path, config, PLAIN, LISTEN_FDS="1", LISTEN_FDNAMES="web")
        proxy.port = given.getsockname()[1]
        try:
            proxy.start((sys.executable, "-c", give), pass_fds=(given.fileno(),))
            proxy.wait_ready()
            assert proxy.ask()["version"] == 1
            proxy.upgrade()
            assert proxy.ask()["version"] == 2
        finally:
            proxy.close()


def test_a_program_whose_workers_cannot_begin_says_so_in_a_line(tmp_path: Path) -> None:
    plane = "samples.plain_plane:make_unless_told"
    (tmp_path / "broken").touch()
    proxy = Running(tmp_path, CONFIG, plane, SLUICE_TEST_FOLDER=str(tmp_path))
    try:
        proxy.start()
        assert proxy.process.wait(PATIENCE) == 1
        # Another worker may say later what is wrong with it.
        said = [one for one in proxy.said.splitlines() if one.startswith("sluice-proxy: ")]
        assert len(said) == 1
        assert said[0].startswith("sluice-proxy: worker ")
    finally:
        proxy.close()


def test_a_socket_that_systemd_did_not_give_is_an_error_with_advice(tmp_path: Path) -> None:
    proxy = Running(tmp_path, CONFIG.replace("127.0.0.1:PORT", "systemd:web"), PLAIN)
    try:
        proxy.start()
        assert proxy.process.wait(PATIENCE) == 1
        assert "set FileDescriptorName=web in the .socket unit" in proxy.said
    finally:
        proxy.close()


def test_healthz_says_whether_workers_serve(proxy: Running) -> None:
    assert proxy.page("/healthz") == (200, "OK\n")
    assert proxy.page("/other")[0] == 404


def test_a_target_that_fails_its_checks_is_out_in_all_workers_until_it_is_good(
    tmp_path: Path,
) -> None:
    port = free_port()
    config = (
        CONFIG
        + f"""
routes:
  - name: checked
    targets: http://127.0.0.1:{port}
    health: {{active: {{endpoint: /up, interval: 100ms, attempts: 1, timeout: 1s}}}}
"""
    )
    key = ["checked", f"http://127.0.0.1:{port}"]
    with running(tmp_path, config) as proxy:
        until(lambda: all(proxy.ask()["down"] == [key] for _unused in range(5)), "going down")
        labels = f'{{route="checked",target="{key[1]}"}}'
        assert f"sluice_target_healthy{labels} 0" in proxy.page()[1]
        proxy.upgrade()
        assert proxy.ask()["down"] == [key], "an upgrade forgot what was down"
        proxy.reload(config.replace("name: checked", "name: renamed"))
        until(lambda: proxy.ask()["down"] == [["renamed", key[1]]], "what the new name has")
        proxy.reload(config)
        until(lambda: proxy.ask()["down"] == [key], "what the former name has")
        with answering(port):
            until(lambda: all(proxy.ask()["down"] == [] for _unused in range(5)), "coming back")
        assert f"target {key[1]} of checked is out" in proxy.said
        assert f"target {key[1]} of checked is healthy again" in proxy.said


@contextmanager
def answering(port: int) -> Iterator[None]:
    """Answer every request on ``port`` with 200."""
    listening = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        while True:
            try:
                client, _unused = listening.accept()
            except OSError:
                return
            with client:
                client.recv(4096)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
