# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a JSON object, each with the type that it has to have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self

_LONGEST_URL = 4096


class Malformed(ValueError):
    """An answer is not what the RFC says; the text says where."""


class Fields:
    """A JSON object of an authority; unknown members are nobody's concern."""

    def __init__(self, members: Mapping[str, Any], place: str = "") -> None:
        self._members = members
        self._place = place

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the object that a JSON text is; raises Malformed."""
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            raise Malformed("not JSON") from None
        return cls(cls._object(value, "the answer"))

    def has(self, name: str) -> bool:
        """Return whether a member is there, and not null."""
        return self._members.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string, ``default`` where there is none."""
        if not self.has(name) and default is not None:
            return default
        return str(self._of(name, str, "a string"))

    def flag(self, name: str) -> bool:
        """Return a boolean, false where there is none."""
        return self.has(name) and bool(self._of(name, bool, "true or false"))

    def number(self, name: str) -> int | None:
        """Return an integer, None where there is none, or anything else."""
        value = self._members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def url(self, name: str) -> str:
        """Return a URL, as far as it can be told without looking it up."""
        return self._checked_url(self.text(name), name)

    def optional_url(self, name: str) -> str | None:
        """Return a URL, None where there is none."""
        return self.url(name) if self.has(name) else None

    def urls(self, name: str) -> tuple[str, ...]:
        """Return a list of URLs."""
        values = self._of(name, list, "a list")
        texts = [value if isinstance(value, str) else "" for value in values]
        return tuple(self._checked_url(text, name) for text in texts)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of a list, none where there is no list."""
        values = self._of(name, list, "a list") if self.has(name) else []
        return tuple(value for value in values if isinstance(value, str))

    def moment(self, name: str) -> datetime:
        """Return a moment with its time zone (RFC 3339)."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise Malformed(f"{self._called(name)} is no date and time")
        return moment

    def optional_moment(self, name: str) -> datetime | None:
        """Return a moment with its time zone, None where there is none."""
        return self.moment(name) if self.has(name) else None

    def object(self, name: str) -> Fields:
        """Return an object within this one."""
        called = self._called(name)
        return Fields(self._object(self._members.get(name), called), called)

    def optional_object(self, name: str) -> Fields | None:
        """Return an object within this one, None where there is none."""
        return self.object(name) if self.has(name) else None

    def objects(self, name: str) -> Iterator[Fields]:
        """Yield the objects of a list."""
        for index, value in enumerate(self._of(name, list, "a list")):
            called = f"{self._called(name)}[{index}]"
            yield Fields(self._object(value, called), called)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield all members."""
        return iter(self._members.items())

    def _called(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    def _of(self, name: str, type_: type, said: str) -> Any:
        value = self._members.get(name)
        if not isinstance(value, type_):
            raise Malformed(
                f"{self._called(name)} is {'missing' if value is None else 'not ' + said}"
            )
        return value

    def _checked_url(self, text: str, name: str) -> str:
        plain = text.isascii() and text.isprintable() and " " not in text
        if not plain or not text.startswith(("https://", "http://")) or len(text) > _LONGEST_URL:
            raise Malformed(f"{self._called(name)} is no URL of the web")
        return text

    @staticmethod
    def _object(value: Any, called: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise Malformed(f"{called} is no object")
        return value
