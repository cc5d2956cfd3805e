# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several commands have."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .client.api import Api
from .client.place import DEFAULT_SOCKET, UnixPlace, remote_place
from .ending import BadUsage

SOCKET_VARIABLE = "SLUICE_PROXY_SOCKET"

Run = Callable[[argparse.Namespace], int]
"""Carries a command out, and returns its exit code; raises Failure."""


class Commands:
    """The subcommands of a parser, which takes no abbreviations of options anywhere."""

    def __init__(self, parser: argparse.ArgumentParser, title: str) -> None:
        self._subparsers = parser.add_subparsers(required=True, metavar=title)

    def group(self, name: str, says: str) -> Commands:
        """Add a command that has subcommands of its own."""
        parser = self._subparsers.add_parser(
            name, help=says, description=_sentence(says), allow_abbrev=False
        )
        return Commands(parser, "COMMAND")

    def command(
        self, name: str, says: str, run: Run, *, json: bool = True, api: bool = False
    ) -> argparse.ArgumentParser:
        """Add a command; ``json`` and ``api`` are for the options of that."""
        parser = self._subparsers.add_parser(
            name, help=says, description=_sentence(says), allow_abbrev=False
        )
        parser.set_defaults(run=run)
        if json:
            parser.add_argument("--json", action="store_true", help="answer in JSON")
        if api:
            _add_place(parser)
        return parser


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def add_socket(parser: argparse.ArgumentParser) -> None:
    """Add the option of where the API is on this machine."""
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help=f"the admin API's unix socket; else {SOCKET_VARIABLE}, else {DEFAULT_SOCKET}",
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    add_socket(parser)
    parser.add_argument("--url", metavar="URL", help="an admin API elsewhere: https://HOST:PORT")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="has the token for --url")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="PEM file of who issued the certificate of --url"
    )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add the option to change nothing."""
    parser.add_argument("--dry-run", action="store_true", help="say what would change, only")


def add_if_version(parser: argparse.ArgumentParser) -> None:
    """Add the option of the version that is expected."""
    parser.add_argument(
        "--if-version",
        type=_version,
        metavar="N",
        help="only if this is its version; 0: only if it is not there",
    )


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is no version: write a number")
    return int(text)


def api_of(asked: argparse.Namespace) -> Api:
    """Return the API that the options of a command lead to; raises BadUsage."""
    values: dict[str, Any] = vars(asked)
    url, token_file, authority = (values.get(name) for name in ("url", "token_file", "ca"))
    if url is None:
        if token_file is not None or authority is not None:
            raise BadUsage("--token-file and --ca are for an API elsewhere: name it with --url")
        path = asked.socket
        if path is None:
            path = os.environ.get(SOCKET_VARIABLE) or DEFAULT_SOCKET
        return Api(UnixPlace(path))
    if asked.socket is not None:
        raise BadUsage("--socket and --url are two places: name one")
    return Api(remote_place(url, token_file, authority))
