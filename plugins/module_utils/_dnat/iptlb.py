# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of IPTLB as profiles: good entries kept, bad ones named. Pure.

IPTLB keeps a mapping of names to ``source`` (address:port), ``destination`` (a list of those),
``protocol``, ``rulesBackend``, ``logEnabled`` and ``logLevel``. It writes a name with a dot in it
as a mapping within a mapping.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Tuple

from .._converge.errors import InvalidInput
from .declared import clash_reason, read_declaration
from .model import HOOKS, PROTOCOLS, SIDES, Profile, Selector

_KEYS = ("destination", "logEnabled", "logLevel", "protocol", "rulesBackend", "source")
_PROTOCOL_NAMES = {str(number): name for name, number in PROTOCOLS.items()}
_ENDPOINT = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+)):([0-9]{1,5})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 63
_LONGEST_COMMENT = 60
_MOST_SHOWN = 60


class Imported(NamedTuple):
    """Entries for ``config``, in the order of the state, and a line for each that is left out."""

    config: List[Dict[str, Any]]
    complaints: List[str]


def read_state(state: object) -> Imported:
    """Return the profiles of a state as entries of ``config``, each one that the engine accepts.

    Raises InvalidInput when the state is no mapping of profiles, or when it has profiles and none
    of them can be used: then it is probably the state of something else.
    """
    if not isinstance(state, Mapping):
        raise InvalidInput("the IPTLB state is not a mapping of names to profiles")
    config: List[Dict[str, Any]] = []
    complaints: List[str] = []
    taken = _Taken()
    for name, keys in _profiles(state):
        try:
            entry = _entry(name, keys)
            taken.take(name, _accepted(entry))
        except InvalidInput as error:
            complaints.append("IPTLB profile %s is left out: %s" % (_shown(name), error))
            continue
        config.append(entry)
    if complaints and not config:
        raise InvalidInput("no profile of the IPTLB state can be used: %s" % complaints[0])
    return Imported(config, complaints)


class _Taken:
    """The names and the packets that profiles have taken already."""

    def __init__(self) -> None:
        self._originals: Dict[str, str] = {}
        self._captured: Dict[Tuple[Selector, str], Profile] = {}

    def take(self, original: str, profile: Profile) -> None:
        """Add a profile; raises InvalidInput, with nothing added, when it collides with one."""
        other = self._originals.get(profile.title)
        if other is not None:
            raise InvalidInput(
                "it would be called %s, as profile %s is: rename one of them"
                % (profile.title, _shown(other))
            )
        places = [(profile.selector, hook) for hook in HOOKS[profile.side]]
        for place in places:
            first = self._captured.get(place)
            if first is not None:
                raise InvalidInput(clash_reason(first, profile))
        self._originals[profile.title] = original
        self._captured.update(dict.fromkeys(places, profile))


def _profiles(state: Mapping[Any, Any], path: Tuple[str, ...] = ()) -> Iterator[Tuple[str, Any]]:
    for key, value in state.items():
        name = (*path, str(key))
        inside = isinstance(value, Mapping) and value and not set(value) & set(_KEYS)
        if inside and all(isinstance(each, Mapping) for each in value.values()):
            yield from _profiles(value, name)
        else:
            yield ".".join(name), value


def _entry(original: str, profile: object) -> Dict[str, Any]:
    if not isinstance(profile, Mapping):
        raise InvalidInput("it is %s, not a mapping" % _shown(profile))
    for key in profile:
        if key not in _KEYS:
            raise InvalidInput("unknown key %s" % _shown(key))
    address, port = _endpoint("source", profile.get("source"))
    entry: Dict[str, Any] = {
        "name": _safe_name(original),
        "address": address,
        "port": port,
        "protocol": _protocol(profile),
        "side": _side(profile),
        "destinations": _destinations(profile),
    }
    if _flag(profile, "logEnabled"):
        entry["log"] = True
        if profile.get("logLevel") is not None:
            entry["log_level"] = str(profile["logLevel"])
    if entry["name"] != original:
        entry["comment"] = _comment(original)
    return entry


def _accepted(entry: Dict[str, Any]) -> Profile:
    """Return the profile that the engine makes of an entry; raises InvalidInput with the reason."""
    try:
        (declared,) = read_declaration({"config": [entry]}).profiles
    except InvalidInput as error:
        # What stands before the reason names a place in a list that nobody wrote.
        raise InvalidInput(str(error).split(": ", 1)[-1]) from None
    if declared.profile is None:
        raise InvalidInput("it declares no profile")
    return declared.profile


def _endpoint(key: str, value: object) -> Tuple[str, int]:
    if value is None:
        raise InvalidInput("%s is missing" % key)
    match = _ENDPOINT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InvalidInput("%s must be address:port, not %s" % (key, _shown(value)))
    return match.group(1) or match.group(2), int(match.group(3))


def _destinations(profile: Mapping[Any, Any]) -> List[Dict[str, Any]]:
    """Return each destination once; one that is listed twice got twice the connections."""
    listed = profile.get("destination")
    if isinstance(listed, str):
        listed = listed.split(",")
    if not isinstance(listed, (list, tuple)) or not listed:
        raise InvalidInput("destination must be a list of address:port, not %s" % _shown(listed))
    weights: Dict[Tuple[str, int], int] = {}
    for place, value in enumerate(listed):
        endpoint = _endpoint("destination[%d]" % place, value)
        weights[endpoint] = weights.get(endpoint, 0) + 1
    return [
        {"address": address, "port": port, "weight": weight}
        for (address, port), weight in weights.items()
    ]


def _protocol(profile: Mapping[Any, Any]) -> str:
    given = profile.get("protocol")
    word = "tcp" if given is None else str(given).strip().lower()
    word = _PROTOCOL_NAMES.get(word, word)
    if word not in PROTOCOLS:
        raise InvalidInput("protocol must be %s, not %s" % (", ".join(PROTOCOLS), _shown(given)))
    return word


def _side(profile: Mapping[Any, Any]) -> str:
    given = profile.get("rulesBackend")
    word = SIDES[0] if given is None else str(given).strip().lower()
    if word not in SIDES:
        raise InvalidInput("rulesBackend must be %s, not %s" % (", ".join(SIDES), _shown(given)))
    return word


def _flag(profile: Mapping[Any, Any], key: str) -> bool:
    given = profile.get(key)
    if given is None or isinstance(given, bool):
        return bool(given)
    if isinstance(given, str) and given.strip().lower() in ("true", "false"):
        return given.strip().lower() == "true"
    raise InvalidInput("%s must be true or false, not %s" % (key, _shown(given)))


def _safe_name(original: str) -> str:
    name = _UNSAFE.sub("-", original).lstrip("._-")[:_LONGEST_NAME]
    if not name:
        raise InvalidInput("its name has no letter and no digit")
    return name


def _comment(original: str) -> str:
    text = "".join(
        character for character in original if character.isprintable() and character not in '"\\*'
    )
    kept = ("IPTLB " + text).encode("utf-8")[:_LONGEST_COMMENT]
    return kept.decode("utf-8", "ignore").strip()


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."
