# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One message to a DNS server, and its answer; what goes wrong is one line for people."""

from __future__ import annotations

from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from ...validating import NotAnswered

PATIENCE = 3.0
"""Seconds for the answer to a question."""
TRIES = 2
"""How often a question is asked: datagrams get lost."""
UPDATE_PATIENCE = 15.0
"""Seconds for the answer to an update: a server may write it to its disk first."""
_KNOWN = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)

_TSIG = {
    dns.tsig.PeerBadKey: "does not know the key",
    dns.tsig.PeerBadSignature: "has another secret, or algorithm, for the key",
    dns.tsig.PeerBadTime: "has another time than this node, and refuses the signature of the key",
}


class NotDone(NotAnswered):
    """A server says that it did not do an update."""


@dataclass(frozen=True, slots=True)
class NameServer:
    """A DNS server at an address; ``name`` is what people call it."""

    name: str
    address: str
    port: int = 53

    def __str__(self) -> str:
        where = f"[{self.address}]" if ":" in self.address else self.address
        port = "" if self.port == 53 else f":{self.port}"
        return f"{where}{port}" if self.name == self.address else f"{self.name} ({where}{port})"


@dataclass(frozen=True, slots=True)
class Told:
    """What a server that is responsible for a name says of it."""

    message: dns.message.Message

    def values(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[object]:
        """Return the records of a name."""
        return [
            record
            for rrset in self.message.answer
            if rrset.name == name and rrset.rdtype == kind
            for record in rrset
        ]


async def asked(
    server: NameServer, name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> Told | None:
    """Return what a server says of a name, None when the name is not in a zone of its own.

    Raises NotAnswered when it says nothing.
    """
    question = dns.message.make_query(name, kind)
    question.flags &= ~dns.flags.RD
    told = await _answer(server, question)
    if not told.flags & dns.flags.AA or told.rcode() not in _KNOWN:
        return None
    return Told(told)


async def _answer(server: NameServer, question: dns.message.QueryMessage) -> dns.message.Message:
    said = "does not answer"
    for _try in range(TRIES):
        try:
            told, _by_tcp = await dns.asyncquery.udp_with_fallback(
                question,
                server.address,
                PATIENCE,
                server.port,
                ignore_unexpected=True,
                ignore_errors=True,
            )
        except (dns.exception.DNSException, OSError, EOFError) as error:
            said = _trouble(error)
        else:
            return told
    raise NotAnswered(f"DNS server {server} {said}")


async def sent(server: NameServer, update: dns.update.UpdateMessage, what: str) -> None:
    """Have a server do an update; ``what`` names it for people.

    Raises NotDone when the server says that it was not done, NotAnswered when that is not known.
    """
    try:
        told = await dns.asyncquery.tcp(update, server.address, UPDATE_PATIENCE, server.port)
    except dns.tsig.PeerError as error:
        why = _TSIG.get(type(error), "does not take the signature of")
        raise NotDone(f"DNS server {server} {why} {_key_of(update)}, and did not {what}") from None
    except (dns.exception.DNSException, OSError, EOFError) as error:
        raise NotAnswered(f"DNS server {server} {_trouble(error)}: could not {what}") from None
    code = told.rcode()
    signed = f"with the key {_key_of(update)}" if update.keyring else "without a key"
    if code == dns.rcode.REFUSED:
        raise NotDone(f"DNS server {server} refused to {what} {signed}: permit it there")
    if code == dns.rcode.NOTAUTH:
        zone = update.zone[0].name.to_text(omit_final_dot=True)
        raise NotDone(
            f"DNS server {server} does not keep the zone {zone}, or does not take what is sent"
            f" {signed}, and did not {what}"
        )
    if code != dns.rcode.NOERROR:
        raise NotDone(f"DNS server {server} answered {dns.rcode.to_text(code)}, and did not {what}")
    if update.keyring and not told.had_tsig:
        # Somebody between could have said so.
        raise NotAnswered(f"DNS server {server} did not sign its answer, which is not believed")


def _key_of(update: dns.update.UpdateMessage) -> str:
    name = update.keyname
    return "" if name is None else name.to_text(omit_final_dot=True)


def _trouble(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout | TimeoutError):
        return "does not answer"
    if isinstance(error, OSError):
        return f"cannot be reached: {error.strerror or 'no connection'}"
    if isinstance(error, EOFError):
        return "closed the connection"
    return "answered something that is not to be believed or understood"
