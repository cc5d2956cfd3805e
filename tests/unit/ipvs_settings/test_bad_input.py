# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every wrong declaration is refused in one line before anything is read."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.bad_input import BAD_INPUT
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.task import declare


@pytest.mark.parametrize(("params", "line"), BAD_INPUT, ids=[line for _params, line in BAD_INPUT])
def test_a_wrong_declaration_is_refused_in_one_line(params, line):
    with pytest.raises(InvalidInput) as refused:
        declare(params)
    assert str(refused.value) == line
