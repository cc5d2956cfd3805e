# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random changes of known inputs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

MOST_BYTES = 50_000


class Mutator:
    """Makes inputs out of ``seeds`` and ``words``; the same ones for the same ``random``."""

    def __init__(self, random: Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> None:
        self._random = random
        self._seeds = seeds
        self._words = words

    def next(self) -> bytes:
        """Return one more input."""
        data = self._random.choice(self._seeds)
        for _unused in range(self._random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            data = self._random.choice(_CHANGES)(self, data)
        return data[:MOST_BYTES]

    def _place(self, data: bytes) -> int:
        return self._random.randint(0, len(data))

    def insert_word(self, data: bytes) -> bytes:
        """Put a word somewhere."""
        at = self._place(data)
        return data[:at] + self._random.choice(self._words) + data[at:]

    def overwrite_with_word(self, data: bytes) -> bytes:
        """Put a word in the place of as many bytes."""
        at = self._place(data)
        word = self._random.choice(self._words)
        return data[:at] + word + data[at + len(word) :]

    def change_byte(self, data: bytes) -> bytes:
        """Replace a byte by any other."""
        at = self._place(data)
        return data[:at] + bytes((self._random.randrange(256),)) + data[at + 1 :]

    def drop(self, data: bytes) -> bytes:
        """Leave a few bytes out."""
        at = self._place(data)
        return data[:at] + data[at + self._random.choice((1, 1, 2, 3, 8)) :]

    def repeat(self, data: bytes) -> bytes:
        """Say a piece twice."""
        start, end = sorted((self._place(data), self._place(data)))
        return data[:end] + data[start:end] + data[end:]

    def splice(self, data: bytes) -> bytes:
        """Go on with another input."""
        other = self._random.choice(self._seeds)
        return data[: self._place(data)] + other[self._place(other) :]

    def append(self, data: bytes) -> bytes:
        """Let another input follow."""
        return data + self._random.choice(self._seeds)


_CHANGES = (
    Mutator.insert_word,
    Mutator.insert_word,
    Mutator.overwrite_with_word,
    Mutator.change_byte,
    Mutator.drop,
    Mutator.repeat,
    Mutator.splice,
    Mutator.append,
)
