# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``errors``: the answers that the proxy gives itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ...resources.model import Kind
from ..client.api import Json
from ..ending import BadUsage
from ..options import Commands
from ..reading import read_text
from .resources import Family, add_family

_SHOWN = 40


def add(commands: Commands) -> None:
    """Add the family."""
    add_family(
        commands,
        Family(
            kind=Kind.PAGE,
            command="errors",
            noun="page",
            name="ERROR",
            titles=("STATUS", "TYPE", "CONTENT"),
            row=_row,
            add_options=_add_options,
            document=_document,
            needs="a file with its content",
        ),
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "content", nargs="?", metavar="PAGE", help="a file with the content; - for standard input"
    )
    parser.add_argument("--content-type", metavar="TYPE", help="its type; else as it looks")
    parser.add_argument("--status", type=int, metavar="N", help="status of the answer")


def _document(asked: argparse.Namespace) -> Mapping[str, Any] | None:
    more = {
        key: value
        for key, value in (("content_type", asked.content_type), ("status", asked.status))
        if value is not None
    }
    if asked.content is None:
        if more and asked.file is None:
            raise BadUsage("a page has content: name a file that has it")
        return more or None
    if asked.file is not None:
        raise BadUsage("--file has the whole document: leave the other options out")
    return {"content": read_text(asked.content), **more}


def _row(resource: Json) -> tuple[str, str, str]:
    document = resource.get("document") or {}
    content = document.get("content") or document.get("file") or ""
    first = str(content).strip().partition("\n")[0]
    return (
        str(document.get("status") or ""),
        str(document.get("content_type") or ""),
        first if len(first) <= _SHOWN else f"{first[: _SHOWN - 1]}…",
    )
