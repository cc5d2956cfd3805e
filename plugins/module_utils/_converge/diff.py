# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as the two texts of an Ansible diff: one line for each changed entry, sorted."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping

from .resource import Operation, R


def render(operations: Iterable[Operation[R]], title: str) -> Dict[str, str]:
    """Return the ``diff`` key of a module's result.

    ``title`` names the table that is changed, for example ``IPVS``. Entries that stay as they
    are do not appear, so that the diff of one change among thousands is one line.
    """
    steps = list(operations)
    before = sorted(step.before.line() for step in steps if step.before is not None)
    after = sorted(step.after.line() for step in steps if step.after is not None)
    return {
        "before_header": title,
        "after_header": title,
        "before": "".join(line + "\n" for line in before),
        "after": "".join(line + "\n" for line in after),
    }


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the result of a task that converged two tables, as if it were one."""
    result: Dict[str, Any] = {
        "changed": first["changed"] or second["changed"],
        "operations": first["operations"] + second["operations"],
    }
    if "diff" in second:
        result["diff"] = dict(
            second["diff"],
            before=first["diff"]["before"] + second["diff"]["before"],
            after=first["diff"]["after"] + second["diff"]["after"],
        )
    return result
