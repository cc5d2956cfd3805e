# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told when a store did not do what it was asked to."""

from __future__ import annotations

import pytest
from sluice_proxy.store.failures import Conflict, Mismatch, StoreFailed
from sluice_proxy.store.items import ABSENT, Key

WEB = Key("route", "web")


@pytest.mark.parametrize(
    ("mismatch", "text"),
    [
        (Mismatch(WEB, 5, 7), "route web: has version 7, and not 5"),
        (Mismatch(WEB, 5, ABSENT), "route web: not there, but expected with version 5"),
        (Mismatch(WEB, ABSENT, 7), "route web: there already, with version 7"),
        (Mismatch(Key("route", "a\nb"), 5, 7), "route 'a\\nb': has version 7, and not 5"),
        (
            Mismatch("route", 5, 7),
            "route: changed with revision 7, after 5 that this was made for",
        ),
        (Mismatch("route", 7, 5), "route: there is no revision 7 yet"),
    ],
)
def test_a_conflict_names_the_item_and_both_versions(mismatch: Mismatch, text: str) -> None:
    assert str(Conflict([mismatch])) == text
    assert str(Conflict([mismatch, mismatch, mismatch])) == f"{text}, and 2 more"


def test_a_failure_is_one_line_whatever_is_in_it() -> None:
    assert str(StoreFailed("/a\nb/edge.db", "no\x1b[2J\r\nway")) == "/a b/edge.db: no [2J  way"
