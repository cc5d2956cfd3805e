# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which paths a route serves: one pattern, its text form and its rank.

=============  =====================================================================
``=/a``        this path
``/a``         ``/a`` and what is below it by whole segments: ``/a/b``, not ``/ab``
``/a/``        what is below ``/a/``: not ``/a`` itself
``/a*``        every path that begins so: ``/a``, ``/ab``, ``/a/b``
``/a/*.png``   a glob: ``*`` stands for any characters, ``/`` too; ``?`` for one
``/``          every path
=============  =====================================================================

Patterns and paths are compared in their decoded form. Of two patterns that match, the more
specific is an exact one; else the one with the longer fixed beginning; else the one with more fixed
characters in all; else a glob, then whole segments, then text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import quote

MAX_PATH = 2048
_WILD = re.compile(r"[*?]")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ENCODED_WILD = re.compile(r"%(?:2a|3f)", re.IGNORECASE)
_BAD = re.compile(r"[\x00-\x20\x7f#\\]|%(?![0-9A-Fa-f]{2})")
_NEVER_ASKED = re.compile(r"[\x00-\x1f\x7f\\]")
_PLAIN = "!$%&'()*+,-./:;=?@[]_~"
"""Characters of a pattern's text form that are no letters or digits."""
_PATH = "!$%&'()*+,-./:;=@_~"
"""The same of a path that is sent (RFC 3986, section 3.3)."""


class PathKind(IntEnum):
    """The kinds of patterns, the most specific first where their fixed text is the same."""

    EXACT = 0
    GLOB = 1
    SEGMENTS = 2
    TEXT = 3


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One pattern; ``text`` is the path, the fixed beginning, or the glob."""

    kind: PathKind
    text: str

    @property
    def beginning(self) -> str:
        """The characters before the first wildcard."""
        if self.kind is PathKind.GLOB:
            return _WILD.split(self.text, maxsplit=1)[0]
        return self.text

    @property
    def fixed(self) -> int:
        """How many characters a matching path certainly shares with the pattern."""
        return len(_WILD.sub("", self.text)) if self.kind is PathKind.GLOB else len(self.text)

    def __str__(self) -> str:
        """Return a text of visible ASCII that stands for the pattern."""
        text = quote(self.text, safe=_PLAIN, errors="surrogateescape")
        if self.kind is PathKind.EXACT:
            return f"={text}"
        if self.kind is PathKind.TEXT and not text.endswith("/"):
            return f"{text}*"
        return text or "/"


ANY_PATH = PathPattern(PathKind.SEGMENTS, "")


def parse_path_pattern(text: str) -> PathPattern:
    """Return the pattern that ``text`` stands for; raises ValueError with what is wrong with it."""
    if text.startswith("="):
        if text == "=":
            raise ValueError("path '=' is empty: write =/ for the path / alone")
        return PathPattern(PathKind.EXACT, match_path(text[1:]))
    if _ENCODED_WILD.search(text):
        raise ValueError(
            f"path {text!r} has %2A or %3F: that is possible in an exact path, like =/a%3F"
        )
    path = match_path(text)
    if path in ("", "/", "/*", "*"):
        return ANY_PATH
    wild = _WILD.search(path)
    if wild is None:
        # What ends with a slash is below it already, by whole segments or not.
        return PathPattern(PathKind.TEXT if path.endswith("/") else PathKind.SEGMENTS, path)
    if wild.start() == len(path) - 1 and path.endswith("*"):
        return PathPattern(PathKind.TEXT, path[:-1])
    return PathPattern(PathKind.GLOB, re.sub(r"\*+", "*", path))


def match_path(text: str) -> str:
    """Return a path, or the beginning of one, as it is compared with requests: decoded.

    ``%25`` and ``%2F`` stay as they are: decoded, they could not be told from a path that means
    something else (RFC 3986, section 2.2). Raises ValueError.
    """
    _check(text)
    plain = text.encode("utf-8", "surrogateescape")
    path = _ESCAPE.sub(_decoded, plain).decode("utf-8", "surrogateescape")
    if _NEVER_ASKED.search(path):
        raise ValueError(
            f"path {text!r} has an encoded control character or backslash: requests with one are"
            " refused"
        )
    _check_segments(text, path)
    return path


def sent_path(text: str) -> str:
    """Return a path as it is sent: percent-encoded where it has to be. Raises ValueError."""
    _check(text)
    _check_segments(text, text)
    if "?" in text:
        raise ValueError(f"path {text!r} has a ?: write %3F, and a query in the target's url")
    return quote(text, safe=_PATH)


def _check(text: str) -> None:
    if text and not text.startswith(("/", "*")):
        raise ValueError(f"path {text!r} does not begin with /")
    if len(text) > MAX_PATH:
        raise ValueError(f"a path of {len(text)} characters: {MAX_PATH} are possible")
    if _BAD.search(text):
        raise ValueError(
            f"path {text!r} has a blank, a control character, a #, a backslash or a lone %:"
            " write a blank as %20"
        )


def _check_segments(text: str, path: str) -> None:
    if any(segment in (".", "..") for segment in path.split("/")):
        raise ValueError(f"path {text!r} has a segment . or ..: no request's path keeps one")


def _decoded(escape: re.Match[bytes]) -> bytes:
    byte = bytes((int(escape[1], 16),))
    return escape[0].upper() if byte in (b"%", b"/") else byte
