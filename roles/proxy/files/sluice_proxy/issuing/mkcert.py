# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authority of mkcert, where a developer has it: what trusts it trusts the proxy then.

Where it is: https://github.com/FiloSottile/mkcert, "The CAROOT environment variable" and the
folders that ``mkcert -CAROOT`` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .authority import Authority, BadAuthority
from .authority_folder import load

CERTIFICATE = "rootCA.pem"
KEY = "rootCA-key.pem"


def mkcert_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where mkcert looks for its authority, given the environment of its user. Pure.

    None where the environment names no place.
    """
    for variable, below in (
        ("CAROOT", ""),
        ("XDG_DATA_HOME", "mkcert"),
        ("HOME", ".local/share/mkcert"),
    ):
        if environ.get(variable):
            return Path(environ[variable], below)
    return None


def load_mkcert(environ: Mapping[str, str]) -> Authority | None:
    """Return mkcert's authority, None where it is not installed; raises BadAuthority.

    A certificate without its key, as mkcert leaves it on machines that are only to trust, is an
    error: to issue by another authority than asked for would surprise.
    """
    folder = mkcert_folder(environ)
    if folder is None:
        return None
    try:
        if not (folder / CERTIFICATE).exists():
            return None
    except OSError as error:
        raise BadAuthority(f"{folder} cannot be read: {error.strerror}: check its owner") from None
    return load(folder, certificate=CERTIFICATE, key=KEY)
