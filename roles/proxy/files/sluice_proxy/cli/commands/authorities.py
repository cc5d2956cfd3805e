# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``authorities``: whom certificates are ordered of, and the accounts there."""

from __future__ import annotations

import argparse
from typing import Any

from ..client.api import Json
from ..ending import BadUsage, Exit
from ..options import Commands, api_of
from ..showing.amounts import moment
from ..showing.table import several, table
from ..showing.terminal import say, say_json

_TITLES = ("NAME", "DIRECTORY", "KIND", "ACCOUNT", "CONTACT", "KEY", ">ORDERS", "LEFT ALONE")
_KEY_SHOWN = 12


def add(commands: Commands) -> None:
    """Add ``list``, ``roll-over`` and ``deactivate``."""
    group = commands.group(
        "authorities", "authorities of ACME and the accounts there: list, roll-over, deactivate"
    )
    group.command(
        "list", "list authorities with accounts, orders, and why one is left alone", _list, api=True
    )
    rolling = group.command("roll-over", "have a new key for an account", _roll_over, api=True)
    giving_up = group.command(
        "deactivate",
        "give an account up, which is for good; the next order makes another one",
        _deactivate,
        api=True,
    )
    for parser in (rolling, giving_up):
        parser.add_argument("name", metavar="NAME", help="the authority's, as list shows it")
    giving_up.add_argument("--yes", action="store_true", help="needed: it cannot be undone")


def _list(asked: argparse.Namespace) -> int:
    answer = api_of(asked).authorities()
    if asked.json:
        say_json(answer)
    elif items := answer.get("items"):
        say(*table(_TITLES, map(_row, items)))
    else:
        say("certificates are not ordered: issuing.provider of the configuration is not acme")
    return Exit.GOOD


def _roll_over(asked: argparse.Namespace) -> int:
    answer = api_of(asked).change_account(asked.name, "roll-over")
    if asked.json:
        say_json(answer)
    else:
        account: dict[str, Any] = answer.get("account") or {}
        say(f"authority {asked.name}: the account has the key {account.get('thumbprint')}")
    return Exit.GOOD


def _deactivate(asked: argparse.Namespace) -> int:
    if not asked.yes:
        raise BadUsage(
            f"the account at {asked.name} would be given up for good: say --yes if that is meant"
        )
    answer = api_of(asked).change_account(asked.name, "deactivate")
    if asked.json:
        say_json(answer)
    else:
        say(f"authority {asked.name}: the account is deactivated; the next order makes another one")
    return Exit.GOOD


def _row(authority: Json) -> list[str]:
    account = authority.get("account") or {}
    until = authority.get("resting_until")
    said = str(authority.get("said") or "")
    return [
        str(authority.get("name")),
        str(authority.get("directory")),
        "staging" if authority.get("staging") else "real",
        str(account.get("url") or ""),
        several([str(one) for one in account.get("contact") or []]),
        str(account.get("thumbprint") or "")[:_KEY_SHOWN],
        f"{authority.get('orders')} of {authority.get('most_orders')}",
        "" if until is None else f"until {moment(float(until))}: {said}",
    ]
