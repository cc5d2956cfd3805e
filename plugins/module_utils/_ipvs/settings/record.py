# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of settings, and what a task makes of it.

A record holds what was declared, not what the kernel made of it: ``auto`` stays ``auto``, and a
daemon's option that nobody gave is left to the kernel again.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, NamedTuple

from ..._converge.errors import InvalidInput
from ..._converge.plan import Desired
from ..._converge.resource import Key
from ..._declare.item import Item
from ..._declare.task import ABSENT, PRESENT
from ..._record.keeping import Form
from ..._record.text import Resources
from ..described import describe_parameter
from .declared import (
    SETTINGS_VOCABULARY,
    DeclaredDaemon,
    DeclaredSettings,
    read_settings,
)
from .kernel_release import running_kernel

KIND = "settings"
_TIMEOUTS = "timeouts"


class RecordedSetting(NamedTuple):
    """One option of ipvs_settings with its value in canonical form."""

    option: str
    value: Any

    @property
    def key(self) -> str:
        return self.option

    @property
    def name(self) -> str:
        return "setting %s" % self.option

    def line(self) -> str:
        return "%s %s" % (self.option, json.dumps(self.value, sort_keys=True))


RecordTable = Mapping[Key, RecordedSetting]


def read_resources(resources: Resources) -> Dict[Key, RecordedSetting]:
    """Return the settings that a record's resources declare; raises InvalidInput."""
    table: Dict[Key, RecordedSetting] = {}
    kernel = running_kernel()
    for place, resource in enumerate(resources):
        item = Item(resource, "resources[%d]" % place, SETTINGS_VOCABULARY)
        for setting in _settings(read_settings(item, kernel)):
            if setting.key in table:
                raise InvalidInput("resources[%d]: %s is there twice" % (place, setting.option))
            table[setting.key] = setting
    return table


def write_resources(table: RecordTable) -> Resources:
    """Return the resources that declare the settings, one option each, in order."""
    settings = sorted(table.values(), key=lambda each: each.option)
    return [{setting.option: setting.value} for setting in settings]


FORM: Form[RecordedSetting] = Form(KIND, read_resources, write_resources)


def desired_record(declared: DeclaredSettings, have: RecordTable) -> Desired[RecordedSetting]:
    """Return what the record shall hold after a task. Pure.

    Timeouts and daemons are merged field by field, because what a task leaves out stays.
    """
    wanted: Dict[Key, RecordedSetting] = {}
    for setting in _settings(declared):
        recorded = have.get(setting.key)
        if recorded is not None and _adds(setting) and _adds(recorded):
            setting = setting._replace(value=_merged(recorded.value, setting.value))
        wanted[setting.key] = setting
    return Desired(wanted)


def _merged(old: Dict[str, Any], new: Dict[str, Any]) -> Dict[str, Any]:
    merged = dict(old, **new)
    if "multicast_group" in new and "max_length" not in new:
        # Its limits are those of the old group's family.
        merged.pop("max_length", None)
    return merged


def _adds(setting: RecordedSetting) -> bool:
    return isinstance(setting.value, dict) and setting.value.get("state") != ABSENT


def _settings(declared: DeclaredSettings) -> List[RecordedSetting]:
    found = []
    if declared.timeouts:
        found.append(RecordedSetting(_TIMEOUTS, dict(declared.timeouts)))
    for role, daemon in declared.daemons.items():
        found.append(RecordedSetting("sync_%s" % role, _daemon(daemon)))
    for option, value in declared.parameters.items():
        given = value if value == "auto" else describe_parameter(option, value)
        found.append(RecordedSetting(option, given))
    return found


def _daemon(daemon: Any) -> Dict[str, Any]:
    if not isinstance(daemon, DeclaredDaemon):
        return {"state": ABSENT}
    options = {
        "interface": daemon.interface,
        "sync_id": daemon.sync_id,
        "max_length": daemon.max_length,
        "multicast_group": None if daemon.group is None else str(daemon.group),
        "multicast_port": daemon.port,
        "multicast_ttl": daemon.ttl,
    }
    given = {name: value for name, value in options.items() if value is not None}
    return dict(given, state=PRESENT)
