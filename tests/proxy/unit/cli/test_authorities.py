# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``authorities``: whom certificates are ordered of, and the accounts there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from running.scripted_api import ScriptedApi, Told
from sluice_proxy.cli.command import main

ACCOUNT = {
    "url": "https://one.test/account/7",
    "contact": ["mailto:ops@a.test"],
    "thumbprint": "abcdefghijklmnop",
}
ONE: dict[str, Any] = {
    "name": "one", "directory": "https://one.test/d", "staging": False, "account": ACCOUNT,
    "resting_until": 1.8e9, "said": "one failed: it does not answer", "orders": 3,
    "most_orders": 250, "order_window": 10_800.0,
}  # fmt: skip
NEW = {
    **ONE, "name": "new", "directory": "https://new.test/d", "staging": True, "account": None,
    "resting_until": None, "said": "", "orders": 0,
}  # fmt: skip


def test_they_are_listed_with_accounts_orders_and_why_one_is_left_alone(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told({"items": [ONE, NEW]})

    assert main(["authorities", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == "NAME DIRECTORY KIND ACCOUNT CONTACT KEY ORDERS LEFT ALONE".split()
    assert re.split("  +", lines[1]) == [
        "one", "https://one.test/d", "real", "https://one.test/account/7",
        "mailto:ops@a.test", "abcdefghijkl", "3 of 250",
        "until 2027-01-15 08:00:00 UTC: one failed: it does not answer",
    ]  # fmt: skip
    assert lines[2].split() == "new https://new.test/d staging - - - 0 of 250 -".split()
    assert (api.asked[0].method, api.asked[0].target) == ("GET", "/v1/authorities")


def test_where_nothing_is_ordered_it_says_so(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told({"items": []})

    assert main(["authorities", "list"]) == 0
    assert "issuing.provider of the configuration is not acme" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "path", "authority", "said"),
    [
        (["roll-over", "a b"], "a%20b/roll-over", ONE, "the account has the key abcdefghijklmnop"),
        (["deactivate", "a b", "--yes"], "a%20b/deactivate", NEW, "the account is deactivated"),
    ],
)
def test_an_account_is_changed(
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    path: str,
    authority: dict[str, Any],
    said: str,
) -> None:
    api.answering = lambda asked: Told(authority)

    assert main(["authorities", *words]) == 0
    assert capsys.readouterr().out.startswith(f"authority a b: {said}")
    assert main(["authorities", *words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == authority
    assert {(one.method, one.target) for one in api.asked} == {("POST", f"/v1/authorities/{path}")}


def test_an_account_is_not_given_up_by_a_slip(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["authorities", "deactivate", "one"]) == 2
    assert "the account at one would be given up for good: say --yes" in capsys.readouterr().err
    assert api.asked == []


@pytest.mark.parametrize(("status", "code"), [(404, 4), (409, 5), (502, 1), (503, 1)])
@pytest.mark.parametrize("words", [["roll-over", "one"], ["deactivate", "one", "--yes"]])
def test_how_it_ends_when_it_is_not_done(
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    code: int,
) -> None:
    api.answering = lambda asked: Told({"detail": "one: unauthorized: no"}, status)

    assert main(["authorities", *words]) == code
    assert capsys.readouterr().err == "sluice-proxy: one: unauthorized: no\n"
