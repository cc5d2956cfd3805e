# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, those who try them, and names of other sites."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from sluice_proxy.admin import tokens as module
from sluice_proxy.admin.guessing import BURST, MOST_ADDRESSES, QUIET, RECOVERY, Guesses
from sluice_proxy.admin.naming import is_own_name, is_same_origin
from sluice_proxy.admin.tokens import (
    BadTokens,
    TokensFile,
    holder_of,
    line_of,
    read_tokens,
)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_has_the_name_and_the_hash_alone() -> None:
    digest = hashlib.sha256(b"secret").hexdigest()

    assert line_of("deploy", "secret") == f"deploy sha256:{digest}"
    (token,) = read_tokens(f"# mine\n\n  {line_of('deploy', 'secret')}  \r\n".encode())
    assert token.name == "deploy"
    assert digest not in repr(token)


@pytest.mark.parametrize("name", ["", "a b", "#a", "ä", "a\n", "a" * 101])
def test_a_name_that_no_line_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a token"):
        line_of(name, "secret")


@pytest.mark.parametrize(
    "line",
    [
        "deploy secret",
        "deploy sha256:" + "0" * 63,
        "deploy sha256:" + "0" * 65,
        "deploy sha256:" + "g" * 64,
        "deploy md5:" + "0" * 32,
        "sha256:" + "0" * 64,
        "deploy  you sha256:" + "0" * 64,
        "\xff sha256:" + "0" * 64,
    ],
)
def test_one_bad_line_spoils_the_file_and_is_not_repeated(line: str) -> None:
    with pytest.raises(BadTokens, match=r"line 2 is not of the form") as caught:
        read_tokens(f"{line_of('a', 'a')}\n{line}\n".encode("latin-1"))
    assert line not in str(caught.value)


def test_a_token_is_compared_with_every_line_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(own: bytes, other: bytes) -> bool:
        compared.append((own, other))
        return hmac.compare_digest(own, other)

    class Hmac:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(module, "hmac", Hmac)
    found = read_tokens("\n".join(line_of(name, name) for name in "abc").encode())

    assert [holder_of(name, found) for name in "abcd"] == ["a", "b", "c", None]
    assert len(compared) == 4 * len(found)
    assert {len(part) for pair in compared for part in pair} == {32}


def test_a_file_is_read_whenever_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.touch(0o600)
    tokens = TokensFile(str(path))
    assert tokens.read() == ()
    path.write_text(line_of("a", "a"))
    assert [one.name for one in tokens.read()] == ["a"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tokens"
    path.write_text(line_of("a", "a"))
    path.chmod(mode)

    with pytest.raises(BadTokens, match="set mode 0600"):
        TokensFile(str(path)).read()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTokens, match="cannot be read"):
        TokensFile(str(tmp_path)).read()
    with pytest.raises(BadTokens, match="cannot be read"):
        TokensFile(str(tmp_path / "none")).read()
    with pytest.raises(BadTokens, match="no file"):
        TokensFile("/dev/null").read()


def test_an_address_waits_after_some_wrong_tokens_and_may_try_again_bit_by_bit() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _number in range(BURST):
        assert guesses.wait("10.0.0.1") == 0
        guesses.wrong("10.0.0.1")

    assert guesses.wait("10.0.0.1") == RECOVERY
    assert guesses.wait("10.0.0.2") == 0
    clock.now += RECOVERY
    assert guesses.wait("10.0.0.1") == 0
    guesses.wrong("10.0.0.1")
    assert guesses.wait("10.0.0.1") == RECOVERY


def test_wrong_tokens_are_told_once_in_a_while_with_how_many_there_were() -> None:
    clock = Clock()
    guesses = Guesses(clock)

    assert guesses.wrong("10.0.0.1") == "10.0.0.1 sent a wrong token"
    assert guesses.wrong("10.0.0.1") is None
    assert guesses.wrong("10.0.0.2") == "10.0.0.2 sent a wrong token"
    clock.now += QUIET
    assert guesses.wrong("10.0.0.1") == (
        "10.0.0.1 sent a wrong token, 2 times since it was last told"
    )


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("10.0.0.1", "10.0.0.2", False),
    ],
)
def test_addresses_that_one_host_has_are_one(first: str, second: str, same: bool) -> None:
    guesses = Guesses(Clock())
    for _number in range(BURST):
        guesses.wrong(first)

    assert (guesses.wait(second) > 0) is same


def test_no_number_of_addresses_takes_more_memory_or_gets_more_guesses() -> None:
    clock = Clock()
    guesses = Guesses(clock, most=10)
    for number in range(1000):
        guesses.wrong(f"10.0.{number // 256}.{number % 256}")

    assert len(guesses) == 11
    assert guesses.wait("10.9.9.9") > 0
    assert guesses.wait("10.0.0.1") == 0
    clock.now += 10_000 * RECOVERY
    guesses.wrong("10.9.9.9")
    assert len(guesses) == 1
    assert MOST_ADDRESSES < 10_000


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True), ("LOCALHOST:1", True), ("a.localhost.", True), ("edge1", True),
        ("192.0.2.7", True), ("192.0.2.7:80", True), ("[2001:db8::1]", True), ("[::1]:8080", True),
        ("", False), (":80", False), ("a.example", False), ("10.0.0.1.nip.io", False),
        ("[evil.example]", False), ("[::1", True), ("a.localhost.example", False),
    ],
)  # fmt: skip
def test_only_addresses_and_local_names_are_ours(host: str, own: bool) -> None:
    assert is_own_name(host) is own


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://EDGE", "edge", True),
        ("http://localhost:8080", "localhost:9090", False),
        ("http://localhost", "evil.example", False),
        ("null", "localhost", False),
        ("", "", False),
        ("http://[", "localhost", False),
    ],
)
def test_a_page_is_of_the_same_origin_only_with_the_same_host_and_port(
    origin: str, host: str, same: bool
) -> None:
    assert is_same_origin(origin, host) is same
