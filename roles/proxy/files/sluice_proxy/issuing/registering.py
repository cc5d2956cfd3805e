# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names the routes register, so that certificates are made for no others. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from ..routes.model.host_pattern import HostKind, HostPattern
from .names import BadName, as_address, certificate_names


@lru_cache(maxsize=65_536)
def names_of_host(pattern: HostPattern) -> tuple[str, ...]:
    """Return the names that a certificate for the hosts of a pattern has; none where they have no
    end.

    ``.example.com`` gives the name and its wildcard, which stands for one label: clients of names
    further below need a route that names them.
    """
    wanted = {
        HostKind.NAME: (pattern.ending,),
        HostKind.WILDCARD: (f"*.{pattern.ending}",),
        HostKind.BELOW: (pattern.ending, f"*.{pattern.ending}"),
    }.get(pattern.kind, ())
    return tuple(name for text in wanted for name in _possible(text))


class RegisteredNames:
    """The names of host patterns; those that a wildcard stands for among them, and of
    ``.example.com`` all names below.

    Patterns without an end, as ``*`` and ``www.**``, register nothing: everybody could have a
    certificate made for everything.
    """

    __slots__ = ("_below", "_names")

    def __init__(self, patterns: Iterable[HostPattern]) -> None:
        known = tuple(patterns)
        self._names = frozenset(name for one in known for name in names_of_host(one))
        self._below = frozenset(one.ending for one in known if one.kind is HostKind.BELOW)

    def __contains__(self, name: str) -> bool:
        """Return whether a certificate may be made for ``name``, as ``certificate_names`` writes
        it."""
        if is_covered(name, self._names):
            return True
        above = name
        while above := above.partition(".")[2]:
            if above in self._below:
                # No address is below another.
                return as_address(name) is None
        return False


def is_covered(name: str, known: Collection[str]) -> bool:
    """Return whether one of the ``known`` names stands for this one (RFC 9525, section 6.3)."""
    return name in known or f"*.{name.partition('.')[2]}" in known


def _possible(text: str) -> tuple[str, ...]:
    try:
        return certificate_names([text])
    except BadName:
        return ()
