# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contexts towards clients: made when they are first needed, and bounded in number.

There is one for each pair of certificate and policy that is in use. Every context has ticket keys
of its own, so that a session begun under one policy is never resumed under another: shared keys
would let a client skip the certificate that a host asks for. Workers do not share keys either: a
client that comes to another worker does a whole handshake.
"""

from __future__ import annotations

import os
import ssl
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from ..routes.model.policies import ClientCertificate, TlsPolicy
from ..snapshot.tls import Certificate

MOST_CONTEXTS = 1024
"""Contexts that a worker keeps; the one that was not used for longest makes room."""

_MIN_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class ServerContexts:
    """Contexts by certificate and policy. They outlive a snapshot that does not change these."""

    __slots__ = ("_contexts", "_most", "_protocols", "made")

    def __init__(self, protocols: Sequence[str], most: int = MOST_CONTEXTS) -> None:
        self._protocols = list(protocols)
        self._most = most
        self._contexts: OrderedDict[tuple[Certificate, TlsPolicy], ssl.SSLContext] = OrderedDict()
        self.made = 0
        """How many contexts were made so far, those that are gone included."""

    def __len__(self) -> int:
        return len(self._contexts)

    def get(self, certificate: Certificate, policy: TlsPolicy) -> ssl.SSLContext:
        """Return the context that shows a certificate that was read, under ``policy``.

        Raises ssl.SSLError or OSError when it cannot be made.
        """
        key = (certificate, policy)
        context = self._contexts.get(key)
        if context is not None:
            self._contexts.move_to_end(key)
            return context
        context = server_context(certificate, policy, self._protocols)
        self.made += 1
        self._contexts[key] = context
        if len(self._contexts) > self._most:
            self._contexts.popitem(last=False)
        return context

    def keep_only(self, certificates: Iterable[Certificate]) -> None:
        """Forget the contexts of all other certificates."""
        kept = set(certificates)
        for key in [key for key in self._contexts if key[0] not in kept]:
            del self._contexts[key]


def server_context(
    certificate: Certificate, policy: TlsPolicy, protocols: Sequence[str]
) -> ssl.SSLContext:
    """Return a context for a certificate that was read, under ``policy``.

    ``protocols`` are those of ALPN, the most wanted first. Raises ssl.SSLError or OSError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _MIN_VERSIONS[policy.min_version]
    context.options |= (
        ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    )
    context.set_alpn_protocols(list(protocols))
    _show(context, certificate)
    if policy.client_certificate is not ClientCertificate.NONE:
        trust_clients(context, policy)
    return context


def trust_clients(context: ssl.SSLContext, policy: TlsPolicy) -> None:
    """Make ``context`` ask for client certificates as ``policy`` says.

    Raises ssl.SSLError or OSError for authorities that cannot be used.
    """
    if policy.client_ca is not None:
        context.load_verify_locations(cadata=policy.client_ca)
    else:
        context.load_verify_locations(cafile=policy.client_ca_file)
    required = policy.client_certificate is ClientCertificate.REQUIRED
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL


def _show(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Load chain and key. ``ssl`` takes files only, so they are one in memory for a moment."""
    chain, key = certificate.chain.text, certificate.key.text
    if chain is None or key is None:
        raise ValueError("a certificate is shown that was not read")
    memory = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with open(memory, "wb", closefd=False) as file:
            file.write(key + chain)
        context.load_cert_chain(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)
