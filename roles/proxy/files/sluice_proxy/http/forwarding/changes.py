# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fields that a route adds, sets and removes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..fields.block import field_lines
from ..grammar import is_token
from ..refusal import BadField

_OWNED = frozenset(
    b"connection content-length expect host keep-alive proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
"""Fields on which framing or the connection depends: no route may touch them."""


class BadChange(ValueError):
    """A change that would break a message; the text names the field."""


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Changes in compiled form: make them with `compile`."""

    removed: re.Pattern[bytes] | None = None
    appended: bytes = b""

    @classmethod
    def compile(
        cls,
        *,
        removed: Iterable[bytes] = (),
        replaced: Iterable[tuple[bytes, bytes]] = (),
        added: Iterable[tuple[bytes, bytes]] = (),
    ) -> FieldChanges:
        """Return changes: fields to remove, to put in place of any others, and to add.

        Raises `BadChange` for a name or value that could be read as something else, and for a
        field that is the proxy's own.
        """
        replaced = tuple(replaced)
        added = tuple(added)
        gone = (*removed, *(name for name, _unused in replaced))
        for name in (*gone, *(name for name, _unused in added)):
            if not is_token(name):
                raise BadChange(f"{name!r} is no field name: use letters, digits and hyphens")
            refuse_own(name)
        try:
            appended = field_lines((*replaced, *added))
        except BadField as error:
            raise BadChange(f"{error.reason}: use visible characters and spaces") from None
        return cls(_lines_named(gone) if gone else None, appended)

    def apply(self, block: bytes) -> bytes:
        """Return a canonical block with the changes made."""
        if self.removed is not None:
            block = self.removed.sub(b"", block)
        return block + self.appended


def refuse_own(name: bytes) -> None:
    """Raise `BadChange` for a field that is the proxy's own; any other name passes."""
    if name.lower() in _OWNED:
        raise BadChange(f"field {name.decode('ascii')} belongs to the proxy: leave it out")


def _lines_named(names: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return a pattern of whole lines of these names, in any case.

    Underscores count as hyphens: an upstream with a CGI heritage would take ``X_User`` for the
    ``X-User`` that a route removes or sets.
    """
    choice = b"|".join(re.sub(rb"\\-|_", b"[-_]", re.escape(name)) for name in names)
    return re.compile(rb"\n(?:" + choice + rb"):[^\r]*+\r", re.IGNORECASE)


NO_CHANGES = FieldChanges()
