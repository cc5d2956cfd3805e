# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with a task: one line that says so, and nothing is changed."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    InvalidInput,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.tests.contract.bad_input.profiles import listed
from ansible_collections.sluice.edge.tests.kernel.dnat.edge import VIP, Edge, profile


def test_wrong_input_changes_nothing(edge: Edge) -> None:
    edge.ruleset.add_foreign()
    edge.run(profile(name="there"))
    before = edge.ruleset.everything()
    cases = listed()
    assert len(cases) >= 60
    for params, reason in cases:
        for check in (False, True):
            with pytest.raises(InvalidInput) as caught:
                edge.run(params, check)
            assert reason in str(caught.value)
            assert "\n" not in str(caught.value)
            assert edge.ruleset.everything() == before, reason


def test_a_clash_with_what_is_there_names_both(edge: Edge) -> None:
    edge.run(profile(name="there"))
    before = edge.ruleset.everything()
    for wrong in (
        profile(name="other"),
        profile(name="other", side="server"),
        {"config": [profile(name="fine", port=99), profile(name="other")]},
    ):
        with pytest.raises(InvalidInput) as caught:
            edge.run(wrong)
        assert (
            "dnat profile there captures tcp %s:80 (side proxy) already, which dnat profile other "
            "asks for" % VIP[4]
        ) in str(caught.value)
        assert edge.ruleset.everything() == before
    # One that leaves makes room for the other within the same task.
    edge.run({"config": [profile(name="other")], "purge": True})
    assert [each["name"] for each in edge.info()["profiles"]] == ["other"]


def test_an_unknown_namespace_or_profile_is_named(edge: Edge) -> None:
    with pytest.raises(InvalidInput, match="dnat profile nobody does not exist on this host"):
        list_profiles(edge.params({"name": "nobody"}))
    with pytest.raises(EdgeError, match="no-such-place"):
        list_profiles({**edge.params({}), "netns": "no-such-place"})
