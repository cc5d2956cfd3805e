# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``certs``: certificates. A private key is read from a file, and never shown."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ...resources.model import Kind
from ..client.api import Json
from ..ending import BadUsage
from ..options import Commands
from ..reading import STANDARD_INPUT, read_text
from ..showing.amounts import days
from ..showing.table import several
from .resources import Family, add_family

_FINGERPRINT_SHOWN = 16


def add(commands: Commands) -> None:
    """Add the family."""
    add_family(
        commands,
        Family(
            kind=Kind.CERTIFICATE,
            command="certs",
            noun="certificate",
            name="NAME",
            titles=("PROVIDER", "NAMES", ">DAYS LEFT", "FINGERPRINT"),
            row=_row,
            add_options=_add_options,
            document=_document,
            needs="--chain and --key, --self-signed, or --local-ca",
        ),
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--chain", metavar="FILE", help="PEM file of the certificate and its intermediates"
    )
    parser.add_argument("--key", metavar="FILE", help="PEM file of its private key")
    parser.add_argument("--password-file", metavar="FILE", help="has the password of the key")
    parser.add_argument(
        "--host", action="append", metavar="PATTERN",
        help="a name that a given certificate is shown for; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--self-signed", nargs="+", metavar="HOST", help="have one made for these names"
    )
    parser.add_argument("--days", type=int, metavar="N", help="how long a self-signed one holds")
    parser.add_argument(
        "--local-ca", nargs="+", metavar="HOST", help="have one issued by the local CA"
    )


def _document(asked: argparse.Namespace) -> Mapping[str, Any] | None:
    given = any(
        one is not None for one in (asked.chain, asked.key, asked.password_file, asked.host)
    )
    ways = (given, asked.self_signed is not None, asked.local_ca is not None)
    if sum(ways) > 1:
        raise BadUsage("a certificate is given, self-signed, or of the local CA: choose one")
    if asked.days is not None and asked.self_signed is None:
        raise BadUsage("--days is for --self-signed")
    if given:
        return _given(asked)
    if asked.self_signed is not None:
        days_asked = {} if asked.days is None else {"days": asked.days}
        return {"provider": "self_signed", "names": asked.self_signed, **days_asked}
    return None if asked.local_ca is None else {"provider": "local_ca", "names": asked.local_ca}


def _given(asked: argparse.Namespace) -> dict[str, Any]:
    if asked.chain is None or asked.key is None:
        raise BadUsage("a given certificate has --chain and --key")
    if "-----" in asked.key:
        # Whoever lists the processes has seen it.
        raise BadUsage("--key names a file; this key was in the command line: have another made")
    if (asked.chain, asked.key, asked.password_file).count(STANDARD_INPUT) > 1:
        raise BadUsage("standard input can be read once only: name files for the others")
    document: dict[str, Any] = {
        "provider": "given",
        "chain": read_text(asked.chain),
        "key": read_text(asked.key),
    }
    if asked.password_file is not None:
        document["password"] = read_text(asked.password_file).rstrip("\r\n")
    if asked.host is not None:
        document["hosts"] = asked.host
    return document


def _row(resource: Json) -> tuple[str, str, str, str]:
    document = resource.get("document") or {}
    known = resource.get("certificate") or {}
    left = known.get("days_left")
    return (
        str(known.get("provider") or document.get("provider") or ""),
        several([str(name) for name in known.get("names") or document.get("names") or []]),
        "" if left is None else days(left),
        str(known.get("fingerprint") or "")[:_FINGERPRINT_SHOWN],
    )
