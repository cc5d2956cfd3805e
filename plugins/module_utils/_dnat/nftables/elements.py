# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles as elements of sets, and back. Pure.

Keys begin with the selector: address, protocol and port, each at a multiple of four bytes.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network, summarize_address_range
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from struct import Struct
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..model import ALWAYS, HAIRPIN, PROTOCOLS, Destination, Profile, Selector
from ..shares import gcd_of
from .places import (
    AFFINITY,
    HAIRPINNED,
    MASQUERADED,
    PROFILES,
    SOURCES,
    TRAFFIC,
    Place,
    Treatment,
    chain_of,
    place_of,
    slots_set,
    sticky_set,
    treatment_of,
)
from .wire import elements as wire
from .wire.elements import Key, Rest

NAME_AND_COMMENT = ": "
Members = Dict[Key, Rest]
"""The elements of one set. Of those that count, the counter is left out."""

_SPOT_END = Struct(">B3xH2x")
_SLOT = Struct("=I")
_PORT = Struct(">H2x")
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_WEIGHT = "weight %d"


class Laid(NamedTuple):
    """What profiles are in the table: elements by set, and how many have each treatment."""

    sets: Dict[str, Members]
    treatments: Dict[Treatment, int]


class _Names(NamedTuple):
    """The sets of a place that need no more to be named."""

    profiles: str
    traffic: str
    sources: str
    masqueraded: str
    hairpinned: str


@lru_cache(maxsize=None)
def _names_of(place: Place) -> _Names:
    kinds = (PROFILES, TRAFFIC, SOURCES, MASQUERADED, HAIRPINNED)
    return _Names(*[place.set(kind) for kind in kinds])


def pack_selector(profile: Profile) -> bytes:
    """Return the bytes at the begin of all keys of a profile."""
    number = PROTOCOLS[profile.protocol]
    return _pack_address(profile.address) + _SPOT_END.pack(number, profile.port)


def read_selector(place: Place, key: Key) -> Optional[Selector]:
    """Return the selector that a key begins with; None when it has a protocol not of ours."""
    size = place.address_size
    number, port = _SPOT_END.unpack_from(key, size)
    name = _PROTOCOL_NAMES.get(number)
    return None if name is None else (_spell_address(key[:size]), name, port)


def lay_out(profiles: Iterable[Profile]) -> Laid:
    """Return the elements that make the profiles; a set that gets none is left out."""
    sets: Dict[str, Members] = {}
    treatments: Dict[Treatment, int] = {}
    for profile in profiles:
        treatment = treatment_of(profile)
        treatments[treatment] = treatments.get(treatment, 0) + 1
        place = treatment.place
        names = _names_of(place)
        selector = pack_selector(profile)
        said = profile.title
        if profile.comment:
            said += NAME_AND_COMMENT + profile.comment
        found = sets.setdefault(names.profiles, {})
        found[selector] = _goto(chain_of(treatment)) + wire.comment(said)
        _lay_destinations(sets, names, treatment, selector, profile)
        if profile.sources:
            found = sets.setdefault(names.sources, {})
            for network in profile.sources:
                first, last = _ends_of(network)
                found[selector + first] = wire.range_end(selector + last)
        if profile.masquerade == ALWAYS:
            sets.setdefault(names.masqueraded, {})[selector] = b""
        if profile.affinity:
            sets.setdefault(sticky_set(place, profile.affinity), {})[selector] = b""
    return Laid(sets, treatments)


def _lay_destinations(
    sets: Dict[str, Members],
    names: _Names,
    treatment: Treatment,
    selector: bytes,
    profile: Profile,
) -> None:
    if not profile.destinations:
        return
    unit = gcd_of([entry[2] for entry in profile.destinations])
    traffic = sets.setdefault(names.traffic, {})
    hairpin = None
    if profile.masquerade == HAIRPIN:
        hairpin = sets.setdefault(names.hairpinned, {})
    slots: Members = {}
    if treatment.slots:
        slots = sets.setdefault(slots_set(treatment.place, profile.protocol), {})
    slot = 0
    for address, port, weight in profile.destinations:
        packed = _pack_address(address)
        end = packed + _PORT.pack(port)
        traffic[selector + end] = _weight(weight)
        if hairpin is not None:
            hairpin[selector + packed] = b""
        if weight:
            target = wire.data(end)
            for _share in range(weight // unit):
                slots[selector + _SLOT.pack(slot)] = target
                slot += 1


def live_targets(profile: Profile) -> Set[bytes]:
    """Return the data of all map elements that may lead to a destination of the profile."""
    return {
        wire.data(_pack_address(entry.address) + _PORT.pack(entry.port)) for entry in profile.live
    }


def pack_end(selector: bytes, address: str, port: int) -> Key:
    """Return the key of the element that counts for one destination."""
    return selector + _pack_address(address) + _PORT.pack(port)


def read_profile_element(rest: Rest) -> Tuple[str, str, str]:
    """Return chain, title and comment of a profile's element; empty where there is none."""
    title, _colon, comment = wire.read_comment(rest).partition(NAME_AND_COMMENT)
    return _read_goto(wire.data_of(rest)) or "", title, comment


def chains_led_to(sets: Mapping[str, Members]) -> Set[str]:
    """Return the chains that profiles' elements send packets to."""
    data: Set[Rest] = set()
    for name, members in sets.items():
        if name.startswith(PROFILES):
            data.update(map(wire.data_of, members.values()))
    return {chain for chain in map(_read_goto, data) if chain is not None}


def read_destinations(place: Place, traffic: Members) -> Dict[bytes, List[Destination]]:
    """Return the destinations that counting elements tell of, by selector, in no order."""
    found: Dict[bytes, List[Destination]] = {}
    size, begin = place.address_size, place.selector_size
    ports = begin + size
    read_port = _PORT.unpack_from
    for key, rest in traffic.items():
        if len(key) == ports + _PORT.size:
            entry = Destination(
                _spell_address(key[begin:ports]), read_port(key, ports)[0], _read_weight(rest)
            )
            found.setdefault(key[:begin], []).append(entry)
    return found


def read_sources(place: Place, ranges: Members) -> Dict[bytes, List[str]]:
    """Return the networks that elements let in, by selector, in no order."""
    found: Dict[bytes, List[str]] = {}
    begin = place.selector_size
    for key, rest in ranges.items():
        last = wire.read_range_end(rest) or key
        found.setdefault(key[:begin], []).append(_spell_range(key[begin:], last[begin:]))
    return found


@lru_cache(maxsize=65536)
def _pack_address(text: str) -> bytes:
    return inet_pton(AF_INET6 if ":" in text else AF_INET, text)


@lru_cache(maxsize=65536)
def _spell_address(packed: bytes) -> str:
    return inet_ntop(AF_INET6 if len(packed) == 16 else AF_INET, packed)


@lru_cache(maxsize=4096)
def _goto(chain: str) -> bytes:
    return wire.goto(chain)


@lru_cache(maxsize=4096)
def _read_goto(rest: Rest) -> Optional[str]:
    return wire.read_goto(rest)


@lru_cache(maxsize=4096)
def _weight(weight: int) -> Rest:
    return wire.comment(_WEIGHT % weight)


@lru_cache(maxsize=4096)
def _read_weight(rest: Rest) -> int:
    """Return the weight that an element's comment says, 0 when it says none."""
    word, _blank, number = wire.read_comment(rest).partition(" ")
    return int(number) if word == "weight" and number.isdigit() else 0


@lru_cache(maxsize=4096)
def _ends_of(network: str) -> Tuple[bytes, bytes]:
    parsed = ip_network(network)
    return parsed.network_address.packed, parsed.broadcast_address.packed


@lru_cache(maxsize=4096)
def _spell_range(first: bytes, last: bytes) -> str:
    start, end = ip_address(first), ip_address(last)
    if start <= end:  # type: ignore[operator]
        networks = list(summarize_address_range(start, end))
        if len(networks) == 1:
            return str(networks[0])
    return "%s-%s" % (start, end)


def is_remembered(name: str) -> bool:
    """Tell whether the elements of a set are made by packets, not by us."""
    return name.startswith(AFFINITY)


def spot_of(profile: Profile) -> Tuple[Place, bytes]:
    """Return where the elements of a profile are."""
    return place_of(profile.family, profile.side), pack_selector(profile)
