# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contexts towards https targets."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import lru_cache

from ..routes.model.target import TargetTls

MOST_CONTEXTS = 1024


def upstream_context(settings: TargetTls) -> ssl.SSLContext:
    """Return a context for a target; its name is checked against what the connection names.

    Raises OSError or ssl.SSLError, with the file, for one that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif settings.ca_file is not None:
        _load(settings.ca_file, lambda: context.load_verify_locations(cafile=settings.ca_file))
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if settings.certificate_file is not None:
        own = settings.certificate_file
        _load(own, lambda: context.load_cert_chain(own, settings.key_file, _no_password))
    return context


class UpstreamContexts:
    """Contexts that were made, shared by targets that are alike; for one snapshot at a time."""

    def __init__(self) -> None:
        self._get = lru_cache(MOST_CONTEXTS)(upstream_context)

    def of(self, settings: TargetTls) -> ssl.SSLContext:
        """Return the context for a target; raises OSError or ssl.SSLError."""
        return self._get(settings)

    def forget(self) -> None:
        """Read the files again for the next connections: a new snapshot is in force."""
        self._get.cache_clear()


def _load(file: str, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise ssl.SSLError(error.errno, f"file {file} cannot be used: {error.reason}") from None
    except OSError as error:
        raise OSError(error.errno, f"file {file} cannot be used: {error.strerror}") from None


def _no_password() -> str:
    # Without this, the library would ask whoever is at the terminal.
    return ""
