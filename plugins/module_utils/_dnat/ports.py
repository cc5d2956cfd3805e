# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a driver of profiles needs of the outside, so that a fake host can stand in for it."""

from __future__ import annotations

from typing import Dict, List, Optional, Protocol, Sequence, Tuple

from .._converge.resource import Operation, Refusal
from .._kernel.conntrack import Flow
from .._kernel.nfnetlink import Message
from .model import Entry, Framework, Profile

Counted = Dict[Tuple[str, int], Tuple[int, int]]
"""Packets and bytes by a destination's address and port."""


class Backend(Protocol):
    """What holds the profiles of a host: nftables or legacy iptables."""

    @property
    def framework(self) -> str:
        """The title of the framework that the profiles stand on."""

    def read(self) -> Tuple[Optional[Framework], List[Profile]]:
        """Return the framework, None where there is none, and the profiles."""

    def commit(self, operations: Sequence[Operation[Entry]]) -> Optional[Refusal]:
        """Carry out operations on the framework and on profiles, all of them or none."""

    def limitation(self, profile: Profile) -> Optional[str]:
        """Return what of a profile the backend cannot do, None if it can do all."""

    def counted(self, profile: Profile) -> Counted:
        """Return what was counted for each destination of a profile, as of the last read."""


class Netfilter(Protocol):
    """A subsystem of netfilter; Nfnetlink is one."""

    def dump(self, message: Message) -> List[bytes]: ...

    def get(self, message: Message) -> Optional[bytes]: ...

    def commit(self, messages: Sequence[Message], generation: int) -> None: ...


class Parameters(Protocol):
    """Kernel parameters by name; Sysctls is one."""

    def read(self, name: str) -> Optional[str]: ...

    def write(self, name: str, value: str) -> None: ...


class Connections(Protocol):
    """Tracked connections; Conntrack is one."""

    def flows(self, family: str) -> List[Flow]: ...

    def delete(self, flow: Flow) -> bool: ...
