# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS of the API: with the certificate that is configured, else with one that is made for it."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime
from pathlib import Path

from ..issuing.authority import self_signed
from ..issuing.names import BadName
from ..routes.model.policies import TlsPolicy
from ..snapshot.tls import Certificate
from ..tls.certificates import read_certificate
from ..tls.server_contexts import server_context

_LOCAL = ("localhost", "127.0.0.1", "::1")


def admin_context(certificate: Certificate | None, now: datetime) -> ssl.SSLContext:
    """Return the context of the doors on TCP.

    Without a certificate one is made for this machine's name and `localhost`, anew at each start:
    clients cannot check who they speak to. Raises BadCertificate for one that was not read yet and
    cannot be, and OSError.
    """
    shown = _made(now) if certificate is None else certificate
    read = read_certificate(shown, lambda path: Path(path).read_bytes())
    return server_context(read, TlsPolicy(), ("http/1.1",))


def _made(now: datetime) -> Certificate:
    try:
        return self_signed((socket.gethostname(), *_LOCAL), now).configured
    except BadName:
        return self_signed(_LOCAL, now).configured
