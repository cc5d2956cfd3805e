# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to dns-01: a TXT record for each (RFC 8555, section 8.4)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Protocol

from ...acme.validation.challenges import txt_name, txt_value
from ..validating import Challenge, NotAnswered


class Records(Protocol):
    """Sets TXT records. A name may have several values, of which others are left alone."""

    async def set(self, name: str, value: str) -> None:
        """Have a record, and return when clients can see it. Raises NotAnswered."""

    async def unset(self, name: str, value: str) -> None:
        """Have no such record; that there is none is no error. Raises NotAnswered."""


class AnswersByRecords:
    """Answers by records of the DNS."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def publish(self, challenge: Challenge) -> None:
        """Have the record, and return when authorities can see it. Raises NotAnswered."""
        if _is_address(challenge.identifier):
            raise NotAnswered(f"dns-01 cannot show control of the address {challenge.identifier}")
        await self._records.set(
            txt_name(challenge.identifier), txt_value(challenge.key_authorization)
        )

    async def withdraw(self, challenge: Challenge) -> None:
        """Have no such record. Raises NotAnswered."""
        if not _is_address(challenge.identifier):
            await self._records.unset(
                txt_name(challenge.identifier), txt_value(challenge.key_authorization)
            )


def _is_address(identifier: str) -> bool:
    try:
        ip_address(identifier)
    except ValueError:
        return False
    return True
