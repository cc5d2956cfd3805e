# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lower-cased field names, at the price of one look into a dictionary."""

from __future__ import annotations

_MOST_SPELLINGS = 4096
_MOST_BYTES = 32


class LowerNames(dict[bytes, bytes]):
    """Maps a name, as it was written, to lower case.

    It remembers a bounded number of spellings, of bounded length: clients choose them. Who sends
    odd ones pays for them with a few nanoseconds more.
    """

    def __missing__(self, name: bytes) -> bytes:
        lower = name.lower()
        if len(self) < _MOST_SPELLINGS and len(name) <= _MOST_BYTES:
            self[name] = lower
        return lower


lower_name = LowerNames().__getitem__
"""Return a field name in lower case."""
