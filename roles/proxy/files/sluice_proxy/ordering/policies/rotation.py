# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which type of challenge control of a name is shown. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import ip_address

from ...snapshot.issuing import ChallengeType


class NoChallenge(ValueError):
    """Control cannot be shown; the text is one line that says why, and what to do."""


def possible(name: str) -> tuple[ChallengeType, ...]:
    """Return the types that there are for a name of a certificate.

    A wildcard is validated by DNS alone (RFC 8555, section 7.1.3), an address never (RFC 8738,
    section 7).
    """
    if name.startswith("*."):
        return (ChallengeType.DNS_01,)
    try:
        ip_address(name)
    except ValueError:
        return tuple(ChallengeType)
    return (ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01)


def choose(
    name: str,
    allowed: Sequence[ChallengeType],
    answerable: Collection[ChallengeType],
    offered: Collection[str],
    failed: int,
) -> ChallengeType:
    """Return the type for a name after so many ``failed`` validations: the next one each time.

    ``allowed`` are those of the configuration in their order, ``answerable`` those that can be
    answered here, ``offered`` those of the authority. Raises NoChallenge.
    """
    for_name = possible(name)
    candidates = [one for one in allowed if one in for_name]
    if not candidates:
        raise NoChallenge(
            f"{name} can be validated by {_listed(for_name)} only, which issuing.acme.challenges"
            f" does not have: it has {_listed(allowed)}"
        )
    ours = [one for one in candidates if one in answerable]
    if not ours:
        raise NoChallenge(
            f"nobody answers {_listed(candidates)} for {name}: set up issuing.acme.dns, or allow"
            " another type"
        )
    both = [one for one in ours if one in offered]
    if not both:
        raise NoChallenge(f"for {name} it offers {_listed(offered)}, and we answer {_listed(ours)}")
    return both[failed % len(both)]


def _listed(types: Collection[str]) -> str:
    return ", ".join(sorted(types)) or "nothing"
