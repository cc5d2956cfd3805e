# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc says about the modules and roles, and argument specifications made of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT, VENV_BIN, environment

MODULES = tuple(sorted(path.stem for path in CHECKOUT.glob("plugins/modules/[!_]*.py")))
ROLES = tuple(sorted(path.parts[-3] for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml")))
_COPIED = ("type", "elements", "choices", "aliases", "required", "default")


@lru_cache(maxsize=None)
def _described(kind: str, names: tuple[str, ...]) -> dict[str, Any]:
    command = [str(VENV_BIN / "ansible-doc"), "--type", kind, "--json"]
    answer = subprocess.run(
        [*command, *(f"sluice.edge.{name}" for name in names)],
        cwd=CHECKOUT,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    described = json.loads(answer.stdout)
    return {name: described[f"sluice.edge.{name}"] for name in names}


def modules() -> dict[str, Any]:
    """Return ansible-doc's answer by module."""
    return _described("module", MODULES)


def role_options() -> dict[str, Any]:
    """Return the options of every role's entry point main, by role."""
    described = _described("role", ROLES)
    return {name: described[name]["entry_points"]["main"]["options"] for name in ROLES}


def specification(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return an argument specification for documented options."""
    made = {}
    for name, option in options.items():
        made[name] = {key: option[key] for key in _COPIED if key in option}
        if "suboptions" in option:
            made[name]["options"] = specification(option["suboptions"])
    return made


def sample(returned: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result as the RETURN section samples it."""
    result: dict[str, Any] = {}
    for name, value in returned.items():
        if "sample" in value:
            result[name] = value["sample"]
        elif "contains" in value:
            inside = sample(value["contains"])
            result[name] = [inside] if value["type"] == "list" else inside
    return result
