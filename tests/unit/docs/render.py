# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates the tasks of playbooks as a run would; a program, because Ansible takes the process.

Reads JSON: {"inventory": path, "samples": {module: result}, "playbooks": [{"where", "path",
"variables"}]}. Writes JSON: {where: {"tasks": [{"module", "arguments"}]}}, with the module "role"
for the arguments of a role, or {where: {"error": text}}.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

PREFIX = "sluice.edge."
_DEFINED = re.compile(r"(\w+) is defined")
ROLE_ARGUMENTS = "ansible.builtin.validate_argument_spec"


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    init_plugin_loader()
    answers = {
        wanted["where"]: _answer(wanted, request["inventory"], request["samples"])
        for wanted in request["playbooks"]
    }
    json.dump(answers, sys.stdout, default=str)


def _answer(wanted: dict[str, Any], inventory: str, samples: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"tasks": list(_render(wanted, inventory, samples))}
    except (AnsibleError, ValueError) as error:
        return {"error": str(error)}


def _render(wanted: dict[str, Any], inventory: str, samples: dict[str, Any]) -> Iterator[Any]:
    loader = DataLoader()
    hosts = InventoryManager(loader=loader, sources=[inventory])
    variables = VariableManager(loader=loader, inventory=hosts)
    others = {"hostvars": HostVars(hosts, variables, loader)}
    playbook = Playbook.load(wanted["path"], variable_manager=variables, loader=loader)
    loader.set_basedir(str(Path(wanted["path"]).parent))
    for play in playbook.get_plays():
        chosen = hosts.get_hosts(play.hosts)
        if not chosen:
            raise ValueError(f"{wanted['where']}: no host is in {play.hosts}")
        for host in chosen:
            known = {**others, **wanted["variables"]}
            for task in _tasks(play):
                every = variables.get_vars(play=play, host=host, task=task)
                yield from _arguments(task, {**every, **known}, loader)
                module = task.action.removeprefix(PREFIX)
                if task.register and module in samples:
                    known[task.register] = samples[module]


def _tasks(play: Play) -> Iterator[Task]:
    def inside(block: Block) -> Iterator[Task]:
        for entry in [*block.block, *block.rescue, *block.always]:
            if isinstance(entry, Block):
                yield from inside(entry)
            else:
                yield entry

    for block in play.compile():
        yield from inside(block)


def _arguments(task: Task, variables: dict[str, Any], loader: DataLoader) -> Iterator[Any]:
    if task.action == ROLE_ARGUMENTS:
        names = [name for name in task.args["argument_spec"] if name in variables]
        given = {name: variables[name] for name in names}
        templar = Templar(loader=loader, variables=variables)
        yield {"module": "role", "arguments": templar.template(given)}
    if not task.action.startswith(PREFIX) or _lacks_what_it_is_for(task, variables):
        return
    items = [None]
    if task.loop is not None:
        items = Templar(loader=loader, variables=variables).template(task.loop)
    for item in items:
        templar = Templar(loader=loader, variables={**variables, "item": item})
        module = task.action.removeprefix(PREFIX)
        yield {"module": module, "arguments": templar.template(task.args)}


def _lacks_what_it_is_for(task: Task, variables: dict[str, Any]) -> bool:
    """Whether a task is only for hosts that define a variable, and none is defined."""
    needed = [_DEFINED.fullmatch(str(condition)) for condition in task.when]
    return any(found is not None and found[1] not in variables for found in needed)


if __name__ == "__main__":
    main()
