# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes of TLS in memory: a real client against what the proxy chooses."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass

from sluice_proxy.tls.choosing import ContextChooser
from sluice_proxy.tls.client_hello import ClientHelloReader

from samples.certificates import Pair, usual_authority


@dataclass(frozen=True)
class Shaken:
    """A handshake that succeeded, as the client sees it."""

    client: ssl.SSLObject
    server: ssl.SSLObject

    @property
    def shown(self) -> set[str]:
        """The names of the certificate that was shown."""
        names = (self.client.getpeercert() or {}).get("subjectAltName", ())
        return {str(name) for _kind, name in names}


def client_context(
    *, own: Pair | None = None, trusts: Pair | None = None, alpn: tuple[str, ...] = ()
) -> ssl.SSLContext:
    """Return a client that checks certificates, but not whom they are for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=(trusts or usual_authority()).pem.decode())
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if own is not None:
        show(context, own)
    return context


def show(context: ssl.SSLContext, own: Pair) -> None:
    """Have a context show a certificate."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(own.chain + own.key_pem())
        file.flush()
        context.load_cert_chain(file.name)


def shake(
    chooser: ContextChooser,
    name: str | None,
    client: ssl.SSLContext | None = None,
    *,
    session: ssl.SSLSession | None = None,
    step: int = 1 << 20,
    came_to: str = "",
) -> Shaken:
    """Return the handshake of a client that asks for ``name``; bytes arrive ``step`` at a time.

    Raises what either side raises. Both sides have exchanged a byte afterwards, so that tickets
    and the alerts of TLS 1.3 have arrived.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = (client or client_context()).wrap_bio(
        to_client, to_server, server_hostname=name, session=session
    )
    _try(ours.do_handshake)
    first = to_server.read()
    reader = ClientHelloReader()
    pieces = (first[start : start + step] for start in range(0, len(first), step))
    hello = next(found for found in map(reader.feed, pieces) if found is not None)
    context = chooser.context_for(hello, came_to)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(first)
    theirs = context.wrap_bio(incoming, outgoing, server_side=True)
    done = [False, False]
    while not all(done):
        done[0] = done[0] or _try(theirs.do_handshake)
        to_client.write(outgoing.read())
        done[1] = done[1] or _try(ours.do_handshake)
        incoming.write(to_server.read())
    theirs.write(b"!")
    to_client.write(outgoing.read())
    assert ours.read(1) == b"!"
    return Shaken(ours, theirs)


def _try(step: object) -> bool:
    try:
        step()  # type: ignore[operator]
    except ssl.SSLWantReadError:
        return False
    return True
