# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options in, profiles out; all validation. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from .._converge.errors import InvalidInput
from .._declare.item import Item, Vocabulary
from .._declare.task import ABSENT, PRESENT, read_items
from .._inet.address import IPV6, Address, parse_address
from .model import (
    ALWAYS,
    BALANCINGS,
    CLIENT,
    EMPTY_VERDICTS,
    HAIRPIN,
    HOOKS,
    MASQUERADES,
    PROTOCOLS,
    PROXY,
    RANDOM,
    REJECT,
    SERVER,
    SIDES,
    Destination,
    Log,
    Profile,
    Selector,
    spell,
)
from .shares import MOST_SLOTS, slot_count

VOCABULARY = Vocabulary(
    names=(
        "name",
        "address",
        "port",
        "protocol",
        "side",
        "destinations",
        "balancing",
        "affinity",
        "masquerade",
        "sources",
        "on_empty",
        "log",
        "log_prefix",
        "log_level",
        "log_rate",
        "comment",
        "flush",
        "manage_sysctl",
        "state",
    ),
    aliases={"profile": "name", "rules_backend": "side"},
)
DESTINATION_VOCABULARY = Vocabulary(
    names=("address", "port", "weight"), aliases={"ip": "address", "host": "address"}
)
UDP, ALL = "udp", "all"
FLUSHES = (UDP, ALL)
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
"""Levels of the log by number (RFC 5424, section 6.2.1)."""
_LEVEL_NAMES = dict({str(number): name for number, name in enumerate(LEVELS)}, warning="warn")
LOG_PREFIX, LOG_LEVEL, LOG_RATE = "sluice dnat: ", "info", "10/second"
MAXIMUM_WEIGHT = 65535
MAXIMUM_AFFINITY = 604800
"""Seconds in a week."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_RATE = re.compile(r"([1-9][0-9]{0,5})/(second|minute|hour|day)")
_COMMENT_BYTES = 60  # beside a name of 63, nftables keeps 127 with an element
_PREFIX_BYTES = 64
_MAPPED = b"\0" * 10 + b"\xff\xff"
_UNQUOTABLE = '"\\*'  # nft's words have no way to write them in a quoted text


class DeclaredProfile(NamedTuple):
    """One item; ``profile`` is None where it shall be absent. ``flush``: see FLUSHES.

    ``manage_sysctl`` says whether kernel parameters may be set for its sake.
    """

    item: Item
    title: str
    profile: Optional[Profile]
    flush: str
    manage_sysctl: bool


class Declaration(NamedTuple):
    """The whole task; ``purge`` says whether unlisted profiles go, save those in ``ignore``."""

    profiles: List[DeclaredProfile]
    purge: bool = False
    ignore: Tuple[str, ...] = ()


class _Spelled(NamedTuple):
    """An address, and its canonical text."""

    address: Address
    text: str


def read_declaration(params: Mapping[str, Any]) -> Declaration:
    """Return what a module's parameters declare; raises InvalidInput."""
    purge, ignore = _read_purge(params)
    # Beside config it is the task's own option, which an entry's goes before.
    manage = params.get("manage_sysctl") is not False
    items = read_items(dict(params, manage_sysctl=None), VOCABULARY)
    profiles = [_read(item, manage) for item in items]
    _refuse_duplicates(profiles)
    refuse_clashes(profiles)
    return Declaration(profiles, purge, ignore)


def refuse_clashes(profiles: List[DeclaredProfile], staying: Sequence[Profile] = ()) -> None:
    """Raise InvalidInput for a profile that captures what one before it or one that stays does."""
    items = {declared.title: declared.item for declared in profiles}
    wanted = [declared.profile for declared in profiles if declared.profile is not None]
    for first, second in _clashes([*staying, *wanted]):
        if second.title in items:
            raise items[second.title].error(clash_reason(first, second))


def _clashes(profiles: List[Profile]) -> Iterator[Tuple[Profile, Profile]]:
    """Yield each profile that would capture the same packets as one before it, with that one."""
    taken: Dict[Tuple[Selector, str], Profile] = {}
    for profile in profiles:
        for hook in HOOKS[profile.side]:
            first = taken.setdefault((profile.selector, hook), profile)
            if first is not profile:
                yield first, profile
                break


def clash_reason(first: Profile, second: Profile) -> str:
    """Return what is wrong with two profiles that clash."""
    return "dnat profile %s captures %s %s (side %s) already, which dnat profile %s asks for" % (
        first.title,
        first.protocol,
        spell(first.address, first.port),
        first.side,
        second.title,
    )


def _read_purge(params: Mapping[str, Any]) -> Tuple[bool, Tuple[str, ...]]:
    ignore = tuple(str(name).strip() for name in params.get("purge_ignore") or ())
    if not params.get("purge"):
        if ignore:
            raise InvalidInput("purge_ignore needs purge: true")
        return False, ()
    if params.get("config") is None:
        raise InvalidInput("purge needs config: the list of everything that shall stay")
    for name in ignore:
        if not _NAME.fullmatch(name):
            raise InvalidInput("purge_ignore: %r is not the name of a profile" % name)
    return True, ignore


def _read(item: Item, manage: bool) -> DeclaredProfile:
    title = item.text("name")
    if title is None:
        raise item.error("name is required")
    item.call("dnat profile {}".format, title)
    if not _NAME.fullmatch(title):
        raise item.error(
            "name must be 1 to 63 letters, digits, dots, dashes or underscores and begin with a "
            "letter or digit"
        )
    absent = item.choice("state", (PRESENT, ABSENT), PRESENT) == ABSENT
    flush = item.choice("flush", FLUSHES, UDP) or UDP
    manage = bool(item.flag("manage_sysctl", manage))
    if absent and not item.given("address"):
        return DeclaredProfile(item, title, None, flush, manage)
    profile = _read_profile(item, title)
    return DeclaredProfile(item, title, None if absent else profile, flush, manage)


def _read_profile(item: Item, title: str) -> Profile:
    address, text = _required_address(item)
    port = item.integer("port", 1, 65535)
    if port is None:
        raise item.error("port is required")
    profile = Profile(
        title=title,
        family=address.family,
        address=text,
        protocol=item.choice("protocol", tuple(PROTOCOLS), "tcp") or "tcp",
        port=port,
        side=item.choice("side", SIDES, SERVER) or SERVER,
        destinations=_read_destinations(item, address, port),
        balancing=item.choice("balancing", BALANCINGS, RANDOM) or RANDOM,
        affinity=item.integer("affinity", 0, MAXIMUM_AFFINITY, 0) or 0,
        masquerade=item.choice("masquerade", MASQUERADES, HAIRPIN) or HAIRPIN,
        sources=_read_sources(item, address.family),
        on_empty=item.choice("on_empty", EMPTY_VERDICTS, REJECT) or REJECT,
        log=_read_log(item),
        comment=_quotable(item, "comment", _COMMENT_BYTES) or "",
    )
    _check_loopback(item, profile, address)
    return profile


def _required_address(item: Item) -> _Spelled:
    text = item.text("address")
    if text is None:
        raise item.error("address is required")
    try:
        return _usable_address(text)
    except ValueError as error:
        raise item.error(str(error)) from None


@lru_cache(maxsize=65536)
def _usable_address(text: str) -> _Spelled:
    try:
        address = parse_address(text)
    except ValueError as error:
        raise ValueError("address: %s" % error) from None
    reason = _unusable(address)
    if reason is not None:
        raise ValueError("address %s %s" % (address, reason))
    return _Spelled(address, str(address))


def _unusable(address: Address) -> Optional[str]:
    if address.is_unspecified:
        return "is the unspecified address"
    if address.is_multicast:
        return "is a multicast address"
    if not address.is_unicast:
        return "is not the address of one host"
    if address.family == IPV6 and address.packed.startswith(_MAPPED):
        return "is an IPv4 address mapped into IPv6: write it as IPv4"
    if address.family == IPV6 and address.is_link_local:
        return "is a link-local address, which says nothing without an interface"
    return None


def _read_destinations(item: Item, address: Address, port: int) -> Tuple[Destination, ...]:
    entries = item.entries("destinations")
    if entries is None:
        raise item.error("destinations is required; an empty list rejects or drops (on_empty)")
    found: Dict[Tuple[str, int], Destination] = {}
    label, name = item.label_of("destinations"), item.get("name")
    for index, options in enumerate(entries):
        part = Item(options, "%s[%d]" % (label, index), DESTINATION_VOCABULARY)
        part.call("dnat profile {}".format, name)
        entry = _read_destination(part, address, port)
        if found.setdefault(entry[:2], entry) is not entry:
            raise part.error("%s is listed twice" % spell(*entry[:2]))
    ordered = tuple(sorted(found.values()))
    slots = slot_count(tuple([entry.weight for entry in ordered]))
    if slots > MOST_SLOTS:
        raise item.error(
            "the weights need %d slots, more than %d: use smaller numbers with a common factor"
            % (slots, MOST_SLOTS)
        )
    return ordered


def _read_destination(part: Item, address: Address, port: int) -> Destination:
    target, text = _required_address(part)
    if target.family != address.family:
        raise part.error(
            "address %s is %s, and the profile's is %s" % (target, target.family, address.family)
        )
    number = part.integer("port", 1, 65535, port) or port
    if number == port and target == address:
        raise part.error("%s is what the profile captures" % spell(text, number))
    weight = part.integer("weight", 0, MAXIMUM_WEIGHT, 1)
    return Destination(text, number, 1 if weight is None else weight)


def _read_sources(item: Item, family: str) -> Tuple[str, ...]:
    words = item.words("sources")
    if words is None:
        return ()
    if not words:
        raise item.error("sources is empty: leave it out to let every source in")
    version = 6 if family == IPV6 else 4
    networks: List[Union[IPv4Network, IPv6Network]] = []
    for word in words:
        try:
            network = ip_network(word)
        except ValueError as error:
            raise item.error("sources: %s" % error) from None
        if network.version != version:
            raise item.error("sources: %s is not %s, as the profile's address is" % (word, family))
        networks.append(network)
    collapsed = collapse_addresses(networks)  # type: ignore[type-var]
    found = tuple(sorted(str(network) for network in collapsed))
    return () if found[0].endswith("/0") else found


def _read_log(item: Item) -> Optional[Log]:
    if not item.flag("log", False):
        item.refuse(("log_prefix", "log_level", "log_rate"), "a profile without log: true")
        return None
    level = item.text("log_level") or LOG_LEVEL
    level = _LEVEL_NAMES.get(level, level)
    if level not in LEVELS:
        raise item.error("log_level must be one of %s, not %r" % (", ".join(LEVELS), level))
    rate = item.text("log_rate") or LOG_RATE
    match = _RATE.fullmatch(rate)
    if match is None:
        raise item.error(
            "log_rate must be a number and second, minute, hour or day, as 10/second, not %r" % rate
        )
    prefix = _quotable(item, "log_prefix", _PREFIX_BYTES, strip=False) or LOG_PREFIX
    return Log(prefix, level, int(match.group(1)), match.group(2))


def _quotable(item: Item, name: str, most: int, strip: bool = True) -> Optional[str]:
    text = item.text(name)
    if text is None:
        return None
    if not strip:
        text = str(item.get(name))
    for character in _UNQUOTABLE:
        if character in text:
            raise item.error("%s must not have %s in it" % (name, character))
    if len(text.encode("utf-8")) > most:
        raise item.error("%s has more than %d bytes" % (name, most))
    return text


def _check_loopback(item: Item, profile: Profile, address: Address) -> None:
    """Refuse what the kernel would silently drop."""
    local = [_is_loopback(entry.address) for entry in profile.destinations]
    if address.is_loopback and profile.side == PROXY:
        raise item.error("side proxy never sees the loopback address %s: use client" % (address,))
    if address.is_loopback and not all(local):
        if address.family == IPV6:
            raise item.error("connections to ::1 cannot leave the host: use another address")
        if profile.masquerade != ALWAYS:
            raise item.error(
                "connections to %s that leave the host need masquerade: always" % (address,)
            )
    arrives = profile.side != CLIENT and not address.is_loopback
    if address.family == IPV6 and arrives and any(local):
        raise item.error("the kernel lets nobody else reach ::1: use another destination address")


def _is_loopback(text: str) -> bool:
    return text == "::1" or text.startswith("127.")


def _refuse_duplicates(profiles: List[DeclaredProfile]) -> None:
    places: Dict[str, int] = {}
    for place, declared in enumerate(profiles):
        first = places.setdefault(declared.title, place)
        if first != place:
            raise declared.item.error("is declared twice, first in config[%d]" % first)
