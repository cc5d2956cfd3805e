# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that an authority knows already, by what the configuration says of them."""

from __future__ import annotations

from pathlib import Path

from ...acme.signing.jws import ExternalAccount
from ...snapshot.issuing import CertificateAuthority
from ..policies.problems import NotSetUp

_LONGEST = 4096


def external_account(authority: CertificateAuthority) -> ExternalAccount | None:
    """Return the external account with its key, None where none is set; raises NotSetUp."""
    wanted = authority.external_account
    if wanted is None:
        return None
    try:
        with Path(wanted.key_file).open("rb") as file:
            content = file.read(_LONGEST)
    except OSError as error:
        raise NotSetUp(
            f"external_account.key_file {wanted.key_file} cannot be read: {error.strerror}"
        ) from None
    try:
        return ExternalAccount.of(wanted.key_id, content.decode("ascii").strip())
    except ValueError:
        # What the library says may have parts of the key.
        raise NotSetUp(
            f"external_account.key_file {wanted.key_file} has no key in base64url"
        ) from None
