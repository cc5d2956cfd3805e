# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of IPVS in the current network namespace: a read and a batch of writes."""

from __future__ import annotations

import errno
from typing import AbstractSet, List, Optional, Protocol, Sequence

from ..._converge.errors import Unavailable
from ..._converge.resource import Operation, Refusal
from ..driver import Transport, plain_refusal
from . import codec
from .model import (
    DEFAULT_TIMEOUTS,
    FORWARDING_PARAMETERS,
    PARAMETERS,
    TIMEOUTS_KEY,
    Setting,
    SettingKey,
    Settings,
    SyncDaemon,
    Sysctl,
    Timeouts,
)

Step = Operation[Setting]


class Parameters(Protocol):
    """What the driver needs of /proc/sys."""

    def read(self, name: str) -> Optional[str]:
        """Return a parameter's value, None when the kernel does not have it."""

    def write(self, name: str, value: str) -> None:
        """Set a parameter; raises Unavailable when it cannot be set."""


class SettingsDriver:
    """Reads and writes the settings it was made for; others it does not even look at."""

    def __init__(
        self, keys: AbstractSet[SettingKey], transport: Optional[Transport], parameters: Parameters
    ) -> None:
        """``transport`` may be None when ``keys`` name kernel parameters only."""
        self._keys = keys
        self._transport = transport
        self._parameters = parameters

    def read(self) -> Settings:
        """Return the settings that the kernel has."""
        found: Settings = {}
        if self._transport is not None:
            if TIMEOUTS_KEY in self._keys:
                answer = self._transport.get(codec.GET_TIMEOUTS)
                found[TIMEOUTS_KEY] = codec.decode_timeouts(answer)
            if any(key[0] == "sync" for key in self._keys):
                for entry in self._transport.dump(codec.GET_DAEMONS):
                    daemon = codec.decode_daemon(entry)
                    if daemon.key in self._keys:
                        found[daemon.key] = daemon
        found.update(read_parameters(self._keys, self._parameters))
        return found

    def apply(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        """Carry out operations in order; return the refusal, or None, of each."""
        return [self._apply_one(operation) for operation in operations]

    def _apply_one(self, operation: Step) -> Optional[Refusal]:
        """Do one operation in one datagram that ends with a question.

        The kernel leaves DEL_DAEMON without any answer when the daemon's thread had not run yet:
        kthread_stop says EINTR, which netlink_rcv_skb never passes on. The daemon is gone all the
        same, and the answer to the question after it tells that everything was carried out.
        """
        subject = operation.subject
        if isinstance(subject, Sysctl):
            return self._set_parameter(subject)
        if self._transport is None:
            raise Unavailable("no netlink socket to %s with" % operation)
        requests = _requests(operation)
        numbers = self._transport.batch([*requests, codec.GET_INFO])[: len(requests)]
        if numbers[-1] == 0:  # a daemon that was to go first may have gone by itself
            return None
        return _refusal(subject, next(filter(None, numbers)))

    def _set_parameter(self, sysctl: Sysctl) -> Optional[Refusal]:
        try:
            self._parameters.write(PARAMETERS[sysctl.option].path, sysctl.value)
        except Unavailable as error:
            return Refusal(
                "%s; in a container /proc/sys may be read-only: set it on the host" % error
            )
        return None


class FreshSettingsDriver:
    """Stands for an IPVS whose module is not loaded, for check mode: it has the defaults."""

    def __init__(self, keys: AbstractSet[SettingKey], parameters: Parameters) -> None:
        self._keys = keys
        self._parameters = parameters

    def read(self) -> Settings:
        """Return what the kernel will have once the module is loaded."""
        found: Settings = {
            parameter.key: Sysctl(parameter.option, parameter.default)
            for parameter in PARAMETERS.values()
            if parameter.key in self._keys and parameter not in FORWARDING_PARAMETERS
        }
        if TIMEOUTS_KEY in self._keys:
            found[TIMEOUTS_KEY] = DEFAULT_TIMEOUTS
        found.update(read_parameters(self._keys, self._parameters))
        return found

    def apply(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        """Refuse: nothing is written before the module is loaded."""
        return [
            Refusal("IPVS is not loaded, and check mode does not load it")
            for _operation in operations
        ]


def read_parameters(keys: AbstractSet[SettingKey], parameters: Parameters) -> Settings:
    """Return the kernel parameters among ``keys`` that the kernel has."""
    found: Settings = {}
    for parameter in PARAMETERS.values():
        if parameter.key in keys:
            value = parameters.read(parameter.path)
            if value is not None:
                found[parameter.key] = Sysctl(parameter.option, parameter.canonical(value))
    return found


def _requests(operation: Step) -> List[bytes]:
    before, after = operation.before, operation.after
    if isinstance(after, Timeouts):
        old = before if isinstance(before, Timeouts) else Timeouts(None, None, None)
        return [codec.encode_timeouts(old, after)]
    requests = []
    if isinstance(before, SyncDaemon):
        requests.append(codec.encode_daemon_removal(before))
    if isinstance(after, SyncDaemon):
        requests.append(codec.encode_daemon(after))
    return requests


def _refusal(subject: Setting, number: int) -> Refusal:
    if isinstance(subject, Timeouts) and number == errno.EINVAL:
        return Refusal(
            "the kernel takes no timeout that long (EINVAL): its limit is 2147483647 / CONFIG_HZ "
            "seconds"
        )
    if isinstance(subject, SyncDaemon):
        return _daemon_refusal(subject, number)
    return plain_refusal(number)


def _daemon_refusal(daemon: SyncDaemon, number: int) -> Refusal:
    if number == errno.EEXIST:
        return Refusal("it runs already, started by another program meanwhile", stale=True)
    if number == errno.ESRCH:
        return Refusal("it does not run any more", stale=True)
    if number == errno.ENODEV:
        return Refusal(
            "interface %s does not exist any more, or cannot do multicast" % daemon.interface
        )
    if number == errno.EINVAL:
        return Refusal(
            "the kernel takes it as invalid (EINVAL): a sync daemon does not go with real servers "
            "of another address family than their service's"
        )
    if number in (errno.ENETUNREACH, errno.EADDRNOTAVAIL):
        return Refusal(
            "group %s cannot be reached over interface %s: set it up, and give it an %s address "
            "that is not tentative" % (daemon.group, daemon.interface, daemon.group.family)
        )
    return plain_refusal(number)
