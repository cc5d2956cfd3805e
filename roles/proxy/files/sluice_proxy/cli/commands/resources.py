# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the commands of routes, certificates and error pages have alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...resources.model import Kind
from ..client.api import Json
from ..ending import BadUsage, Exit, Failure
from ..options import Commands, add_dry_run, add_if_version, api_of
from ..reading import read_document
from ..showing.plan import plan_lines, resource_lines
from ..showing.table import table
from ..showing.terminal import say, say_json


@dataclass(frozen=True, slots=True)
class Family:
    """The commands of one kind of resources.

    ``row`` gives the cells of ``titles`` for a resource. ``add_options`` adds what says the
    document in the common case, and ``document`` makes it of them: None when none was given;
    raises BadUsage.
    """

    kind: Kind
    command: str
    noun: str
    name: str
    titles: Sequence[str]
    row: Callable[[Json], Sequence[str]]
    add_options: Callable[[argparse.ArgumentParser], None]
    document: Callable[[argparse.Namespace], Mapping[str, Any] | None]
    needs: str


def add_family(commands: Commands, family: Family) -> Commands:
    """Add ``list``, ``show``, ``add``, ``set`` and ``remove`` of a family; return where others of
    it go."""
    noun, name = family.noun, family.name
    group = commands.group(family.command, f"{noun}s: list, show, add, set, remove")

    listing = group.command("list", f"list the {noun}s", lambda a: _list(family, a), api=True)
    listing.add_argument("--owner", metavar="NAME", help="only those of this owner")

    showing = group.command(
        "show", f"show a {noun} as YAML, which set takes", lambda a: _show(family, a), api=True
    )
    showing.add_argument("name", metavar=name)

    adding = group.command(
        "add", f"add a {noun}; it is a conflict if it is there", lambda a: _add(family, a), api=True
    )
    _add_changing(adding, family)

    setting = group.command(
        "set",
        f"have a {noun} be what is said here, and no more; it is made if it is not there",
        lambda a: _set(family, a),
        api=True,
    )
    _add_changing(setting, family)
    add_if_version(setting)

    removing = group.command(
        "remove", f"remove {noun}s: all that are named, or none", lambda a: _remove(family, a),
        api=True,
    )  # fmt: skip
    removing.add_argument("names", nargs="+", metavar=name)
    add_dry_run(removing)
    add_if_version(removing)
    return group


def _add_changing(parser: argparse.ArgumentParser, family: Family) -> None:
    parser.add_argument("name", metavar=family.name)
    family.add_options(parser)
    parser.add_argument(
        "-f", "--file", metavar="FILE",
        help="the document as JSON or YAML; - for standard input",
    )  # fmt: skip
    parser.add_argument("--owner", metavar="NAME", help="who it is of")
    add_dry_run(parser)


def _list(family: Family, asked: argparse.Namespace) -> int:
    answer = api_of(asked).resources(family.kind, owner=asked.owner)
    if asked.json:
        say_json(answer)
        return Exit.GOOD
    items = answer.get("items") or []
    rows = [
        [str(item.get("id")), *family.row(item), str(item.get("origin")),
         str(item.get("owner") or ""), str(item.get("version") or "")]
        for item in items
    ]  # fmt: skip
    if rows:
        say(*table([family.name, *family.titles, "ORIGIN", "OWNER", ">VERSION"], rows))
    else:
        say(f"there are no {family.noun}s")
    return Exit.GOOD


def _show(family: Family, asked: argparse.Namespace) -> int:
    items = api_of(asked).resources(family.kind, [asked.name]).get("items") or []
    found = next((item for item in items if item.get("id") == asked.name), None)
    if found is None:
        raise Failure(Exit.REFUSED, f"there is no {family.noun} {asked.name}")
    if asked.json:
        say_json(found)
    else:
        say(*resource_lines(found))
    return Exit.GOOD


def _add(family: Family, asked: argparse.Namespace) -> int:
    return _declare(family, asked, expected=0)


def _set(family: Family, asked: argparse.Namespace) -> int:
    return _declare(family, asked, expected=asked.if_version)


def _declare(family: Family, asked: argparse.Namespace, expected: int | None) -> int:
    document = family.document(asked)
    if asked.file is not None:
        if document is not None:
            raise BadUsage("--file has the whole document: leave the other options out")
        document = read_document(asked.file)
    if document is None:
        raise BadUsage(f"say what the {family.noun} is: {family.needs}, or --file")
    change: dict[str, Any] = {"kind": family.kind, "id": asked.name, "document": document}
    if asked.owner is not None:
        change["owner"] = asked.owner
    outcome = api_of(asked).change([_expecting(change, expected)], dry_run=asked.dry_run)
    if asked.json:
        say_json(outcome)
    else:
        say(*plan_lines(outcome, dry_run=asked.dry_run))
    return Exit.GOOD


def _remove(family: Family, asked: argparse.Namespace) -> int:
    names = list(dict.fromkeys(asked.names))
    if asked.if_version is not None and len(names) > 1:
        raise BadUsage(f"--if-version is for one {family.noun}: remove the others without it")
    changes = [
        _expecting({"kind": family.kind, "id": name, "remove": True}, asked.if_version)
        for name in names
    ]
    outcome = api_of(asked).change(changes, dry_run=asked.dry_run)
    removed = {operation.get("id") for operation in outcome.get("operations") or []}
    if asked.json:
        say_json(outcome)
        return Exit.GOOD
    if removed:
        say(*plan_lines(outcome, dry_run=asked.dry_run))
    say(*(f"{family.noun} {name} is not there" for name in names if name not in removed))
    return Exit.GOOD


def _expecting(change: dict[str, Any], version: int | None) -> dict[str, Any]:
    return change if version is None else {**change, "expected": version}
