# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a driver of addresses needs of the outside, so that a fake host can stand in for it."""

from __future__ import annotations

from typing import AbstractSet, Dict, List, Optional, Protocol, Sequence

from .._kernel.preflight import CAP_NET_RAW, require_capability
from .._kernel.rtnetlink import AddressChange, Answer, InterfaceAddress, Link
from .announce import Announcement, announce
from .probe import Holders, Question, find_holders


class Kernel(Protocol):
    """Links and addresses; Rtnetlink is one."""

    def interfaces(self) -> Dict[str, int]: ...

    def links(self) -> List[Link]: ...

    def addresses(self) -> List[InterfaceAddress]: ...

    def submit(self, changes: Sequence[AddressChange]) -> List[Answer]: ...


class Parameters(Protocol):
    """Kernel parameters by name; Sysctls is one."""

    def read(self, name: str) -> Optional[str]: ...

    def write(self, name: str, value: str) -> None: ...


class Neighbours(Protocol):
    """The hosts behind this one's interfaces."""

    def require(self) -> None:
        """Raise Unavailable when this process may not talk to them."""

    def find_holders(
        self, questions: Sequence[Question], own_macs: AbstractSet[bytes]
    ) -> Holders: ...

    def announce(self, announcements: Sequence[Announcement]) -> None: ...


class RealNeighbours:
    """Neighbours by frames on the wire."""

    def require(self) -> None:
        require_capability(
            CAP_NET_RAW, "asking for and announcing addresses (duplicate_detection, announce_count)"
        )

    def find_holders(self, questions: Sequence[Question], own_macs: AbstractSet[bytes]) -> Holders:
        return find_holders(questions, own_macs)

    def announce(self, announcements: Sequence[Announcement]) -> None:
        announce(announcements)
