# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule refuses what it is there for, and lets pass what is right."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ansible_collections.sluice.edge.tests.unit.structure import layers, names
from ansible_collections.sluice.edge.tests.unit.structure.imports import Import, imports_of

IPVS_PLAN = PurePosixPath("plugins/module_utils/_ipvs/plan.py")
CONVERGE = PurePosixPath("plugins/module_utils/_converge/runner.py")
MODULE = PurePosixPath("plugins/modules/vip.py")
ENGINE = layers.ENGINE


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import os.path", "os.path"),
        ("from os import path", "os.path"),
        ("def later():\n    import time", "time"),
        ("from . import model", f"{ENGINE}._ipvs.model"),
        ("from .model import Service", f"{ENGINE}._ipvs.model.Service"),
        ("from .. import _kernel", f"{ENGINE}._kernel"),
        ("from .._kernel.netns import inside", f"{ENGINE}._kernel.netns.inside"),
    ],
)
def test_every_spelling_of_an_import_is_read(source: str, name: str) -> None:
    assert [found.name for found in imports_of(IPVS_PLAN, source)] == [name]


def test_an_import_knows_its_line() -> None:
    assert imports_of(IPVS_PLAN, "\n\nimport time\n") == [Import("time", 3)]


@pytest.mark.parametrize(
    "source",
    [
        "import ansible",
        "from ansible.module_utils.basic import AnsibleModule",
        "def later():\n    from ansible import errors",
    ],
)
def test_the_engine_must_not_import_ansible(source: str) -> None:
    assert len(layers.ansible_below_modules(CONVERGE, source)) == 1


def test_what_modules_share_may_import_ansible() -> None:
    path = PurePosixPath("plugins/module_utils/_module/confidential.py")
    assert layers.ansible_below_modules(path, "from ansible.module_utils.basic import env") == []


def test_the_engine_must_not_import_what_modules_share() -> None:
    assert len(layers.upward_imports(IPVS_PLAN, "from .._module import confidential")) == 1


@pytest.mark.parametrize(
    "source", [f"from {ENGINE}._inet import address", "import ansible_runner", "import json"]
)
def test_names_that_only_begin_like_ansible_may_be_imported(source: str) -> None:
    assert layers.ansible_below_modules(CONVERGE, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "from .._kernel import netns",
        "from .._ipvs.model import Service",
        "from .. import _vip",
        f"import {ENGINE}._kernel.netns",
        "from ...modules import vip",
        "from ansible_collections.sluice.edge.plugins.modules import vip",
    ],
)
def test_a_layer_must_not_import_from_above(source: str) -> None:
    assert len(layers.upward_imports(CONVERGE, source)) == 1


def test_kinds_must_not_import_each_other() -> None:
    assert layers.upward_imports(IPVS_PLAN, "from .._vip import model") != []


@pytest.mark.parametrize(
    "source",
    ["from . import plan", "from .._inet.address import Address", "import json"],
)
def test_a_layer_may_import_itself_and_what_is_below(source: str) -> None:
    assert layers.upward_imports(CONVERGE, source) == []


@pytest.mark.parametrize("name", ["plugins/module_utils/_new/x.py", "plugins/module_utils/x.py"])
def test_engine_code_must_belong_to_a_known_layer(name: str) -> None:
    assert len(layers.unknown_layer(PurePosixPath(name))) == 1


def test_engine_code_of_a_known_layer_is_fine() -> None:
    assert layers.unknown_layer(IPVS_PLAN) == []


def test_modules_must_not_import_each_other() -> None:
    assert len(layers.module_imports(MODULE, "from . import ipvs_service")) == 1


def test_modules_may_import_ansible_and_the_engine() -> None:
    source = "from ansible.module_utils.basic import AnsibleModule\nfrom ..module_utils import _vip"
    assert layers.module_imports(MODULE, source) == []


@pytest.mark.parametrize("module", layers.IMPURE_MODULES)
def test_pure_files_must_not_do_input_or_output(module: str) -> None:
    assert len(layers.impure_imports(IPVS_PLAN, f"from {module} import something")) == 1


def test_other_files_of_a_kind_may_do_input_and_output() -> None:
    driver = PurePosixPath("plugins/module_utils/_ipvs/driver.py")
    assert layers.impure_imports(driver, "import socket") == []


@pytest.mark.parametrize("folder", layers.PURE_FOLDERS)
def test_every_file_of_a_pure_folder_is_pure(folder: str) -> None:
    path = layers.MODULE_UTILS / "_ipvs" / folder / "anything.py"
    assert len(layers.impure_imports(path, "import socket")) == 1


@pytest.mark.parametrize(
    "name", ["plugins/module_utils/_ipvs/utils.py", "tests/helpers/x.py", "docs/misc.md", "a/_util"]
)
def test_names_that_say_nothing_are_refused(name: str) -> None:
    assert len(names.name_that_says_nothing(PurePosixPath(name))) == 1


def test_the_folder_name_that_ansible_prescribes_is_fine() -> None:
    assert names.name_that_says_nothing(IPVS_PLAN) == []


def test_a_file_may_have_500_lines_and_no_more() -> None:
    assert names.too_long(IPVS_PLAN, "x\n" * 500) == []
    assert len(names.too_long(IPVS_PLAN, "x\n" * 501)) == 1
