# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file with the tokens that are asked for over the network: only their hashes are in it."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat
from dataclasses import dataclass, field

MOST_BYTES = 1024 * 1024
_LINE = re.compile(r"([!-~]{1,100})[ \t]+sha256:([0-9A-Fa-f]{64})\Z")


class BadTokens(ValueError):
    """The file cannot be used, and nobody has a token; one line, which repeats no hash."""


@dataclass(frozen=True, slots=True)
class Token:
    """``name`` is who has it, for the log; ``digest`` is SHA-256 of it."""

    name: str
    digest: bytes = field(repr=False)


def read_tokens(text: bytes) -> tuple[Token, ...]:
    """Return the tokens of a file; raises BadTokens. Empty lines, and those that begin with ``#``,
    say nothing."""
    found = []
    for number, raw in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = _LINE.match(line)
        if parts is None:
            raise BadTokens(f"line {number} is not of the form NAME sha256:HEX: write it anew")
        found.append(Token(parts[1], bytes.fromhex(parts[2])))
    return tuple(found)


def line_of(name: str, token: str) -> str:
    """Return the line of a token; raises ValueError for a name that no line can have."""
    line = f"{name} sha256:{_digest(token).hex()}"
    if _LINE.match(line) is None or name.startswith("#"):
        raise ValueError(
            f"{name!r} is no name of a token: use 1 to 100 visible characters of ASCII"
        )
    return line


def holder_of(token: str, tokens: tuple[Token, ...]) -> str | None:
    """Return who has a token, None when nobody has. The time that it takes tells nothing of any
    of them."""
    digest = _digest(token)
    holder = None
    for one in tokens:
        if hmac.compare_digest(one.digest, digest):
            holder = one.name
    return holder


class TokensFile:
    """Reads the file whenever it is asked: who is struck out is out at once."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> tuple[Token, ...]:
        """Return the tokens; raises BadTokens, also for a file that others may read."""
        try:
            with open(self.path, "rb") as file:
                found = os.fstat(file.fileno())
                self._check(found)
                text = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise BadTokens(f"{self.path}: it cannot be read: {error.strerror}") from None
        if len(text) > MOST_BYTES:
            raise BadTokens(f"{self.path}: it has more than {MOST_BYTES} bytes")
        try:
            return read_tokens(text)
        except BadTokens as error:
            raise BadTokens(f"{self.path}: {error}") from None

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise BadTokens(f"{self.path}: it is no file")
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadTokens(f"{self.path}: others than its owner may use it: set mode 0600")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
