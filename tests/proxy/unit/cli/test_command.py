# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command, as a shell meets it."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from samples.certificates import leaf
from sluice_proxy.cli.command import main
from sluice_proxy.supervisor.handover import FORM
from sluice_proxy.supervisor.systemd import Notifier, inherited_sockets


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "edge.yml"


def test_a_good_configuration_is_told_in_a_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("listen: 127.0.0.1:80\nroutes: [{page: hello}]")

    assert main(["check-config", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: good: 1 listeners, 1 routes, 0 certificates\n"


def test_all_errors_of_a_bad_one_are_told_with_their_places(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("workers: many\nroutes:\n  - targets: nowhere\n")

    assert main(["check-config", str(file)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{file}:1:10: workers: ")
    assert lines[1].startswith(f"{file}:3:")
    assert lines[-1] == f"{file}: 2 errors"


@pytest.mark.parametrize("text", ["", "listen: []\n", "routes: [{page: hello}]\n"])
def test_a_file_that_would_close_every_listener_is_an_error(
    text: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)

    assert main(["check-config", str(file)]) == 1
    (line, _count) = capsys.readouterr().err.splitlines()
    assert line.endswith("listen: there is nothing to listen to: name an address, like 0.0.0.0:80")


def test_certificates_are_checked_too_and_told_by_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = leaf("one.test"), leaf("other.test")
    (file.parent / "one.pem").write_bytes(one.chain)
    (file.parent / "one.key").write_bytes(one.key_pem())
    (file.parent / "other.key").write_bytes(other.key_pem())
    file.write_text(
        "certificates:\n"
        "  - {chain: one.pem, key: one.key}\n"
        "  - chain: one.pem\n"
        "    key: other.key\n"
        "listen: 127.0.0.1:80\n"
    )

    assert main(["check-config", str(file)]) == 1
    error = capsys.readouterr().err.splitlines()[0]
    assert error.startswith(f"{file}:4:10: certificates[1].key: this key is not that of")


def test_a_port_that_authorities_would_come_to_in_vain_is_told_of_a_good_one(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        "listen: 127.0.0.1:8080\n"
        "store: /var/lib/edge.db\n"
        "issuing:\n"
        "  provider: acme\n"
        "  acme: {authorities: letsencrypt, terms_agreed: true, challenges: http-01}\n"
    )

    assert main(["check-config", str(file)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("http-01 is answered at port 80, and nothing listens there without TLS:")


def test_a_file_that_is_not_there_is_an_error_of_one_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-config", str(file)]) == 1
    assert "cannot be read: No such file" in capsys.readouterr().err.splitlines()[0]


@pytest.mark.parametrize("arguments", [[], ["serve"], ["check-config"], ["nonsense"]])
def test_a_wrong_command_line_answers_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    assert exit_.value.code == 2


def test_version_is_one_line_however_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("sluice-proxy ")
    assert told.count("\n") == 1
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == told


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    told = capsys.readouterr().out
    assert all(f"    {name}" in told for name in ("serve", "check-config", "version"))


def test_who_takes_nothing_over_from_the_program_that_runs_says_so_in_its_check(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("listen: 127.0.0.1:80")

    assert main(["check-config", f"--handover={FORM}", str(file)]) == 0
    assert main(["check-config", f"--handover={FORM + 1}", str(file)]) == 1
    assert "restart it instead" in capsys.readouterr().err


def test_serve_with_a_bad_configuration_answers_78(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("workers: many")
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}

    assert main(["serve", "--config", str(file)]) == 78
    assert "edge.yml:1:10: workers" in capsys.readouterr().err
    assert before == {number: signal.getsignal(number) for number in before}


def test_without_a_service_manager_nobody_is_told() -> None:
    notifier = Notifier({})
    notifier.ready("x")

    assert notifier.watchdog is None


def test_a_watchdog_of_another_process_is_not_fed() -> None:
    assert Notifier({"WATCHDOG_USEC": "1000000"}).watchdog == 1.0
    assert Notifier({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).watchdog is None


def test_sockets_that_are_kept_replace_those_that_were(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        socket.create_server(("127.0.0.1", 0)) as kept,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        address = str(tmp_path / "notify")
        Notifier({"NOTIFY_SOCKET": address}).keep([kept])
        Notifier({"NOTIFY_SOCKET": address, "FDSTORE": "16"}).keep([kept])

        first = socket.recv_fds(manager, 1000, 10)
        second = socket.recv_fds(manager, 1000, 10)
        assert first[:2] == (b"FDSTOREREMOVE=1\nFDNAME=sluice-proxy", [])
        assert second[0] == b"FDSTORE=1\nFDNAME=sluice-proxy"
        with socket.socket(fileno=second[1][0]) as received:
            assert received.getsockname() == kept.getsockname()


def test_sockets_for_another_process_are_not_taken_but_forgotten() -> None:
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web", "PATH": "/bin"}

    assert inherited_sockets(environment) == []
    assert environment == {"PATH": "/bin"}
    assert os.getpid() != 1
