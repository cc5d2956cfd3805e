# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Location of a redirect, from a template and what the client asked for.

=============  ==========================================================
``{scheme}``   http or https, as the request came
``{host}``     the request's host, without port
``{port}``     its port with a colon before it; empty when it had none
``{path}``     its path, which begins with exactly one slash
``{rest}``     the path less the fixed beginning of the route's pattern, with its slash
``{query}``    its query with the question mark; empty when it had none
=============  ==========================================================
"""

from __future__ import annotations

import re
from urllib.parse import quote

from sluice_proxy.routes.model.path_pattern import PathPattern
from sluice_proxy.routes.rewriting.beginning import after

_NAMES = frozenset({"scheme", "host", "port", "path", "rest", "query"})
_PLACE = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])\Z")
_START = re.compile(
    r"(?:https?|\{scheme\})://(?:\{host\}|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])", re.I
)
_PORT = re.compile(r":[0-9]{1,5}|\{port\}")
# What a field and a browser take as it is. No backslash: browsers read it as a slash.
_SAFE = "!$%&'()*+,-./:;=?@_~"


def check_location(template: str) -> str:
    """Return ``template``, or raise ValueError with what is wrong with it.

    A client can never choose the host that it is sent to, other than the one it asked: what it
    supplies stands behind a slash, a question mark or a whole authority.
    """
    for name in _PLACE.findall(template):
        if name not in _NAMES:
            raise ValueError(
                f"location {template!r} has {{{name}}}: use {', '.join(sorted(_NAMES))}"
            )
    bare = _PLACE.sub("", template)
    if "{" in bare or "}" in bare:
        raise ValueError(f"location {template!r} has a brace without its partner")
    if not all("!" <= char <= "~" and char not in '"<>\\^`|' for char in bare):
        raise ValueError(f"location {template!r} has a character that an URI cannot have")
    if template.startswith(("/", "{path}", "{rest}")):
        if template.startswith("//") or re.match(r"/\{(?:path|rest)\}", template):
            raise ValueError(f"location {template!r} begins with two slashes: that names a host")
        return template
    start = _START.match(template)
    if start is None:
        raise ValueError(
            f"location {template!r} begins neither with http://, https://, {{scheme}}://"
            " and a host, nor with / or {path}"
        )
    port = _PORT.match(template, start.end())
    rest = template[port.end() if port else start.end() :]
    # A query may be empty: what follows it would belong to the host then.
    if rest not in ("", "{query}") and not rest.startswith(("/", "?", "{path}", "{rest}")):
        raise ValueError(f"location {template!r} has no / after its host")
    return template


def location(
    template: str,
    *,
    scheme: str,
    host: str,
    port: int | None,
    path: bytes,
    query: bytes | None,
    matched: PathPattern,
) -> bytes | None:
    """Return the Location for a request; None when its host is not one that may be repeated.

    ``path`` and ``query`` as the client sent them, percent-encoded.
    """
    if "{host}" in template and not _HOST.match(host):
        return None
    rest = after(path, matched.beginning)
    values = {
        "scheme": scheme,
        "host": host,
        "port": "" if port is None else f":{port}",
        "path": _path(path),
        "rest": _path(path if rest is None else rest),
        "query": "" if query is None else "?" + quote(query, safe=_SAFE),
    }
    place = _PLACE.sub(lambda name: values[name[1]], template)
    if place.startswith("//"):
        # Of {path}/index.html and the path /: two slashes would name a host.
        place = "/" + place.lstrip("/")
    return place.encode("ascii")


def _path(path: bytes) -> str:
    return "/" + quote(path, safe=_SAFE).lstrip("/")
