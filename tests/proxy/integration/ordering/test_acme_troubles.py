# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities in trouble: the next one issues, and what is logged and told is what happened."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from running.ca.problem import Problem
from running.ca.trouble import Half, Page, Slow, failing, limited
from running.ordering import Ordering, authority, of_authorities, ordering, two_ports
from running.pebble import EAB_KEY, Behaviour, Pebble
from running.scripted_ca import ScriptedCa
from running.service import until

NAME = "a.example"
OTHER_KEY = "b10lLJs8l1GPIzsLP0s6pMt8O0XVGnfTaCeROxQM0BIt2XrJMDHJZBM5NuQmQJQH"
FIVE_MINUTES = 300


def down(ca: ScriptedCa) -> None:
    ca.stop()


def erring(ca: ScriptedCa) -> None:
    ca.always("newOrder", failing(500))


def busy(ca: ScriptedCa) -> None:
    ca.always("newOrder", limited("7200"))


def busy_until(ca: ScriptedCa) -> None:
    ca.always("newAccount", limited("Fri, 01 Jan 2100 00:00:00 GMT"))


def unavailable(ca: ScriptedCa) -> None:
    ca.always("directory", Page(503, "600"))


def breaking(ca: ScriptedCa) -> None:
    ca.always("directory", Half())


def unsigning(ca: ScriptedCa) -> None:
    ca.rules.not_issued = Problem("serverInternal", "the signer is away", 500)


def refusing(ca: ScriptedCa) -> None:
    ca.rules.refused[NAME] = Problem("dns", "no such name")


@dataclass(frozen=True)
class Trouble:
    """``said`` is what the log has to say, as a pattern; ``skipped`` whether the authority is left
    alone for other names as well, ``long`` for minutes; ``asked`` which resource is the last one to
    be asked for."""

    make: Callable[[ScriptedCa], None]
    said: str
    skipped: bool
    asked: str
    long: bool = False


TROUBLES = [
    Trouble(down, "failed: GET https://.*: Cannot connect to host .*", True, ""),
    Trouble(erring, "failed: serverInternal: the authority is out of order", True, "newOrder"),
    Trouble(busy, "failed: rateLimited: too many requests of this kind", False, "newOrder"),
    Trouble(
        busy_until, "failed: rateLimited: too many requests of this kind", True, "newAccount", True
    ),
    Trouble(
        unavailable, "failed: .*/directory: 503 without a problem document", True, "directory", True
    ),
    Trouble(breaking, "failed: GET .*/directory: .*", True, "directory"),
    Trouble(unsigning, "failed: serverInternal: the signer is away", True, "finalize"),
    Trouble(refusing, f"refused: {NAME}: dns: no such name", False, "challenge"),
]


@dataclass
class Asked:
    """A proxy that asks authorities in trouble, by its name, and then a pebble."""

    edge: Ordering
    troubled: dict[str, ScriptedCa]
    pebble: Pebble


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("troubles")
    plain, port = two_ports()
    with ExitStack() as stack:
        troubled: dict[str, ScriptedCa] = {}
        for trouble in TROUBLES:
            name = trouble.make.__name__
            troubled[name] = stack.enter_context(ScriptedCa(folder / name))
            trouble.make(troubled[name])
        behaviour = Behaviour(plain, port)
        pebble = stack.enter_context(Pebble(folder / "pebble", behaviour))
        entries = [authority(name, ca) for name, ca in {**troubled, "pebble": pebble}.items()]
        issuing = of_authorities(*entries)
        edge = stack.enter_context(ordering(folder, issuing, plain, port))
        edge.declare(NAME)
        edge.until_held([NAME])
        yield Asked(edge, troubled, pebble)


def test_the_next_authority_issues(asked: Asked) -> None:
    [issued] = asked.pebble.issued

    assert asked.edge.shown(NAME, asked.pebble.root())
    assert asked.pebble.orders == 1
    order = asked.edge.order(NAME)
    assert (order["state"], order["authority"], order["failures"]) == ("held", "pebble", 0)
    assert issued.not_valid_after_utc.timestamp() > order["renew_at"]


def test_each_is_asked_once(asked: Asked) -> None:
    for trouble in TROUBLES:
        ca = asked.troubled[trouble.make.__name__]
        assert ca.requests[trouble.asked] == (1 if trouble.asked else 0), trouble
        assert len(ca.orders) <= 1
        assert ca.issued == []


def test_the_log_says_what_each_answered_and_who_issued(asked: Asked) -> None:
    said = asked.edge.said()
    [line] = [line for line in said.splitlines() if f"certificate for {NAME}: obtained" in line]
    obtained, _mark, before = line.partition("; before: ")

    assert re.fullmatch(
        f"info: certificate for {NAME}: obtained from pebble, valid until .*", obtained
    )
    reasons = before.split("; ")
    for trouble, reason in zip(TROUBLES, reasons, strict=True):
        name = trouble.make.__name__
        assert re.fullmatch(f"{name} {trouble.said}", reason)
        skipping = f"warning: {re.escape(reason)}: it is skipped until .* UTC\n"
        assert bool(re.search(skipping, said)) == trouble.skipped, trouble
    assert "Traceback" not in said


def test_another_name_does_not_ask_those_that_want_to_be_left_alone(asked: Asked) -> None:
    before = {name: ca.requests.copy() for name, ca in asked.troubled.items()}

    asked.edge.declare("b.example")
    asked.edge.until_held(["b.example"])

    for trouble in TROUBLES:
        name = trouble.make.__name__
        if trouble.long:
            assert asked.troubled[name].requests == before[name], name


def test_where_nobody_issues_it_is_said_and_tried_when_the_authority_wants(asked: Asked) -> None:
    asked.edge.declare("c.example", authority="busy")

    order = until(
        lambda: (found := asked.edge.order("c.example"))["state"] == "failed" and found,
        "the failure",
    )

    assert (order["authority"], order["failures"]) == ("busy", 1)
    assert order["said"] == "busy failed: rateLimited: too many requests of this kind"
    assert abs(order["next_try"] - time.time() - 7200) < FIVE_MINUTES
    lines = asked.edge.said().splitlines()
    [line] = [line for line in lines if "certificate for c.example:" in line]
    assert re.fullmatch(
        r"warning: certificate for c\.example: failure 1, next try .* UTC: "
        + re.escape(order["said"]),
        line,
    )


def test_a_slow_authority_is_waited_for_and_one_that_hangs_is_not(tmp_path: Path) -> None:
    plain, port = two_ports()
    with (
        ScriptedCa(tmp_path / "slow") as slow,
        Pebble(tmp_path / "hanging") as hanging,
        ordering(
            tmp_path,
            of_authorities(authority("hanging", hanging), authority("slow", slow)),
            plain,
            port,
        ) as edge,
    ):
        hanging.pause()
        for resource in ("directory", "newNonce", "newAccount", "newOrder", "certificate"):
            slow.once(resource, Slow(0.5))
        edge.declare(NAME)
        edge.until_held([NAME])
        hanging.resume()

        assert edge.shown(NAME, slow.root().decode())
        assert slow.orders_for(NAME) == 1
        assert "warning: hanging failed: " in edge.said()
        assert f"certificate for {NAME}: obtained from slow, valid until " in edge.said()


def test_an_external_account_is_wanted_and_has_to_be_the_right_one(tmp_path: Path) -> None:
    plain, port = two_ports()
    keys = {"right": EAB_KEY, "wrong": OTHER_KEY}
    for name, key in keys.items():
        (tmp_path / name).write_text(key)
        (tmp_path / name).chmod(0o600)
    behaviour = Behaviour(plain, port, external_accounts={"kid-1": EAB_KEY})
    with Pebble(tmp_path / "pebble", behaviour) as pebble:

        def bound(name: str) -> str:
            account = f"{{key_id: kid-1, key_file: {tmp_path / name}}}"
            return authority(name, pebble, f", external_account: {account}")

        issuing = of_authorities(authority("none", pebble), bound("wrong"), bound("right"))
        with ordering(tmp_path, issuing, plain, port) as edge:
            edge.declare(NAME)
            edge.until_held([NAME])
            said, answers = edge.said(), "".join(edge.answers)

    assert f"certificate for {NAME}: obtained from right, valid until " in said
    assert "none was not asked: it makes accounts for those alone that it knows already" in said
    assert re.search("wrong does not take what it was sent: .*(?:unauthorized|malformed)", said)
    assert pebble.said.count("Issued certificate") == 1
    for key in keys.values():
        assert key not in said + answers
