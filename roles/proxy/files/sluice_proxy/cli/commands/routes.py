# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``routes``: which requests go where."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ...resources.model import Kind
from ..client.api import Json
from ..options import Commands
from ..showing.table import several
from .resources import Family, add_family


def add(commands: Commands) -> None:
    """Add the family."""
    add_family(
        commands,
        Family(
            kind=Kind.ROUTE,
            command="routes",
            noun="route",
            name="NAME",
            titles=("HOSTS", "PATHS", "TO"),
            row=_row,
            add_options=_add_options,
            document=_document,
            needs="--target or --redirect",
        ),
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", action="append", metavar="PATTERN", help="a host pattern; may be repeated"
    )
    parser.add_argument(
        "--path", action="append", metavar="PATTERN", help="a path pattern; may be repeated"
    )
    parser.add_argument(
        "--target", action="append", metavar="URL", help="a target; may be repeated"
    )
    parser.add_argument("--redirect", metavar="TEMPLATE", help="where clients are sent; or https")
    parser.add_argument("--health", metavar="PATH", help="the endpoint of active health checks")
    parser.add_argument(
        "--tls", choices=["auto"], help="have a certificate made for the route's hosts"
    )


def _document(asked: argparse.Namespace) -> Mapping[str, Any] | None:
    said = {
        "hosts": asked.host,
        "paths": asked.path,
        "targets": asked.target,
        "redirect": asked.redirect,
        "health": asked.health,
        "tls": asked.tls,
    }
    return {key: value for key, value in said.items() if value is not None} or None


def _row(resource: Json) -> tuple[str, str, str]:
    document = resource.get("document") or {}
    portal = document.get("portal")
    if isinstance(portal, dict):
        # Only routes of Portal need the rules for its names.
        from ...routes.portal import portal_hosts

        host = portal_hosts(portal.get("subdomain") or "", portal.get("domain") or "")
        return str(host), str(portal.get("path") or "/"), _to(portal)
    hosts, paths = _texts(document.get("hosts", "*")), _texts(document.get("paths", "/"))
    return several(hosts), several(paths), _to(document)


def _to(document: Mapping[str, Any]) -> str:
    if document.get("maintenance"):
        return "maintenance"
    if document.get("redirect"):
        redirect = document["redirect"]
        where = redirect.get("location", "") if isinstance(redirect, dict) else redirect
        return f"redirect: {where}"
    if document.get("page"):
        return "a page"
    return several(
        [
            str(one.get("url", "")) if isinstance(one, dict) else str(one)
            for one in _list(document.get("targets"))
        ]
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in _list(value)]


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
