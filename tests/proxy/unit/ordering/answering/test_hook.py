# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records by a program: how it is called, and what becomes of one that fails or does not end."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from running.service import until
from sluice_proxy.ordering.answering.by_records import AnswersByRecords
from sluice_proxy.ordering.answering.hook import MOST_OUTPUT, HookRecords
from sluice_proxy.ordering.validating import Challenge, NotAnswered
from sluice_proxy.snapshot.issuing import ChallengeType, DnsHook

NAME, VALUE = "_acme-challenge.a.test", "kEqM1-_value"


def program(folder: Path, text: str, mode: int = 0o755) -> str:
    """Return the path of a program of these lines of shell."""
    file = folder / "hook"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(mode)
    return str(file)


def called(path: str, timeout: float = 60.0) -> None:
    """Have a record set by a program."""
    asyncio.run(HookRecords(DnsHook(path, timeout)).set(NAME, VALUE))


def refused(path: str, timeout: float = 60.0) -> str:
    """Return why a record could not be set."""
    with pytest.raises(NotAnswered) as error:
        called(path, timeout)
    text = str(error.value)
    assert len(text.splitlines()) == 1
    return text


def gone(pid: int) -> bool:
    """Say whether a process has ended; one that nobody waits for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except FileNotFoundError:
        return True


def test_it_is_called_with_verb_name_and_value(tmp_path: Path) -> None:
    said = tmp_path / "said"
    records = HookRecords(DnsHook(program(tmp_path, f'echo "$#:$*" >> {said}')))
    answers = AnswersByRecords(records)
    challenge = Challenge(ChallengeType.DNS_01, "a.test", "token", "token.thumb")

    async def run() -> None:
        await answers.publish(challenge)
        await answers.withdraw(challenge)

    asyncio.run(run())
    # The digest of the key authorization (RFC 8555, section 8.4), in base64url.
    value = "lCdftpJCXapaZHkBGIZbcubeKW8RmA0jSG_aZN01zbU"
    assert said.read_text().splitlines() == [
        f"3:set _acme-challenge.a.test {value}",
        f"3:unset _acme-challenge.a.test {value}",
    ]


def test_an_address_has_no_record(tmp_path: Path) -> None:
    said = tmp_path / "said"
    answers = AnswersByRecords(HookRecords(DnsHook(program(tmp_path, f"touch {said}"))))
    challenge = Challenge(ChallengeType.DNS_01, "127.0.0.1", "token", "x")

    with pytest.raises(
        NotAnswered, match=r"dns-01 cannot show control of the address 127\.0\.0\.1"
    ):
        asyncio.run(answers.publish(challenge))
    asyncio.run(answers.withdraw(challenge))
    assert not said.exists()


def test_no_shell_reads_what_it_is_given(tmp_path: Path) -> None:
    said = tmp_path / "said"
    hook = DnsHook(program(tmp_path, f'printf "%s|" "$@" > {said}'))
    asyncio.run(HookRecords(hook).set("$(id) *", "`id`; -x"))

    assert said.read_text() == "set|$(id) *|`id`; -x|"


def test_it_gets_nothing_of_our_environment_and_of_our_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "hunter2")
    said = tmp_path / "said"
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        called(program(tmp_path, f"env > {said}; ls -l /proc/self/fd >> {said}; pwd >> {said}"))

    text = said.read_text()
    names = {line.partition("=")[0] for line in text.splitlines() if "=" in line}
    # A shell adds those of its own.
    assert names <= {"PATH", "LANG", "PWD", "_", "SHLVL", "OLDPWD"}
    assert {"PATH", "LANG"} <= names
    assert "hunter2" not in text
    assert str(tmp_path / "open") not in text
    assert text.splitlines()[-1] == "/"


def test_one_that_fails_says_why_by_its_last_line(tmp_path: Path) -> None:
    path = program(tmp_path, "echo first; echo 'the zone is locked\t!' >&2; echo; exit 3")
    assert refused(path) == f"{path} set {NAME} ended with 3: the zone is locked?!"


def test_one_that_fails_silently_is_told_as_that(tmp_path: Path) -> None:
    path = program(tmp_path, "exit 1")
    assert refused(path) == f"{path} set {NAME} ended with 1"


def test_one_that_is_killed_is_told_as_that(tmp_path: Path) -> None:
    path = program(tmp_path, "kill -TERM $$")
    assert refused(path) == f"{path} set {NAME} was ended by signal 15"


def test_all_that_it_says_is_read_and_little_is_kept(tmp_path: Path) -> None:
    lines = "i=0; while [ $i -lt 3000 ]; do echo '%0100d'; i=$((i+1)); done"
    path = program(tmp_path, f"{lines}; echo {'y' * (MOST_OUTPUT // 2)}; exit 1")
    assert refused(path) == f"{path} set {NAME} ended with 1: {'y' * 300}"


def test_one_that_leaves_a_process_behind_is_not_waited_for(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    path = program(tmp_path, f"sleep 600 & echo $! > {said}; echo broken; exit 1")
    try:
        assert refused(path) == f"{path} set {NAME} ended with 1: broken"
    finally:
        os.kill(int(said.read_text()), 9)


def test_one_that_does_not_end_is_killed_with_all_that_it_began(tmp_path: Path) -> None:
    said = tmp_path / "pids"
    path = program(
        tmp_path, f"trap '' TERM INT; sleep 600 & echo $! > {said}; echo $$ >> {said}; wait"
    )
    for seconds in (0.3, 1, 3, 10, 30):
        why = refused(path, seconds)
        assert why == f"{path} set {NAME} did not end within {seconds:g} s, and was killed"
        if said.exists() and len(said.read_text().split()) == 2:
            # A slow machine takes its time to begin it.
            break
    for pid in map(int, said.read_text().split()):
        until(lambda pid=pid: gone(pid), f"the end of {pid}")


def test_one_whose_caller_is_cancelled_is_killed(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    path = program(tmp_path, f"echo $$ > {said}.new; mv {said}.new {said}; sleep 600")

    async def run() -> None:
        task = asyncio.ensure_future(HookRecords(DnsHook(path)).set(NAME, VALUE))
        while not said.exists():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert gone(int(said.read_text()))


def test_a_few_run_at_a_time(tmp_path: Path) -> None:
    said = tmp_path / "said"
    records = HookRecords(
        DnsHook(program(tmp_path, f"echo + >> {said}; sleep 0.05; echo - >> {said}"))
    )

    async def run() -> None:
        await asyncio.gather(*(records.set(NAME, str(number)) for number in range(10)))

    asyncio.run(run())
    running, most = 0, 0
    for line in said.read_text().splitlines():
        running += 1 if line == "+" else -1
        most = max(most, running)
    assert running == 0
    assert 1 <= most <= 4


def test_one_that_everybody_may_write_is_not_run(tmp_path: Path) -> None:
    path = program(tmp_path, f"touch {tmp_path}/ran", 0o757)
    assert refused(path) == f"{path} is not run, as everybody may write it: chmod o-w it"
    assert not (tmp_path / "ran").exists()


def test_one_that_is_not_there_or_no_program_is_not_run(tmp_path: Path) -> None:
    assert refused("hook") == "hook is not a whole path: issuing.acme.dns.hook has to name one"
    missing = str(tmp_path / "missing")
    assert refused(missing) == f"{missing} cannot be run: No such file or directory"
    assert refused(str(tmp_path)) == f"{tmp_path} cannot be run: it is not a regular file"
    plain = program(tmp_path, "exit 0", 0o644)
    assert refused(plain) == f"{plain} may not be run: chmod +x it, or check its owner"
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0\0\0\0")
    broken.chmod(0o755)
    assert refused(str(broken)) == f"{broken} set {NAME} cannot be run: Exec format error"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    path = program(tmp_path, "echo x; exit 1")
    missing = str(tmp_path / "missing")

    async def run() -> None:
        for hook in (DnsHook(path), DnsHook(missing)):
            with pytest.raises(NotAnswered):
                await HookRecords(hook).set(NAME, VALUE)
        before = len(os.listdir("/proc/self/fd"))
        for hook in (DnsHook(path), DnsHook(missing)) * 3:
            with pytest.raises(NotAnswered):
                await HookRecords(hook).set(NAME, VALUE)
        await asyncio.sleep(0)
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(run())
