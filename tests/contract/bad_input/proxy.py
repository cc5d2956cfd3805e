# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One mistake in a declaration for the proxy, and who finds it."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

Params = Dict[str, Any]
Found = Tuple[str, str, str, str]

TAKEN = "taken.example.com"
OF_FILE = "of-the-file"
"""A route that the configuration file of the proxy under test has, for the host file.example.com;
``taken`` is one that somebody declared for TAKEN."""

NO_HOST = (
    "%r is not a host name: write it without scheme, port or path, and a wildcard only as "
    "*.example.com, .example.com or *"
)
NO_ID = "an id has 1 to 200 visible characters of ASCII: change it"
UNKNOWN_SOCKET = "socket must be a whole path, as /run/sluice-proxy/admin.sock is, not 'admin.sock'"


class Mistake(NamedTuple):
    """Wrong parameters, and the whole message that they bring.

    ``found`` is the kind, name, field and words of what only the proxy can find. A fake one is told
    them, and the real one says them itself.
    """

    params: Params
    message: str
    found: Optional[Found] = None

    def __str__(self) -> str:
        return self.message[:120]


def found_by_proxy(params: Params, kind: str, field: str, words: str) -> Mistake:
    """Return the mistake that the proxy finds in ``field`` of the only entry, or of config[0]."""
    entry = params["config"][0] if "config" in params else params
    name = entry["name"]
    called = "%s %s" % (kind, name)
    if "config" in params:
        called = "config[0] (%s)" % called
    parts = [called, field, words] if field else [called, words]
    return Mistake(params, ": ".join(parts), (kind, name, field, words))


def without(params: Params, more: Params) -> Params:
    """Return the parameters with others; None takes one away."""
    changed = dict(params, **more)
    return {name: value for name, value in changed.items() if value is not None}


def of_any_task(right: Params, kind: str) -> Tuple[Mistake, ...]:
    """Return the mistakes that can be made with every module of the proxy, by a right entry."""
    entry = "%s %s" % (kind, right["name"])
    return (
        Mistake({}, "name is required"),
        Mistake(without(right, {"name": None}), "name is required"),
        Mistake(dict(right, name=" "), "name is empty"),
        Mistake(dict(right, name=["a"]), "name must be text, not a list"),
        Mistake(dict(right, name=True), "name must be text, not a boolean"),
        Mistake(dict(right, id="b"), "name is also called id: give one of its names only"),
        found_by_proxy(dict(right, name="a b"), kind, "", NO_ID),
        found_by_proxy(dict(right, name="größe"), kind, "", NO_ID),
        found_by_proxy(dict(right, name="x" * 201), kind, "", NO_ID),
        Mistake(dict(right, socket="admin.sock"), UNKNOWN_SOCKET),
        Mistake(dict(right, socket="/" + "x" * 107), "socket has more than 107 bytes"),
        Mistake(dict(right, owner=""), "owner is empty"),
        Mistake(dict(right, owner=["a"]), "owner must be text, not a list"),
        Mistake(dict(right, owner="x" * 201), "owner has more than 200 characters"),
        Mistake({"config": ["www"]}, "config[0] must be a dictionary, not 'www'"),
        Mistake({"config": "www"}, "config must be a list, not text"),
        Mistake({"config": [dict(right, qqq=1)]}, "config[0]: unknown option 'qqq'"),
        Mistake(
            dict(right, config=[]),
            "%s and config exclude each other: move it into the entries" % sorted(right)[0],
        ),
        Mistake(
            {"config": [right, right]},
            "config[1] (%s): is declared twice, first in config[0]" % entry,
        ),
        Mistake(
            {"config": [right, {"name": right["name"], "state": "absent"}]},
            "config[1] (%s): is declared twice, first in config[0]" % entry,
        ),
        Mistake(
            dict(right, purge=True), "purge needs config: the list of everything that shall stay"
        ),
        Mistake(
            {"config": [], "purge_scope": ["a"]}, "purge_scope and purge_ignore need purge: true"
        ),
        Mistake(
            {"config": [], "purge_ignore": ["a"]}, "purge_scope and purge_ignore need purge: true"
        ),
        Mistake(
            {"config": [], "purge": True, "purge_scope": [""]}, "purge_scope has an empty entry"
        ),
        Mistake(
            {"config": [], "purge": True, "purge_ignore": [{"a": 1}]},
            "purge_ignore has an entry that is a dictionary, not text",
        ),
    )
