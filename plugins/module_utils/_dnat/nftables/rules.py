# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the table, as expressions. Pure.

A profile has no rule of its own. What rules look for and find lies at these places:

    selector    address, protocol and port of the call, at place 0 on; the rest of a key follows it
    data        what a map gives: an address at place 0 on, a port after it
"""

from __future__ import annotations

from typing import Callable, List, Mapping, NamedTuple, Sequence, Tuple

from ..declared import LEVELS
from ..model import (
    CLIENT,
    DROP,
    PREROUTING,
    PROTOCOLS,
    PROXY,
    RANDOM,
    SOURCE_HASH,
    Log,
)
from .places import (
    AFFINITY,
    HAIRPINNED,
    MASQUERADED,
    PROFILES,
    SOURCES,
    TRAFFIC,
    Place,
    Treatment,
    slots_set,
    sticky_set,
)
from .wire import expressions as ex
from .wire.expressions import Expression, Rule

Rules = List[Rule]

_SEED = 0x736C6963  # fixed: a client keeps its destination when rules are written anew
_LOOPBACK = b"lo".ljust(16, b"\0")
_SOURCE_OFFSETS = {"4": 12, "6": 8}
_DESTINATION_OFFSETS = {"4": 16, "6": 24}
_FAMILIES = {"4": 2, "6": 10}  # NFPROTO_IPV4, NFPROTO_IPV6
_DESTINATION_PORT = 2  # offset; in the headers of TCP, UDP and SCTP alike


class _Part(NamedTuple):
    """What one part of a key is loaded from, and how many places it takes."""

    load: Callable[[int], Expression]
    places: int


def treatment_rules(treatment: Treatment) -> Rules:
    """Return the rules of a chain that profiles with this treatment are sent to."""
    place = treatment.place
    rules: Rules = []
    if treatment.restricted:
        key = _load([*_called_now(place), _source(place)])
        outside = ex.lookup(place.set(SOURCES), inverted=True)
        rules.append((*_only(place), *key, outside, ex.verdict(ex.RETURN)))
    if treatment.log is not None:
        rules.append(_log_rule(treatment.log))
    if treatment.affinity:
        key = _load([*_called_now(place), _source(place)])
        rules.append((*_only(place), *key, *_to(place, place.set(AFFINITY))))
    if treatment.slots:
        slots = slots_set(place, treatment.protocol)
        # A packet that meets a commit may draw a slot that is gone; the first is always there.
        for number in (_number(treatment), [_Part(_first, 1)]):
            key = _load([*_called_now(place), *number])
            rules.append((*_only(place), *key, *_to(place, slots)))
    if treatment.on_empty == DROP:
        rules.append((ex.verdict(ex.DROP),))
    else:
        rules.append((*_only_protocol("tcp"), ex.reject(ex.TCP_RESET)))
        rules.append((ex.reject(ex.ICMPX, ex.PORT_UNREACHABLE),))
    return rules


def capture_rules(places: Sequence[Place]) -> Rules:
    """Return the rules that send calls to the chains of their profiles."""
    return [
        (*_only(place), *_load(_called_now(place)), ex.lookup_verdict(place.set(PROFILES)))
        for place in places
    ]


def account_rules(hook: str, places: Sequence[Place], sticky: Sequence[Tuple[Place, int]]) -> Rules:
    """Return the rules that count translated packets and remember who got which destination.

    What tells the destination is whom answers come from. The header of the packet would as well,
    but then nft leaves the protocol out of its listing and cannot load it again.
    """
    once: Rule = ()
    if hook == PREROUTING:
        # What the host sends to itself comes by both hooks; it is counted as it leaves.
        once = (ex.meta(ex.IIFNAME, 0), ex.compare(ex.UNEQUAL, _LOOPBACK))
    there = (ex.conntrack(ex.CT_DIRECTION, 0), ex.compare(ex.EQUAL, ex.ORIGINAL))
    rules: Rules = []
    for place in places:
        for protocol in PROTOCOLS:
            start = (*_only_translated(), *there, *once, *_only_protocol(protocol))
            key = _load([*_called_first(place), *_answering(place)])
            rules.append((*start, *key, ex.lookup(place.set(TRAFFIC))))
            for where, seconds in sticky:
                if where == place:
                    rules.append((*_only_new(), *start, *_remember(place, seconds)))
    return rules


def masquerade_rules(places: Sequence[Place]) -> Rules:
    """Return the rules that let answers come back to this host."""
    rules: Rules = []
    for place in places:
        for protocol in PROTOCOLS:
            start = (*_only_translated(), *_origin(place), *_only_protocol(protocol))
            always = (*_load(_called_first(place)), ex.lookup(place.set(MASQUERADED)))
            rules.append((*start, *always, ex.masquerade()))
            key = _load([*_called_first(place), _source(place)])
            hairpin = (*_only(place), *key, ex.lookup(place.set(HAIRPINNED)))
            rules.append((*start, *hairpin, ex.masquerade()))
    return rules


def read_log_rule(rule: Rule) -> Log:
    """Return how a rule logs; raises ValueError for a rule that does not."""
    found = {expression.name: expression for expression in rule}
    if "limit" not in found or "log" not in found:
        raise ValueError("no limited log")
    rate, unit = ex.read_limit(found["limit"])
    prefix, level = ex.read_log(found["log"])
    return Log(prefix, LEVELS[level] if level < len(LEVELS) else str(level), rate, unit)


def sets_of(rule: Rule) -> List[str]:
    """Return the sets that a rule looks something up in, or writes to."""
    return [name for name in map(ex.set_of, rule) if name is not None]


def _log_rule(log: Log) -> Rule:
    return ex.limit(log.rate, log.per), ex.log(log.prefix, LEVELS.index(log.level))


def _load(parts: Sequence[_Part], place: int = 0) -> List[Expression]:
    """Return what puts the parts of a key one after another."""
    found = []
    for part in parts:
        found.append(part.load(place))
        place += part.places
    return found


def _only(place: Place) -> Rule:
    family = bytes((_FAMILIES[place.digit],))
    return ex.meta(ex.NFPROTO, 0), ex.compare(ex.EQUAL, family)


def _only_protocol(name: str) -> Rule:
    return ex.meta(ex.L4PROTO, 0), ex.compare(ex.EQUAL, bytes((PROTOCOLS[name],)))


def _only_translated() -> Rule:
    return (ex.conntrack(ex.CT_STATUS, 0), *ex.has_bit(ex.STATUS_DNAT))


def _only_new() -> Rule:
    return (ex.conntrack(ex.CT_STATE, 0), *ex.has_bit(ex.STATE_NEW))


def _origin(place: Place) -> Rule:
    """Behind the hooks, who sent a packet tells which side's profile translated it."""
    if place.side not in (CLIENT, PROXY):
        return ()
    operator = ex.EQUAL if place.side == CLIENT else ex.UNEQUAL
    return ex.fib_source_type(0), ex.compare(operator, ex.host_number(ex.LOCAL))


def _remember(place: Place, seconds: int) -> Rule:
    called = _called_first(place)
    key = [*called, _caller_first(place)]
    data_place = sum(part.places for part in key)
    return (
        *_load(called),
        ex.lookup(sticky_set(place, seconds)),
        *_load(key),
        *_load(_answering(place), data_place),
        ex.update(place.set(AFFINITY), data_place, seconds),
    )


def _to(place: Place, name: str) -> Rule:
    """Translate to what a map has for the key."""
    port_place = place.address_size // 4
    return ex.lookup_data(name), ex.dnat(_FAMILIES[place.digit], port_place)


def _protocol(place: int) -> Expression:
    return ex.meta(ex.L4PROTO, place)


def _port(place: int) -> Expression:
    return ex.payload(ex.TRANSPORT, _DESTINATION_PORT, 2, place)


def _first(place: int) -> Expression:
    return ex.numgen(ex.INCREMENTAL, 1, place)


_PORT = _Part(_port, 1)


def _address(place: Place, offset: int) -> _Part:
    size = place.address_size

    def load(register: int) -> Expression:
        return ex.payload(ex.NETWORK, offset, size, register)

    return _Part(load, size // 4)


def _destination(place: Place) -> _Part:
    return _address(place, _DESTINATION_OFFSETS[place.digit])


def _source(place: Place) -> _Part:
    return _address(place, _SOURCE_OFFSETS[place.digit])


def _called_now(place: Place) -> List[_Part]:
    """The selector of a packet that was not translated yet."""
    return [_destination(place), _Part(_protocol, 1), _PORT]


def _called_first(place: Place) -> List[_Part]:
    """The selector of the same packet once it was translated."""
    return [
        _tracked_address(place, ex.CT_DESTINATION, ex.ORIGINAL),
        _Part(_protocol, 1),
        _tracked_port(ex.CT_DESTINATION_PORT, ex.ORIGINAL),
    ]


def _caller_first(place: Place) -> _Part:
    return _tracked_address(place, ex.CT_SOURCE, ex.ORIGINAL)


def _answering(place: Place) -> List[_Part]:
    """The destination that a connection was translated to."""
    return [
        _tracked_address(place, ex.CT_SOURCE, ex.REPLY),
        _tracked_port(ex.CT_SOURCE_PORT, ex.REPLY),
    ]


def _tracked_address(place: Place, keys: Mapping[str, int], direction: bytes) -> _Part:
    def load(register: int) -> Expression:
        return ex.conntrack_of(keys[place.digit], direction, register)

    return _Part(load, place.address_size // 4)


def _tracked_port(key: int, direction: bytes) -> _Part:
    def load(register: int) -> Expression:
        return ex.conntrack_of(key, direction, register)

    return _Part(load, 1)


def _number(treatment: Treatment) -> List[_Part]:
    """Return what draws a slot; to hash a source, it is loaded behind the key first."""
    count = treatment.slots
    if count > 1 and treatment.balancing == SOURCE_HASH:
        place = treatment.place
        source = _source(place)
        behind = 5  # as nft has it: then its listing, loaded again, is the same

        def load(register: int) -> Expression:
            return source.load(register + behind)

        def hashed(register: int) -> Expression:
            return ex.jhash(register + behind, place.address_size, count, _SEED, register)

        return [_Part(load, 0), _Part(hashed, 1)]
    mode = ex.AT_RANDOM if treatment.balancing == RANDOM else ex.INCREMENTAL

    def draw(register: int) -> Expression:
        return ex.numgen(mode, count, register)

    return [_Part(draw, 1)]
