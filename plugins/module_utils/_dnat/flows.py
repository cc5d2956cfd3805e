# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tracked connections must go when profiles change. Pure.

The kernel translates a connection as it did its first packet, for as long as packets come. A UDP
client that goes on sending is thus kept at a destination that is gone, or at none.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._converge.resource import Operation
from .._inet.address import Address, parse_address
from .._kernel.conntrack import Flow
from .declared import ALL
from .model import PROTOCOLS, Entry, Profile

End = Tuple[Address, int]
_UDP = "udp"


class Concern(NamedTuple):
    """What became of one captured address: where its connections went, and may go."""

    gone: Set[End]
    live: Set[End]
    captures: bool


Concerns = Dict[Tuple[int, End], Concern]


def concerns_of(operations: Iterable[Operation[Entry]], flushes: Mapping[str, str]) -> Concerns:
    """Return the captured addresses whose connections are to be looked at.

    ``flushes`` says by title of profile whether ``udp`` or ``all`` connections go.
    """
    found: Concerns = {}
    for operation in operations:
        before, after = operation.before, operation.after
        for profile in (before, after):
            if not isinstance(profile, Profile):
                continue
            if profile.protocol != _UDP and flushes.get(profile.title) != ALL:
                continue
            key = (PROTOCOLS[profile.protocol], _end(profile.address, profile.port))
            concern = found.setdefault(key, Concern(set(), set(), False))
            ends = {_end(entry.address, entry.port) for entry in profile.destinations}
            if profile is before:
                concern.gone.update(ends)
            else:
                concern.live.update(ends)
                captures = concern.captures or profile.protocol == _UDP
                found[key] = concern._replace(captures=captures)
    return {key: concern for key, concern in found.items() if _matters(concern)}


def stale_flows(flows: Iterable[Flow], concerns: Concerns) -> List[Flow]:
    """Return the connections to destinations that are gone, and UDP ones that go past a profile."""
    found = []
    for flow in flows:
        concern: Optional[Concern] = concerns.get((flow.protocol, flow.called))
        if concern is None or flow.answers in concern.live:
            continue
        untranslated = flow.answers == flow.called
        if flow.answers in concern.gone or (concern.captures and untranslated):
            found.append(flow)
    return found


def _matters(concern: Concern) -> bool:
    return concern.captures or bool(concern.gone - concern.live)


def _end(address: str, port: int) -> End:
    return parse_address(address), port
