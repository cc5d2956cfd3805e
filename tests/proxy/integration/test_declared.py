# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared is served, kept, and never half of it, whatever comes meanwhile."""

from __future__ import annotations

import signal
import socket
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running.admin_client import Answer, ask
from running.declaring import CONFIG, IN_MEMORY, Declared, declared
from running.service import PLAIN, free_port, until
from samples.certificates import leaf, usual_authority
from sluice_proxy.admin.tokens import line_of


def test_what_is_declared_is_there_after_a_restart_and_an_upgrade(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        assert one.put("a", "first") == 201
        assert one.served("a") == "first"
        assert one.put("a", "second") == 200
        assert one.served("a") == "second"
        before = one.api("GET", "/v1/routes").json
        one.proxy.upgrade()
        assert one.api("GET", "/v1/routes").json == before
        assert one.served("a") == "second"
        assert one.proxy.stop() == 0
    with declared(tmp_path) as one:
        assert one.api("GET", "/v1/routes").json == before
        assert one.served("a") == "second"
        assert one.api("DELETE", "/v1/routes/a").status == 204
        assert one.served("a") != "second"
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in one.store.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_the_socket_of_the_api_is_its_users_alone_and_goes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with declared(tmp_path) as one:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = CONFIG.replace("FOLDER", str(tmp_path))
        one.proxy.reload(text.replace("admin.sock", "other.sock"))
        assert not path.exists()
        one.proxy.reload(text)
        assert one.put("a") == 201
        one.proxy.reload(text.replace(f"admin: unix:{path}\n", ""))
        assert not path.exists()
        assert one.served("a") == "served"


def test_over_tcp_the_api_is_for_who_has_a_token_and_over_an_upgrade_too(tmp_path: Path) -> None:
    port, tokens, pair = free_port(), tmp_path / "tokens", leaf("localhost")
    tokens.write_text(line_of("ci", "right") + "\n")
    tokens.chmod(0o600)
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key_pem())
    admin = (
        f"admin: {{listen: [unix:{tmp_path}/admin.sock, 127.0.0.1:{port}], tokens_file: tokens,"
        " certificate: {chain: chain.pem, key: key.pem}}"
    )
    trust = ssl.create_default_context(cadata=usual_authority().pem.decode())
    trust.check_hostname = False

    def status(token: str) -> int:
        fields = [("Authorization", f"Bearer {token}")]
        return ask(port, "GET", "/v1", fields=fields, tls=trust).status

    with declared(tmp_path, CONFIG.replace("admin: unix:FOLDER/admin.sock", admin)) as one:
        assert (status("right"), status("wrong")) == (200, 401)
        one.proxy.upgrade()
        assert (status("right"), status("wrong")) == (200, 401)
        assert one.api("GET", "/v1").status == 200


def test_without_a_store_it_is_kept_in_memory_with_a_warning_and_over_an_upgrade(
    tmp_path: Path,
) -> None:
    with declared(tmp_path, IN_MEMORY) as one:
        assert "what the API declares is lost at the end: set store" in one.proxy.said
        assert one.put("a", "first") == 201
        before = one.api("GET", "/v1/routes").json
        one.proxy.upgrade()
        assert one.api("GET", "/v1/routes").json == before
        assert one.served("a") == "first"
        one.proxy.reload(CONFIG.replace("FOLDER", str(tmp_path)))
        assert one.routes() == {"a": "first"}
        one.proxy.stop()
    with declared(tmp_path) as one:
        assert one.served("a") == "first"


def test_a_file_that_does_not_go_together_with_it_is_refused_and_both_are_named(
    tmp_path: Path,
) -> None:
    with declared(tmp_path) as one:
        one.put("a")
        text = CONFIG.replace("FOLDER", str(tmp_path))
        one.proxy.reload(text + "routes: [{name: a, hosts: b.test, page: x}]")
        assert "route 'a' of this file is declared by the API too" in one.proxy.said
        one.proxy.reload(text + "routes: [{name: b, hosts: a.test, page: x}]")
        assert "'b'" in one.proxy.said.splitlines()[-2]
        assert "'a'" in one.proxy.said.splitlines()[-2]
        assert one.served("a") == "served"
        assert "both serve host a.test" in one.api("GET", "/status").json["refused"]
        one.proxy.reload(text + "routes: [{name: b, hosts: b.test, page: of the file}]")
        assert one.served("a") == "served"
        assert one.served("b") == "of the file"
        assert one.api("PUT", "/v1/routes/b", {"hosts": "b", "page": "x"}).status == 409
        assert one.api("GET", "/status").json["refused"] == ""


def test_what_the_workers_refuse_is_put_back_in_the_store_too(tmp_path: Path) -> None:
    with declared(tmp_path, data_plane=PLAIN) as one:
        one.put("kept", "before")
        batch = {
            "changes": [
                {"kind": "route", "id": "kept", "document": {"hosts": "k", "page": "after"}},
                {"kind": "route", "id": "not-for-workers", "document": {"hosts": "n", "page": ""}},
            ]
        }
        answer = one.api("POST", "/v1/changes", batch)
        assert (answer.status, "this route is not for workers" in answer.content.decode()) == (
            503,
            True,
        )
        assert one.routes() == {"kept": "before"}
        version = one.api("GET", "/v1/routes/kept").json["version"]
        assert one.api("PUT", "/v1/routes/kept", {"hosts": "k", "page": "new"},
                       If_Match=f'"{version}"').status == 200  # fmt: skip
        one.proxy.stop()
    with declared(tmp_path, data_plane=PLAIN) as one:
        assert one.routes() == {"kept": "new"}


def test_a_log_level_stays_until_the_file_is_read_again(tmp_path: Path) -> None:
    def levels(one: Declared) -> set[str]:
        return {one.proxy.ask()["level"] for _unused in range(10)}

    with declared(tmp_path, data_plane=PLAIN) as one:
        assert levels(one) == {"INFO"}
        assert one.api("PUT", "/v1/log-level", {"level": "debug"}).status == 200
        until(lambda: levels(one) == {"DEBUG"}, "the level")
        one.put("a")
        assert levels(one) == {"DEBUG"}
        assert one.api("GET", "/status").json["log_level"] == "debug"
        one.proxy.reload()
        assert levels(one) == {"INFO"}
        assert one.api("GET", "/v1/log-level").json == {"level": "info"}


def writes(one: Declared, writer: int, count: int) -> list[tuple[str, Answer | OSError]]:
    """Declare pairs of routes one after the other; return what came back for each."""
    found: list[tuple[str, Answer | OSError]] = []
    for number in range(count):
        name = f"w{writer}-{number}"
        pair = [
            {"kind": "route", "id": f"{name}-{part}", "document": {"hosts": f"{name}-{part}",
             "page": name}}
            for part in ("one", "two")
        ]  # fmt: skip
        try:
            found.append((name, one.api("POST", "/v1/changes", {"changes": pair})))
        except (OSError, ValueError) as error:
            found.append((name, OSError(error)))
    return found


def written_by(one: Declared, writers: int, count: int) -> list[tuple[str, Answer | OSError]]:
    with ThreadPoolExecutor(writers) as pool:
        each = pool.map(lambda writer: writes(one, writer, count), range(writers))
        return [write for of_one in each for write in of_one]


def check_all_there_or_whole(one: Declared, made: list[tuple[str, Answer | OSError]]) -> int:
    """Return how many writes were acknowledged; they are there, others wholly or not at all."""
    routes = one.routes()
    acknowledged = 0
    for name, answer in made:
        parts = [f"{name}-{part}" in routes for part in ("one", "two")]
        if isinstance(answer, Answer) and answer.status == 200:
            acknowledged += 1
            assert parts == [True, True], f"{name} is lost"
        else:
            assert parts in ([True, True], [False, False]), f"half of {name}"
    return acknowledged


def test_of_fifty_who_write_at_once_nothing_is_lost(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        one.put("a")
        with one.clients("a", "served"):
            made = written_by(one, 50, 2)
        assert check_all_there_or_whole(one, made) == 100
        assert one.api("GET", "/v1").json["revision"] == 101
        versions = {item["version"] for item in one.api("GET", "/v1/routes").json["items"]}
        assert versions == set(range(1, 102))


def test_of_fifty_who_change_the_same_version_one_does_and_who_tries_again_loses_nothing(
    tmp_path: Path,
) -> None:
    def change(one: Declared, tag: str, page: str) -> Answer:
        document = {"hosts": "a.test", "page": page}
        return one.api("PUT", "/v1/routes/a", document, If_Match=tag)

    def add_one(one: Declared) -> None:
        while True:
            item = one.api("GET", "/v1/routes/a").json
            page = str(int(item["document"]["page"]) + 1)
            if change(one, f'"{item["version"]}"', page).status == 200:
                return

    with declared(tmp_path) as one, ThreadPoolExecutor(50) as pool:
        one.put("a", "0")
        answers = list(pool.map(lambda number: change(one, '"1"', f"{number}"), range(1, 51)))
        assert sorted(answer.status for answer in answers) == [200] + [412] * 49
        (made,) = [answer.json for answer in answers if answer.status == 200]
        assert one.api("GET", "/v1/routes/a").json == made
        assert one.served("a") == made["document"]["page"]

        one.put("a", "0")
        list(pool.map(lambda _number: add_one(one), range(10)))
        assert one.served("a") == "10"


def test_a_file_that_is_read_again_amid_writes_takes_none_of_them_back(tmp_path: Path) -> None:
    text = CONFIG.replace("FOLDER", str(tmp_path))
    with declared(tmp_path) as one:
        one.put("a")
        with one.clients("a", "served"):
            made: list[tuple[str, Answer | OSError]] = []
            writing = threading.Thread(target=lambda: made.extend(written_by(one, 5, 20)))
            writing.start()
            for number in range(4):
                until(lambda least=40 * number: len(one.routes()) > least, "some writes")
                one.proxy.reload(text + f"routes: [{{name: f{number}, hosts: f, page: x}}]")
            writing.join()
        assert check_all_there_or_whole(one, made) == 100
        assert [name for name in one.routes() if name.startswith("f")] == ["f3"]
        assert one.proxy.said.count("the configuration was read again: ") == 4


def test_an_upgrade_amid_writes_loses_nothing(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        one.put("a")
        with one.clients("a", "served"):
            made: list[tuple[str, Answer | OSError]] = []
            writing = threading.Thread(target=lambda: made.extend(written_by(one, 5, 40)))
            writing.start()
            until(lambda: len(one.routes()) > 10, "some writes")
            one.proxy.upgrade()
            writing.join()
        assert check_all_there_or_whole(one, made) > 150
        assert one.proxy.said.count("serving: ") == 2


@pytest.mark.parametrize("after", [1, 23, 71])
def test_of_a_hundred_writes_none_is_lost_or_halved_when_the_supervisor_is_killed(
    tmp_path: Path, after: int
) -> None:
    with declared(tmp_path) as one:
        made: list[tuple[str, Answer | OSError]] = []
        writing = threading.Thread(target=lambda: made.extend(written_by(one, 4, 25)))
        writing.start()
        until(lambda: len(one.routes()) >= 2 * after, "some writes")
        one.proxy.signal(signal.SIGKILL)
        one.proxy.process.wait()
        writing.join()
    with declared(tmp_path) as one:
        acknowledged = check_all_there_or_whole(one, made)
        # Of each writer one answer may have been on its way.
        assert after - 4 <= acknowledged < 100
        assert one.put("more") == 201


def test_the_end_amid_writes_loses_and_halves_nothing_and_is_no_error(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        made: list[tuple[str, Answer | OSError]] = []
        writing = threading.Thread(target=lambda: made.extend(written_by(one, 8, 25)))
        writing.start()
        until(lambda: len(one.routes()) >= 20, "some writes")
        assert one.proxy.stop() == 0
        writing.join()
        assert "Traceback" not in one.proxy.said
    refused = [answer for _name, answer in made if isinstance(answer, Answer)]
    assert {answer.status for answer in refused} <= {200, 503}
    with declared(tmp_path) as one:
        assert 10 <= check_all_there_or_whole(one, made) < 200


def test_a_slow_client_of_the_api_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        one.put("a")
        slow = [socket.socket(socket.AF_UNIX) for _unused in range(3)]
        for client in slow:
            client.connect(str(tmp_path / "admin.sock"))
        slow[0].sendall(
            b"PUT /v1/routes/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
        )
        slow[1].sendall(b"GET /v1 HTTP/1.1\r\nHost: loc")
        for _unused in range(20):
            slow[2].sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert one.api("GET", "/v1").status == 200
        assert one.proxy.stop() == 0
        assert not (tmp_path / "admin.sock").exists()
        for client in slow:
            client.close()
