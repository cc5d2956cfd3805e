# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, as types. Each message is one line: the item, what is wrong, what to do."""

from __future__ import annotations

from typing import Any, Dict, Sequence


class EdgeError(Exception):
    """The root of every error a user can see; str() of it is one line."""

    def as_result(self) -> Dict[str, Any]:
        """Return the keys a module hands to ``fail_json``."""
        return {"msg": str(self)}


class InvalidInput(EdgeError):
    """The declaration is wrong; nothing was read or written."""


class Unavailable(EdgeError):
    """The host lacks something: a kernel feature, a capability, a library, an interface."""


class Refused(EdgeError):
    """The kernel refused an operation; what had been done before it was undone.

    ``undone`` and ``not_undone`` list operations as lines, in the order of the undoing.
    """

    def __init__(
        self, message: str, undone: Sequence[str] = (), not_undone: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.undone = list(undone)
        self.not_undone = list(not_undone)

    def as_result(self) -> Dict[str, Any]:
        return {"msg": str(self), "undone": self.undone, "not_undone": self.not_undone}


class NotConverged(Refused):
    """Every operation was accepted, yet reading again shows something else."""
