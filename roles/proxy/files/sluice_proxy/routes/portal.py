# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes as nanopack/portal has them: its fields in, a Route out.

``subdomain`` and ``domain`` become one host pattern, so that the most specific route wins by the
one rule there is. More than Portal does: names have any number of labels, in any case; a
subdomain is compared by whole labels, and is found behind further labels even where a less
specific route would match.
"""

from __future__ import annotations

import re

from sluice_proxy.routes.model.actions import Page, Rewrite
from sluice_proxy.routes.model.health import ActiveCheck, HealthChecks
from sluice_proxy.routes.model.host_pattern import ANY_HOST, HostKind, HostPattern, host_name
from sluice_proxy.routes.model.path_pattern import PathPattern, parse_path_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Target

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def portal_hosts(subdomain: str, domain: str) -> HostPattern:
    """Return the host pattern of the two fields, either may be empty; raises ValueError."""
    beginning = host_name(subdomain) if subdomain else ""
    ending = host_name(domain) if domain else ""
    if beginning and ending:
        return HostPattern(HostKind.BETWEEN, ending, beginning)
    if beginning:
        return HostPattern(HostKind.BEGINNING, beginning=beginning)
    return HostPattern(HostKind.BELOW, ending) if ending else ANY_HOST


def portal_path(path: str) -> PathPattern:
    """Return the path pattern of ``path``, with a star at its end only; raises ValueError."""
    if "*" in path.removesuffix("*") or "?" in path or path.startswith("="):
        raise ValueError(f"path {path!r}: a * is possible at its end only, and no ? or =")
    return parse_path_pattern(path)


def portal_route(
    *,
    name: str = "",
    subdomain: str = "",
    domain: str = "",
    path: str = "",
    targets: tuple[Target, ...] = (),
    fwdpath: str = "",
    page: Page | None = None,
    endpoint: str = "",
    expected_code: int = 200,
    expected_body: str = "",
    expected_header: str = "",
    host: str = "",
    timeout: int = 3000,
    attempts: int = 3,
) -> Route:
    """Return the route of Portal's fields; ``timeout`` in milliseconds. Raises ValueError.

    A page beats targets. Without ``name`` it is called after its host and path, as in
    ``b.**.example.com/b*``.
    """
    where, which = portal_hosts(subdomain, domain), portal_path(path)
    check = None
    if endpoint:
        check = ActiveCheck(
            endpoint=endpoint if endpoint.startswith("/") else f"/{endpoint}",
            expected_code=expected_code,
            expected_body=expected_body,
            expected_field=expected_field(expected_header) if expected_header else None,
            host=host or None,
            timeout=timeout / 1000,
            attempts=attempts,
        )
    return Route(
        name=name or f"{where}{which}",
        hosts=(where,),
        paths=(which,),
        targets=targets,
        page=page,
        rewrite=Rewrite(forward_path=fwdpath),
        health=HealthChecks(active=check),
    )


def expected_field(text: str) -> tuple[str, str]:
    """Return name, in lower case, and value of ``Field:value``; raises ValueError."""
    name, colon, value = text.partition(":")
    if not colon or not _TOKEN.match(name):
        raise ValueError(f"expected header {text!r} is not of the form Field:value")
    return name.lower(), value.strip()
