# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting the chunked coding on content whose length is not known."""

from __future__ import annotations

LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body without trailer fields."""


def encode_chunk(data: bytes | memoryview) -> bytes:
    """Return ``data`` as one chunk; nothing for no data, since an empty chunk ends the body."""
    return b"".join((b"%x\r\n" % len(data), data, b"\r\n")) if data else b""
