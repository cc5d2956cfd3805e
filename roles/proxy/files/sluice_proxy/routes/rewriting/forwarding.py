# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request-target that goes to a target (RFC 9112, section 3.2.1)."""

from __future__ import annotations

from sluice_proxy.routes.model.actions import Rewrite
from sluice_proxy.routes.model.path_pattern import PathPattern
from sluice_proxy.routes.model.target import Target


def forwarded(
    path: str, query: str | None, *, rewrite: Rewrite, matched: PathPattern, target: Target
) -> str:
    """Return the origin-form for ``target``.

    ``path`` is the request's canonical one, ``query`` what followed its ``?``, or None. The
    target's path stands before the path, and its query before the query.
    """
    path = rewritten(path, rewrite, matched)
    if target.path:
        path = joined(target.path, path)
    if target.query:
        query = f"{target.query}&{query}" if query else target.query
    return path if query is None else f"{path}?{query}"


def rewritten(path: str, rewrite: Rewrite, matched: PathPattern) -> str:
    """Return ``path`` after the route's rewriting; it begins with one slash.

    More than one at the beginning would read as an authority where the origin builds a redirect
    of its own from it (RFC 3986, section 4.2).
    """
    if rewrite.forward_path:
        return _one_slash(joined(rewrite.forward_path, path.removeprefix(matched.beginning)))
    if rewrite.strip and begins_with(path, rewrite.strip):
        return _one_slash(path[len(rewrite.strip) :])
    if rewrite.replace is not None:
        beginning, instead = rewrite.replace
        if begins_with(path, beginning):
            return _one_slash(instead + path[len(beginning) :])
    return path


def begins_with(path: str, beginning: str) -> bool:
    """Return whether ``path`` begins so by whole segments, as patterns without ``*`` match."""
    if not path.startswith(beginning):
        return False
    return beginning.endswith("/") or path[len(beginning) : len(beginning) + 1] in ("", "/")


def joined(beginning: str, rest: str) -> str:
    """Return the two with exactly one slash between them."""
    return beginning.removesuffix("/") + "/" + rest.removeprefix("/")


def _one_slash(path: str) -> str:
    return "/" + path.lstrip("/")
