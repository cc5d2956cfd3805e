# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which authorities are asked for a certificate, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...snapshot.issuing import CertificateAuthority


class NoAuthority(ValueError):
    """Nobody can be asked; the text is one line that says what to set."""


@dataclass(frozen=True, slots=True)
class Course:
    """Whom to ask, one after the other until one issues.

    ``trials`` are staging ones: unless one of them refuses the name, ``real`` ones are asked.
    ``later`` has from when on those may be asked again that want to be left alone, by name.
    """

    trials: tuple[CertificateAuthority, ...]
    real: tuple[CertificateAuthority, ...]
    later: Mapping[str, float]


def course(
    configured: Sequence[CertificateAuthority],
    wanted: str,
    not_before: Mapping[str, float],
    now: float,
    *,
    trial: bool,
) -> Course:
    """Return whom to ask, of those of the configuration in their order.

    ``wanted`` is the name of the only one that may issue, empty for any. ``not_before`` has the
    moments before which one is not to be asked. With ``trial``, staging ones are asked first: real
    ones refused the name, and count that. Raises NoAuthority.
    """
    real = [one for one in configured if not one.staging and wanted in ("", one.name)]
    if not real:
        raise NoAuthority(_nobody(configured, wanted))
    staging = [one for one in configured if one.staging] if trial else []
    later = {name: moment for name, moment in not_before.items() if moment > now}
    return Course(
        tuple(one for one in staging if one.name not in later),
        tuple(one for one in real if one.name not in later),
        {one.name: later[one.name] for one in real if one.name in later},
    )


def _nobody(configured: Sequence[CertificateAuthority], wanted: str) -> str:
    if not wanted:
        return "no authority issues for more than trials: add one to issuing.acme.authorities"
    if any(one.name == wanted for one in configured):
        return f"the authority {wanted} is a staging one, which issues for trials alone"
    return f"there is no authority {wanted!r} in issuing.acme.authorities"
