# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority says when it does not do what was asked (RFC 7807; RFC 8555, section 6.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TYPES = "urn:ietf:params:acme:error:"


@dataclass
class Problem(Exception):
    """``kind`` is an error of ACME, like ``malformed``; ``subproblems`` are of identifiers."""

    kind: str
    detail: str
    status: int = 400
    subproblems: dict[str, Problem] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        document: dict[str, Any] = {
            "type": _TYPES + self.kind,
            "detail": self.detail,
            "status": self.status,
        }
        if self.subproblems is not None:
            document["subproblems"] = [
                {**problem.document(), "identifier": {"type": "dns", "value": name}}
                for name, problem in self.subproblems.items()
            ]
        return document
