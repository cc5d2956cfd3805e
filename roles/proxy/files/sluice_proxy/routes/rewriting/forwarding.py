# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request-target that goes to a target (RFC 9112, section 3.2.1)."""

from __future__ import annotations

import re

from sluice_proxy.routes.model.actions import Rewrite
from sluice_proxy.routes.model.path_pattern import PathKind, PathPattern
from sluice_proxy.routes.model.target import Target
from sluice_proxy.routes.rewriting.beginning import after, after_segments

_DOT_SEGMENT = re.compile(rb"(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?:/|%2f|\Z)", re.IGNORECASE)


class UnsafePath(ValueError):
    """A path that would lead out of what the route forwards to."""


class Forwarding:
    """How requests that one pattern of a route matched are asked of one of its targets.

    ``changes`` is False where what the client sent goes on as it is.
    """

    __slots__ = (
        "_before",
        "_beginning",
        "_exact",
        "_forward",
        "_query",
        "_replace",
        "_strip",
        "changes",
    )

    def __init__(self, rewrite: Rewrite, matched: PathPattern, target: Target) -> None:
        self._forward = rewrite.forward_path.encode()
        self._beginning = matched.beginning
        self._exact = matched.kind is PathKind.EXACT
        self._strip = rewrite.strip
        self._replace = None
        if rewrite.replace is not None:
            self._replace = (rewrite.replace[0], rewrite.replace[1].encode())
        self._before = target.path.encode()
        self._query = target.query.encode()
        self.changes = rewrite != Rewrite() or bool(target.path or target.query)

    def origin_form(self, path: bytes, query: bytes | None) -> bytes:
        """Return path and query for the target.

        ``path`` is the client's, still percent-encoded and without dot segments; ``query`` is
        what followed its question mark, or None. The target's path stands before the path, its
        query before the query. Raises UnsafePath.
        """
        if path == b"*":
            return path
        path = self._rewritten(path)
        if self._before:
            path = joined(self._before, path)
        if self._query:
            query = self._query + b"&" + query if query else self._query
        return path if query is None else path + b"?" + query

    def _rewritten(self, path: bytes) -> bytes:
        if self._forward:
            rest = after(path, self._beginning)
            if rest is None:
                rest = path
            elif self._exact:
                return _one_slash(self._forward)
            elif _DOT_SEGMENT.match(rest):
                # A beginning such as /a* may end within the segment "a..".
                raise UnsafePath("the path would climb above the one that it is forwarded to")
            return _one_slash(joined(self._forward, rest))
        if self._strip:
            rest = after_segments(path, self._strip)
            return path if rest is None else _one_slash(rest)
        if self._replace is not None:
            beginning, instead = self._replace
            rest = after_segments(path, beginning)
            if rest is None:
                return path
            if rest and beginning.endswith("/"):
                return _one_slash(joined(instead, rest))
            return _one_slash(instead + rest)
        return path


def joined(beginning: bytes, rest: bytes) -> bytes:
    """Return the two with exactly one slash between them."""
    return beginning.removesuffix(b"/") + b"/" + rest.removeprefix(b"/")


def _one_slash(path: bytes) -> bytes:
    """Return ``path`` with one slash at its beginning.

    More would read as an authority where the origin makes a redirect of its own from it (RFC
    3986, section 4.2).
    """
    return b"/" + path.lstrip(b"/")
