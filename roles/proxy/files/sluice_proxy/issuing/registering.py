# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names the routes register, so that certificates are made for no others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..routes.model.host_pattern import HostKind, HostPattern
from .names import BadName, certificate_names

Registered = Callable[[str], bool]
"""Says whether a certificate may be made for a name, as ``certificate_names`` writes it."""


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
    """The names of host patterns, as a predicate; those that a wildcard stands for among them.

    Patterns without an end, as ``*`` and ``www.**``, register nothing: everybody could have a
    certificate made for everything.
    """

    __slots__ = ("_names",)

    def __init__(self, patterns: Iterable[HostPattern]) -> None:
        self._names = frozenset(name for one in patterns for name in names_of_host(one))

    def __call__(self, name: str) -> bool:
        """Return whether ``name`` is registered."""
        return _is_covered(name, self._names)


def names_wanted(
    patterns: Iterable[HostPattern], given: Iterable[str]
) -> tuple[tuple[str, ...], ...]:
    """Return the names of each certificate that is to be made for the hosts of routes.

    ``given`` are the names of certificates that were given: they go before ours. There is one
    certificate for each pattern, so that a route that comes or goes changes those of no other.
    """
    known = frozenset(given)
    wanted = dict.fromkeys(
        tuple(name for name in names_of_host(pattern) if not _is_covered(name, known))
        for pattern in patterns
    )
    return tuple(names for names in wanted if names)


def _is_covered(name: str, known: frozenset[str]) -> bool:
    """Return whether one of the ``known`` names stands for this one (RFC 9525, section 6.3)."""
    return name in known or f"*.{name.partition('.')[2]}" in known


def _possible(text: str) -> tuple[str, ...]:
    try:
        return certificate_names([text])
    except BadName:
        return ()
