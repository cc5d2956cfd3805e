# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a certificate is ordered, and which orders can never be fulfilled. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..snapshot.issuing import Acme, ChallengeType, Issuing, KeyType, Provider
from .names import as_address


@dataclass(frozen=True, slots=True)
class Terms:
    """What a certificate is besides its names: another one has other terms.

    ``authority`` is the name of the one that is asked, empty for those of the configuration in
    their order; ``profile`` is empty for the authority's own.
    """

    key_type: KeyType = KeyType.P256
    authority: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an order can never be fulfilled: ``field`` of a document, and what to do."""

    field: str
    message: str


def is_wildcard(name: str) -> bool:
    """Return whether a name stands for others."""
    return name.startswith("*.")


def has_wildcard(names: Iterable[str]) -> bool:
    """Return whether one of the names stands for others."""
    return any(map(is_wildcard, names))


def challenge_for(
    issuing: Issuing, names: Iterable[str], challenge: ChallengeType | None = None
) -> ChallengeType | None:
    """Return how control is shown, None for as the configuration says: wildcards need dns-01, which
    serves for them although it is not used for others."""
    acme = issuing.acme
    if challenge is None and acme is not None and has_wildcard(names):
        return None if ChallengeType.DNS_01 in acme.challenges else ChallengeType.DNS_01
    return challenge


def hindrance(
    issuing: Issuing, names: Iterable[str], terms: Terms, challenge: ChallengeType | None
) -> Hindrance | None:
    """Return why a certificate cannot be ordered as ``issuing`` says, None where it can."""
    acme = issuing.acme
    if issuing.provider is not Provider.ACME or acme is None:
        return Hindrance(
            "provider",
            "nobody orders certificates: set provider of issuing in the configuration file to acme,"
            " or to local_ca for development",
        )
    return _of_authority(acme, terms.authority) or _of_challenge(acme, tuple(names), challenge)


def _of_authority(acme: Acme, wanted: str) -> Hindrance | None:
    may_be_named = [one.name for one in acme.authorities if not one.staging]
    if not wanted or wanted in may_be_named:
        return None
    if any(one.name == wanted for one in acme.authorities):
        why = f"the authority {wanted} is a staging one, which issues for trials alone"
    else:
        why = f"the configuration file has no authority {wanted!r}"
    use = f"use {' or '.join(may_be_named)}, or " if may_be_named else ""
    return Hindrance("authority", f"{why}: {use}leave it out")


def _of_challenge(
    acme: Acme, names: tuple[str, ...], challenge: ChallengeType | None
) -> Hindrance | None:
    wildcard = next(filter(is_wildcard, names), None)
    if acme.dns is None and (wildcard is not None or challenge is ChallengeType.DNS_01):
        what = "dns-01" if wildcard is None else f"{wildcard} needs dns-01, which"
        return Hindrance(
            "challenge" if wildcard is None else "names",
            f"{what} cannot be answered: set dns of issuing.acme in the configuration file",
        )
    if set(acme.challenges if challenge is None else (challenge,)) != {ChallengeType.DNS_01}:
        return None
    for name in names:
        if as_address(name) is not None:
            return Hindrance(
                "names",
                f"control of {name} cannot be shown by dns-01 (RFC 8738): have http-01 or"
                " tls-alpn-01 among challenges, or give it a certificate of its own",
            )
    return None
