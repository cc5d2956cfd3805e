# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module whose options have secrets in them."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping

from ansible.module_utils.basic import AnsibleModule

from .._converge.errors import EdgeError
from .._proxy.masking import secrets_in

Converge = Callable[[Mapping[str, Any], bool, bool], Dict[str, Any]]
"""Takes parameters, whether only to check, and whether a diff is wanted; returns the result."""


class ConfidentialModule(AnsibleModule):
    """Keeps secrets out of results, also out of those that Ansible makes itself."""

    def fail_json(self, msg: str, **result: Any) -> None:
        self.no_log_values.update(secrets_in(self.params))
        super().fail_json(msg=msg, **result)

    def exit_json(self, **result: Any) -> None:
        self.no_log_values.update(secrets_in(self.params))
        super().exit_json(**result)


def run_confidentially(arguments: Mapping[str, Any], converge: Converge) -> None:
    """Run a module with these options: it ends with what ``converge`` returns, or why it fails."""
    # Ansible writes the options of a task into the system's log unless it is told not to.
    module = ConfidentialModule(argument_spec=arguments, supports_check_mode=True, no_log=True)
    try:
        result = converge(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)
