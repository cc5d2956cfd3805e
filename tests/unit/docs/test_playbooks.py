# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comment at the beginning of a playbook tells all its variables, and no others."""

from __future__ import annotations

import re

import pytest

from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT

PLAYBOOKS = CHECKOUT / "playbooks"


@pytest.mark.parametrize("name", ["shift_traffic", "await_certificates"])
def test_the_variables_of_a_playbook_are_those_that_it_reads(name: str) -> None:
    text = (PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8")
    steps = "".join(path.read_text(encoding="utf-8") for path in PLAYBOOKS.glob("tasks/*.yml"))
    header = text.partition("\n- name")[0]
    told = set(re.findall(rf"^#   ({name}_\w+) ", header, re.MULTILINE))
    used = set(re.findall(rf"({name}_\w+)", text[len(header) :] + steps))
    made = set(re.findall(rf"(?:register|loop_var): (\w+)|^ +({name}_\w+):", text + steps, re.M))
    given = used - {name for pair in made for name in pair if name}
    assert told == given
