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
from ..ending import BadUsage, Exit
from ..options import Commands, api_of
from ..reading import STANDARD_INPUT, read_text
from ..showing.amounts import days
from ..showing.orders import order_words
from ..showing.table import several
from ..showing.terminal import say, say_json
from .resources import Family, add_family

_FINGERPRINT_SHOWN = 16
_TERMS = ("authority", "challenge", "profile", "key_type")
_REASONS = (
    "unspecified",
    "key_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
)


def add(commands: Commands) -> None:
    """Add the family, and what else can be done about certificates that are ordered."""
    group = add_family(
        commands,
        Family(
            kind=Kind.CERTIFICATE,
            command="certs",
            noun="certificate",
            name="NAME",
            titles=("PROVIDER", "NAMES", ">DAYS LEFT", "FINGERPRINT", "ORDER"),
            row=_row,
            add_options=_add_options,
            document=_document,
            needs="--chain and --key, --self-signed, --local-ca, or --acme",
        ),
    )
    renewing = group.command(
        "renew", "have a certificate ordered anew now; status tells when it is there", _renew,
        api=True,
    )  # fmt: skip
    renewing.add_argument("name", metavar="NAME")
    revoking = group.command(
        "revoke",
        "have the authority revoke a certificate, which is for good; it stays declared",
        _revoke,
        api=True,
    )
    revoking.add_argument("name", metavar="NAME")
    revoking.add_argument(
        "--reason", choices=_REASONS, default=_REASONS[0], help="why, for the authority to tell"
    )


def _renew(asked: argparse.Namespace) -> int:
    answer = api_of(asked).renew(asked.name)
    if asked.json:
        say_json(answer)
    else:
        say(f"certificate {asked.name} is ordered anew")
    return Exit.GOOD


def _revoke(asked: argparse.Namespace) -> int:
    answer = api_of(asked).revoke(asked.name, asked.reason)
    if asked.json:
        say_json(answer)
    else:
        say(f"certificate {asked.name} is revoked")
    return Exit.GOOD


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
    parser.add_argument("--acme", nargs="+", metavar="HOST", help="have one ordered by ACME")
    parser.add_argument("--authority", metavar="NAME", help="whom to order it of")
    parser.add_argument("--challenge", metavar="TYPE", help="how control of the names is shown")
    parser.add_argument("--profile", metavar="NAME", help="which of the authority's profiles")
    parser.add_argument("--key-type", metavar="TYPE", help="what key it gets")


def _document(asked: argparse.Namespace) -> Mapping[str, Any] | None:
    given = any(
        one is not None for one in (asked.chain, asked.key, asked.password_file, asked.host)
    )
    ways = (
        given,
        *(one is not None for one in (asked.self_signed, asked.local_ca, asked.acme)),
    )
    if sum(ways) > 1:
        raise BadUsage("a certificate is given, self-signed, of the local CA, or ordered: choose")
    terms = {name: getattr(asked, name) for name in _TERMS if getattr(asked, name) is not None}
    if terms and asked.acme is None:
        raise BadUsage(f"--{next(iter(terms)).replace('_', '-')} is for --acme")
    if asked.acme is not None:
        return {"provider": "acme", "names": asked.acme, **terms}
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


def _row(resource: Json) -> tuple[str, ...]:
    document = resource.get("document") or {}
    known = resource.get("certificate") or {}
    left = known.get("days_left")
    return (
        str(known.get("provider") or document.get("provider") or ""),
        several([str(name) for name in known.get("names") or document.get("names") or []]),
        "" if left is None else days(left),
        str(known.get("fingerprint") or "")[:_FINGERPRINT_SHOWN],
        order_words(resource.get("order")),
    )
