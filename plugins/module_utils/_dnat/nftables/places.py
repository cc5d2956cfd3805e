# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in the table: which set and which chain a profile belongs to. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Optional
from zlib import crc32

from ..._inet.address import IPV6
from ..model import (
    BALANCINGS,
    EMPTY_VERDICTS,
    MASQUERADES,
    PROTOCOLS,
    SIDES,
    Log,
    Profile,
)
from ..shares import slot_count

FAMILY, NAME = "inet", "sluice"
PROFILES, SLOTS, TRAFFIC = "profiles", "slots", "traffic"
SOURCES, MASQUERADED, HAIRPINNED = "sources", "masquerade", "hairpin"
STICKY, AFFINITY = "sticky", "affinity"
KINDS = (PROFILES, SLOTS, TRAFFIC, SOURCES, MASQUERADED, HAIRPINNED, STICKY, AFFINITY)


class Place(NamedTuple):
    """Where a profile's elements lie: the sets of one digit (``4`` or ``6``) and one side."""

    digit: str
    side: str

    def set(self, kind: str) -> str:
        return "%s%s_%s" % (kind, self.digit, self.side)

    @property
    def address_size(self) -> int:
        """The bytes of an address."""
        return 16 if self.digit == "6" else 4

    @property
    def selector_size(self) -> int:
        """The bytes at the begin of each key that say whose element it is."""
        return self.address_size + 8


class Treatment(NamedTuple):
    """What profiles of one chain have in common."""

    place: Place
    protocol: str
    balancing: str
    slots: int
    masquerade: str
    on_empty: str
    affinity: int
    restricted: bool
    log: Optional[Log]


class SetName(NamedTuple):
    """What a set's name says; ``detail`` is a protocol or a number of seconds, or empty."""

    kind: str
    place: Place
    detail: str


@lru_cache(maxsize=None)
def place_of(family: str, side: str) -> Place:
    """Return where profiles of a family and side lie."""
    return Place("6" if family == IPV6 else "4", side)


def treatment_of(profile: Profile) -> Treatment:
    """Return how the profile's connections are treated."""
    return Treatment(
        place_of(profile.family, profile.side),
        profile.protocol,
        profile.balancing,
        slot_count(tuple([entry[2] for entry in profile.destinations])),
        profile.masquerade,
        profile.on_empty,
        profile.affinity,
        bool(profile.sources),
        profile.log,
    )


@lru_cache(maxsize=4096)
def chain_of(treatment: Treatment) -> str:
    """Return the chain's name; all but the log can be read from it."""
    words = [
        treatment.place.side + treatment.place.digit,
        treatment.protocol,
        treatment.balancing,
        str(treatment.slots),
        treatment.masquerade,
        treatment.on_empty,
        str(treatment.affinity),
    ]
    if treatment.restricted:
        words.append("sources")
    if treatment.log is not None:
        words.append("log%08x" % crc32(repr(tuple(treatment.log)).encode()))
    return ".".join(words)


@lru_cache(maxsize=4096)
def read_chain_name(name: str) -> Optional[Treatment]:
    """Return the treatment a chain's name tells, without its log; None for another chain."""
    words = name.split(".")
    if len(words) < 7 or words[0][:-1] not in SIDES or words[0][-1] not in "46":
        return None
    where, protocol, balancing, slots, masquerade, on_empty, affinity = words[:7]
    known = (
        protocol in PROTOCOLS
        and balancing in BALANCINGS
        and masquerade in MASQUERADES
        and on_empty in EMPTY_VERDICTS
    )
    if not known or not (slots.isdigit() and affinity.isdigit()):
        return None
    return Treatment(
        Place(where[-1], where[:-1]),
        protocol,
        balancing,
        int(slots),
        masquerade,
        on_empty,
        int(affinity),
        "sources" in words[7:],
        None,
    )


@lru_cache(maxsize=4096)
def read_set_name(name: str) -> Optional[SetName]:
    """Return what a set's name says, None for one that is not of our naming."""
    kind, _line, rest = name.partition("_")
    side, _line, detail = rest.partition("_")
    if kind[:-1] not in KINDS or kind[-1] not in "46" or side not in SIDES:
        return None
    return SetName(kind[:-1], Place(kind[-1], side), detail)


def sticky_set(place: Place, seconds: int) -> str:
    """Return the set of profiles whose clients are remembered for ``seconds``."""
    return "%s_%d" % (place.set(STICKY), seconds)


def slots_set(place: Place, protocol: str) -> str:
    """Return the map of slots for profiles of a protocol."""
    return "%s_%s" % (place.set(SLOTS), protocol)
