# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy that is not installed yet, for check mode: nothing is there, all would be made."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .client import Answer

_OK = 200


class AbsentProxy:
    """Answers as the admin API of a proxy would that has just been installed."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def warning(self) -> str:
        """What the task says of it."""
        return (
            "no proxy is at %s: this is what would be made if an earlier task had installed one"
            % self.path
        )

    def get(self, target: str) -> Answer:
        """Return an empty list."""
        return Answer(_OK, {"revision": 0, "items": [], "routes": []})

    def post(self, target: str, value: Mapping[str, Any]) -> Answer:
        """Return the plan in which everything that is declared is created."""
        operations = [
            {"before": None, "after": _resource(change)}
            for change in value["changes"]
            if "document" in change
        ]
        return Answer(_OK, {"revision": 0, "operations": operations})


def _resource(change: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        "kind": change["kind"],
        "id": change["id"],
        "origin": "api",
        "owner": change.get("owner", ""),
        "version": 0,
        "document": change["document"],
    }
