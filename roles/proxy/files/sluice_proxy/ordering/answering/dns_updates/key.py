# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key that updates are signed with."""

from __future__ import annotations

import base64
import os
import stat

import dns.tsig

from ....snapshot.issuing import DnsUpdate
from ...validating import NotAnswered

_MOST_BYTES = 4096


def signing_key(update: DnsUpdate) -> dns.tsig.Key | None:
    """Return the key as its file has it now, None where updates are not signed.

    Raises NotAnswered, with nothing of the file's content.
    """
    if not update.key_file:
        return None
    try:
        with open(update.key_file, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotAnswered(f"key file {update.key_file} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise NotAnswered(f"key file {update.key_file} is open to everybody: chmod 0600 it")
    try:
        secret = base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError:
        secret = b""
    if not secret or len(text) > _MOST_BYTES:
        raise NotAnswered(
            f"key file {update.key_file} has no key: write what stands after secret, in base64"
        )
    return dns.tsig.Key(update.key_name, secret, update.algorithm)
