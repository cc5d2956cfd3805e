# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators are told of authorities, and what becomes of accounts there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any

import pytest
from sluice_proxy.admin.edge import NoAuthority, NotChanged, NotOrdered, OutOfReach
from sluice_proxy.fleet.shared import Unreachable
from sluice_proxy.ordering.model import AccountStatus, AuthorityStatus, NoAccount, NotObtained
from sluice_proxy.supervisor.authorities import Authorities

ONE = AuthorityStatus(
    "one",
    "https://one.test/d",
    True,
    AccountStatus("https://one.test/account/7", ("mailto:ops@a.test",), "abc"),
    1.8e9,
    "one failed",
    3,
    250,
    60.0,
)
Change = Callable[[Authorities, str], Coroutine[Any, Any, AuthorityStatus]]


class Keeps:
    """Changes accounts, or fails as it is told."""

    def __init__(self) -> None:
        self.changed: list[tuple[str, str]] = []
        self.fails: Exception | None = None
        self.unreachable: Exception | None = None

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        if self.unreachable is not None:
            raise self.unreachable
        return (ONE,)

    async def roll_over_account(self, authority: str) -> None:
        await self._change("roll over", authority)

    async def deactivate_account(self, authority: str) -> None:
        await self._change("deactivate", authority)

    async def _change(self, how: str, authority: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.changed.append((how, authority))


@pytest.fixture
def keeps() -> Keeps:
    return Keeps()


@pytest.fixture
def authorities(keeps: Keeps) -> Authorities:
    keeping: Any = keeps
    return Authorities(lambda: keeping)


both = pytest.mark.parametrize("change", [Authorities.roll_over, Authorities.deactivate])


def test_all_that_is_known_is_told(authorities: Authorities) -> None:
    (told,) = asyncio.run(authorities.all())
    assert asdict(told) == asdict(ONE)


def test_accounts_are_changed(authorities: Authorities, keeps: Keeps) -> None:
    for change in (authorities.roll_over, authorities.deactivate):
        assert asdict(asyncio.run(change("one"))) == asdict(ONE)
    assert keeps.changed == [("roll over", "one"), ("deactivate", "one")]


@both
def test_where_nothing_is_ordered_there_is_nothing_to_change(change: Change) -> None:
    nobody = Authorities(lambda: None)
    assert asyncio.run(nobody.all()) == ()
    with pytest.raises(NotOrdered, match=r"set issuing\.provider to acme"):
        asyncio.run(change(nobody, "one"))


@both
def test_an_authority_that_is_not_there_is_none(
    authorities: Authorities, keeps: Keeps, change: Change
) -> None:
    with pytest.raises(NoAuthority, match=r"no authority 'two' in issuing\.acme\.authorities"):
        asyncio.run(change(authorities, "two"))
    assert keeps.changed == []


@both
@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (NoAccount("there is no account at one"), NotOrdered),
        (NotObtained("one: not changed: unauthorized"), NotChanged),
    ],
)
def test_why_it_is_not_done_is_told(
    authorities: Authorities, keeps: Keeps, change: Change, fails: Exception, told: type[Exception]
) -> None:
    keeps.fails = fails
    with pytest.raises(told, match=str(fails)):
        asyncio.run(change(authorities, "one"))


@both
def test_what_is_shared_and_out_of_reach_is_told(
    authorities: Authorities, keeps: Keeps, change: Change
) -> None:
    keeps.unreachable = Unreachable("redis.test:6379: no answer")
    with pytest.raises(OutOfReach, match="no answer"):
        asyncio.run(authorities.all())
    with pytest.raises(OutOfReach, match="no answer"):
        asyncio.run(change(authorities, "one"))
