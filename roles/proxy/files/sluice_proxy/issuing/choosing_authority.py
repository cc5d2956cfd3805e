# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which CA the configuration asks for: mkcert's where it is installed, else one of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography import x509

from ..snapshot.issuing import Issuing
from .authority import Authority, AuthorityPem
from .authority_folder import load_certificate, load_or_make
from .mkcert import load_mkcert, load_mkcert_certificate


def use_authority(
    issuing: Issuing, environ: Mapping[str, str], make: Callable[[], AuthorityPem]
) -> Authority:
    """Return the CA, made where it is missing; ``environ`` is that of mkcert's user. Raises
    BadAuthority."""
    found = load_mkcert(environ) if issuing.mkcert else None
    return found or load_or_make(Path(issuing.folder), make)


def find_certificate(issuing: Issuing, environ: Mapping[str, str]) -> x509.Certificate:
    """Return the certificate of the CA that there is, which takes no key; raises BadAuthority."""
    found = load_mkcert_certificate(environ) if issuing.mkcert else None
    return found or load_certificate(Path(issuing.folder))
