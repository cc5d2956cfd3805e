# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module run in this process: parameters in, the result it ends with out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args


class _Ended(Exception):
    def __init__(self, **result: Any) -> None:
        super().__init__(result)
        self.result = result


def run(module: Any, **params: Any) -> dict[str, Any]:
    """Return what ``module`` ends with; ``failed`` is true in it when it fails."""
    with pytest.MonkeyPatch.context() as patched, patch_module_args(params):
        patched.setattr(AnsibleModule, "fail_json", _fail)
        patched.setattr(AnsibleModule, "exit_json", _leave)
        with pytest.raises(_Ended) as ended:
            module.main()
    return ended.value.result


def _fail(_module: AnsibleModule, **result: Any) -> None:
    raise _Ended(failed=True, **result)


def _leave(_module: AnsibleModule, **result: Any) -> None:
    raise _Ended(**result)
