# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ca``: the certificate of the local CA, and whether this machine trusts it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..ending import BadUsage, Exit, Failure
from ..options import Commands, add_dry_run, api_of
from ..showing.terminal import say, say_json

if TYPE_CHECKING:
    from cryptography import x509

    from ...issuing.trust_plan import Seen, Step


def add(commands: Commands) -> None:
    """Add ``export``, ``trust`` and ``untrust``."""
    group = commands.group("ca", "the local development CA: export, trust, untrust")
    export = group.command("export", "print its certificate as PEM", _export, api=True)
    trust = group.command("trust", "have this machine trust it; needs root", _trust, api=True)
    untrust = group.command(
        "untrust", "have this machine trust it no more; needs root", _untrust, api=True
    )
    for parser in (export, trust, untrust):
        parser.add_argument(
            "--folder", type=Path, metavar="FOLDER",
            help="the folder of the CA, for where no proxy runs",
        )  # fmt: skip
    untrust.add_argument(
        "--all", action="store_true", help="every CA of a sluice proxy that was trusted here"
    )
    for parser in (trust, untrust):
        add_dry_run(parser)


def _export(asked: argparse.Namespace) -> int:
    from ...issuing.issued import certificate_pem, fingerprint

    certificate = _certificate(asked)
    pem = certificate_pem(certificate).decode()
    if asked.json:
        say_json({"pem": pem, "fingerprint": fingerprint(certificate)})
    else:
        say(*pem.splitlines())
    return Exit.GOOD


def _trust(asked: argparse.Namespace) -> int:
    from ...issuing.issued import certificate_pem, fingerprint
    from ...issuing.trust_plan import DEBIAN, plan_trust

    certificate = _certificate(asked)
    plan = plan_trust(certificate_pem(certificate), fingerprint(certificate), DEBIAN, _seen())
    return _carry_out(asked, plan, "the machine trusts it")


def _untrust(asked: argparse.Namespace) -> int:
    from ...issuing.issued import fingerprint
    from ...issuing.trust_plan import DEBIAN, plan_untrust

    if asked.all and _is_placed(asked):
        raise BadUsage("--all is for every CA: leave --folder, --socket and --url out")
    whose = None if asked.all else fingerprint(_certificate(asked))
    plan = plan_untrust(whose, DEBIAN, _seen())
    return _carry_out(asked, plan, "the machine does not trust it")


def _certificate(asked: argparse.Namespace) -> x509.Certificate:
    """Return the CA's certificate, of its folder or of the proxy that runs."""
    from ...issuing.authority import BadAuthority, read_authority_certificate
    from ...issuing.authority_folder import load_certificate

    try:
        if asked.folder is not None:
            if asked.socket is not None or asked.url is not None:
                raise BadUsage("--folder, --socket and --url are places of one CA: name one")
            return load_certificate(asked.folder)
        return read_authority_certificate(api_of(asked).local_ca())
    except BadAuthority as bad:
        raise Failure(Exit.FAILED, str(bad)) from None


def _is_placed(asked: argparse.Namespace) -> bool:
    return any(place is not None for place in (asked.folder, asked.socket, asked.url))


def _carry_out(asked: argparse.Namespace, plan: Sequence[Step], already: str) -> int:
    from ...issuing.system_trust import CannotTrust, carry_out

    if not asked.dry_run:
        try:
            carry_out(plan)
        except CannotTrust as cannot:
            raise Failure(Exit.FAILED, str(cannot)) from None
    if asked.json:
        say_json({"changed": bool(plan), "steps": [str(step) for step in plan]})
    elif not plan:
        say(f"nothing {'would change' if asked.dry_run else 'changed'}: {already} already")
    else:
        say(*(f"{'would ' if asked.dry_run else 'done: '}{step}" for step in plan))
    return Exit.GOOD


def _seen() -> Seen:
    from ...issuing.system_trust import CannotTrust, look
    from ...issuing.trust_plan import DEBIAN

    try:
        return look(DEBIAN)
    except CannotTrust as cannot:
        raise Failure(Exit.FAILED, str(cannot)) from None
