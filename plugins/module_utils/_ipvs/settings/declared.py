# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings as declared: options in, canonical wishes out. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT, PRESENT
from ..._inet.address import Address
from .codec import length_range
from .kernel_release import KernelRelease
from .model import (
    CONN_REUSE_MODE,
    DEFAULT_SYNC_GROUP,
    FLAG,
    PARAMETERS,
    ROLES,
    SYNC_THRESHOLD,
    TIMEOUTS_KEY,
    Parameter,
    SettingKey,
    Timeouts,
    daemon_key,
)

AUTO = "auto"
CONN_REUSE_MODES = (AUTO, "0", "1", "2", "3")
LONGEST_TIMEOUT = 0x7FFFFFFF // 100
"""Seconds; the kernel's limit is INT_MAX / CONFIG_HZ, and 100 is the least CONFIG_HZ."""
_LONGEST_INTERFACE_NAME = 15
_DAEMON_OPTIONS = {role: "sync_%s" % role for role in ROLES}

SETTINGS_VOCABULARY = Vocabulary(("timeouts", *_DAEMON_OPTIONS.values(), *PARAMETERS))
_TIMEOUTS_VOCABULARY = Vocabulary(Timeouts._fields)
_DAEMON_VOCABULARY = Vocabulary(
    (
        "state",
        "interface",
        "sync_id",
        "max_length",
        "multicast_group",
        "multicast_port",
        "multicast_ttl",
    )
)


class DeclaredDaemon(NamedTuple):
    """A sync daemon that shall run; None stands for whatever it has already."""

    role: str
    interface: str
    sync_id: Optional[int]
    max_length: Optional[int]
    group: Optional[Address]
    port: Optional[int]
    ttl: Optional[int]


class DeclaredSettings(NamedTuple):
    """What was declared, and nothing else.

    ``timeouts`` holds seconds by field; ``daemons`` None for a role whose daemon shall not run;
    ``parameters`` values by option, where ``auto`` is still to be settled.
    """

    timeouts: Mapping[str, int]
    daemons: Mapping[str, Optional[DeclaredDaemon]]
    parameters: Mapping[str, str]

    @property
    def keys(self) -> Tuple[SettingKey, ...]:
        """The settings that the declaration is about."""
        timeouts = (TIMEOUTS_KEY,) if self.timeouts else ()
        daemons = tuple(daemon_key(role) for role in self.daemons)
        return timeouts + daemons + tuple(PARAMETERS[option].key for option in self.parameters)


def read_settings(item: Item, kernel: KernelRelease) -> DeclaredSettings:
    """Return the settings that an item declares; raises InvalidInput for the first wrong one."""
    daemons = {}
    for role, option in _DAEMON_OPTIONS.items():
        entry = _entry(item, option, _DAEMON_VOCABULARY)
        if entry is not None:
            daemons[role] = _daemon(entry, role)
    parameters = {}
    for parameter in PARAMETERS.values():
        value = _parameter(item, parameter, kernel)
        if value is not None:
            parameters[parameter.option] = value
    declared = DeclaredSettings(_timeouts(item), daemons, parameters)
    if not declared.keys:
        raise item.error("nothing is declared: give timeouts, sync_master or another setting")
    return declared


def _entry(item: Item, option: str, vocabulary: Vocabulary) -> Optional[Item]:
    value: Any = item.get(option)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise item.error("%s must be a dictionary, not %r" % (option, value))
    return Item(value, option, vocabulary)


def _timeouts(item: Item) -> Dict[str, int]:
    entry = _entry(item, "timeouts", _TIMEOUTS_VOCABULARY)
    found: Dict[str, int] = {}
    if entry is None:
        return found
    for field in Timeouts._fields:
        seconds = entry.integer(field, 0, LONGEST_TIMEOUT)
        if seconds == 0:
            raise entry.error(
                "%s 0 would change nothing, the kernel takes 0 as keep: give 1 or more, or "
                "leave it out" % field
            )
        if seconds is not None:
            found[field] = seconds
    if not found:
        raise entry.error("is empty: give %s" % ", ".join(Timeouts._fields))
    return found


def _daemon(entry: Item, role: str) -> Optional[DeclaredDaemon]:
    absent = entry.choice("state", (PRESENT, ABSENT), PRESENT) == ABSENT
    interface = entry.text("interface")
    if interface is None and not absent:
        raise entry.error("interface is missing: give the interface that sync messages pass")
    if interface is not None and not _is_interface_name(interface):
        raise entry.error("interface %r is not a name that an interface can have" % interface)
    group = _group(entry)
    declared = DeclaredDaemon(
        role=role,
        interface=interface or "",
        sync_id=entry.integer("sync_id", 0, 255),
        max_length=entry.integer("max_length", *length_range(role, group or DEFAULT_SYNC_GROUP)),
        group=group,
        port=entry.integer("multicast_port", 1, 65535),
        ttl=entry.integer("multicast_ttl", 1, 255),
    )
    return None if absent else declared


def _is_interface_name(text: str) -> bool:
    if text in (".", "..") or any(part in text for part in "/: "):
        return False
    return len(text.encode("utf-8")) <= _LONGEST_INTERFACE_NAME


def _group(entry: Item) -> Optional[Address]:
    group = entry.address("multicast_group")
    if group is not None and not group.is_multicast:
        raise entry.error("multicast_group %s is not a multicast address" % str(group))
    return group


def _parameter(item: Item, parameter: Parameter, kernel: KernelRelease) -> Optional[str]:
    option = parameter.option
    if not item.given(option):
        return None
    if option == CONN_REUSE_MODE:
        return _conn_reuse_mode(item, kernel)
    if option == SYNC_THRESHOLD:
        return _sync_threshold(item, parameter)
    if parameter.kind == FLAG:
        return "1" if item.flag(option) else "0"
    return str(item.integer(option, 0, parameter.maximum))


def _conn_reuse_mode(item: Item, kernel: KernelRelease) -> str:
    mode = item.text(CONN_REUSE_MODE) or AUTO
    if mode not in CONN_REUSE_MODES:
        raise item.error(
            "%s must be one of %s, not %r" % (CONN_REUSE_MODE, ", ".join(CONN_REUSE_MODES), mode)
        )
    if mode == "0" and not kernel.delays_reused_ports:
        raise item.error(
            "%s 0 helps only on Linux 4.1 to 5.8; on %s it would keep sending reused ports to real "
            "servers that are drained or gone: use auto" % (CONN_REUSE_MODE, kernel)
        )
    return mode


def _sync_threshold(item: Item, parameter: Parameter) -> str:
    words = item.words(SYNC_THRESHOLD) or []
    if len(words) == 1:
        words = words[0].split()
    if len(words) != 2 or not all(word.isascii() and word.isdigit() for word in words):
        raise item.error(
            "%s must be two numbers, threshold and period, for example [3, 50]" % SYNC_THRESHOLD
        )
    threshold, period = (int(word) for word in words)
    if max(threshold, period) > parameter.maximum:
        raise item.error("%s must be at most %d" % (SYNC_THRESHOLD, parameter.maximum))
    if period and threshold >= period:
        raise item.error(
            "%s: the threshold %d must be below the period %d" % (SYNC_THRESHOLD, threshold, period)
        )
    return "%d %d" % (threshold, period)
