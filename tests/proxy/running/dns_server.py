# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authoritative name server that takes signed updates (RFC 2136, RFC 8945)."""

from __future__ import annotations

import base64
import contextlib
import socketserver
import threading
import time
from collections.abc import Iterable

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

from running.closing import Closing
from running.service import free_port

KEY_NAME = "acme-key."
SECRET = base64.b64encode(b"a secret of thirty-two octets...").decode()
_TTL = 60
_Key = tuple[dns.name.Name, dns.rdatatype.RdataType]
_IN = dns.rdataclass.IN


class DnsServer(Closing):
    """Serves ``zones`` over UDP and TCP at a port of loopback.

    Updates have to be signed with the key KEY_NAME and SECRET, by ``algorithm``; those of the zones
    in ``refusing`` are refused all the same. Every name of the zones leads to 127.0.0.1.
    """

    def __init__(
        self,
        zones: Iterable[str] = ("example",),
        *,
        refusing: Iterable[str] = (),
        algorithm: str = "hmac-sha256",
    ) -> None:
        self._zones = {dns.name.from_text(zone) for zone in zones}
        self._refusing = {dns.name.from_text(zone) for zone in refusing}
        key = dns.tsig.Key(KEY_NAME, SECRET, algorithm)
        self._keyring = {key.name: key}
        self._records: dict[_Key, set[dns.rdata.Rdata]] = {}
        self._lock = threading.Lock()
        self._serial = 1
        self.failing: dns.rcode.Rcode | None = None
        """What all good updates are answered with, None to do as they say."""
        self.hiding = False
        """Whether TXT records are not told, as by a server that lags behind."""
        self.silent = False
        """Whether nothing is answered."""
        self.updates: list[str] = []
        """The updates that were done, as text."""
        self.port = self._listen()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    def _listen(self) -> int:
        while True:
            port = free_port()
            with contextlib.suppress(OSError):
                udp = _Udp(self, port)
                break
        tcp = _Tcp(self, port)
        self._servers: list[socketserver.BaseServer] = [udp, tcp]
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.02,)) for server in self._servers
        ]
        for thread in self._threads:
            thread.start()
        return port

    def close(self) -> None:
        """Answer no more."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def txt(self, name: str) -> set[str]:
        """Return the TXT records of a name."""
        key = (dns.name.from_text(name), dns.rdatatype.TXT)
        with self._lock:
            return {
                b"".join(getattr(record, "strings", ())).decode()
                for record in self._records.get(key, ())
            }

    def add(self, name: str, kind: str, value: str) -> None:
        """Add a record without an update."""
        record = dns.rdata.from_text(_IN, dns.rdatatype.from_text(kind), value)
        with self._lock:
            self._records.setdefault((dns.name.from_text(name), record.rdtype), set()).add(record)

    def answer(self, wire: bytes, most: int) -> bytes | None:
        """Return the answer to a message, of ``most`` octets; None for none."""
        try:
            asked = dns.message.from_wire(wire, keyring=self._keyring)
        except (dns.message.UnknownTSIGKey, dns.tsig.BadAlgorithm):
            return _tsig_error(wire, dns.rcode.BADKEY)
        except dns.tsig.BadSignature:
            return _tsig_error(wire, dns.rcode.BADSIG)
        except dns.tsig.BadTime:
            return _tsig_error(wire, dns.rcode.BADTIME)
        except dns.exception.DNSException:
            return None
        if self.silent:
            return None
        told = dns.message.make_response(asked)
        if isinstance(asked, dns.update.UpdateMessage):
            told.set_rcode(self._update(asked))
        elif asked.opcode() == dns.opcode.QUERY and len(asked.question) == 1:
            self._look_up(asked.question[0], told)
        else:
            told.set_rcode(dns.rcode.NOTIMP)
        try:
            return told.to_wire(max_size=most)
        except dns.exception.TooBig:
            short = dns.message.make_response(asked)
            short.flags |= dns.flags.TC
            return short.to_wire(max_size=most)

    def _update(self, asked: dns.update.UpdateMessage) -> dns.rcode.Rcode:
        [zone] = asked.zone
        if zone.name not in self._zones:
            return dns.rcode.NOTAUTH
        if not asked.had_tsig or zone.name in self._refusing:
            return dns.rcode.REFUSED
        if asked.prerequisite:
            return dns.rcode.NOTIMP
        if any(not rrset.name.is_subdomain(zone.name) for rrset in asked.update):
            return dns.rcode.NOTZONE
        if self.failing is not None:
            return self.failing
        with self._lock:
            for rrset in asked.update:
                self._change(rrset)
            self._serial += 1
        self.updates.append(asked.to_text())
        return dns.rcode.NOERROR

    def _change(self, rrset: dns.rrset.RRset) -> None:
        key = (rrset.name, rrset.rdtype)
        if rrset.deleting == dns.rdataclass.ANY:
            gone = [
                found
                for found in self._records
                if found == key or (rrset.rdtype == dns.rdatatype.ANY and found[0] == rrset.name)
            ]
            for found in gone:
                del self._records[found]
        elif rrset.deleting == dns.rdataclass.NONE:
            left = self._records.pop(key, set()) - set(rrset)
            if left:
                self._records[key] = left
        else:
            self._records.setdefault(key, set()).update(rrset)

    def _look_up(self, question: dns.rrset.RRset, told: dns.message.Message) -> None:
        name, kind = question.name, question.rdtype
        zone = max((zone for zone in self._zones if name.is_subdomain(zone)), key=len, default=None)
        if zone is None:
            told.set_rcode(dns.rcode.REFUSED)
            return
        told.flags |= dns.flags.AA
        with self._lock:
            found = self._found(name, kind, zone)
            names = {held for held, _unused in self._records} | {zone}
        if found:
            told.answer.append(dns.rrset.from_rdata_list(name, _TTL, found))
            return
        told.authority.append(dns.rrset.from_rdata_list(zone, _TTL, [self._soa(zone)]))
        if kind not in (dns.rdatatype.A, dns.rdatatype.AAAA) and not any(
            held.is_subdomain(name) for held in names
        ):
            told.set_rcode(dns.rcode.NXDOMAIN)

    def _found(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType, zone: dns.name.Name
    ) -> list[dns.rdata.Rdata]:
        if kind == dns.rdatatype.TXT and self.hiding:
            return []
        if name == zone and kind == dns.rdatatype.SOA:
            return [self._soa(zone)]
        if name == zone and kind == dns.rdatatype.NS:
            return [dns.rdata.from_text(_IN, kind, f"ns.{zone}")]
        held = self._records.get((name, kind), set())
        if not held and kind == dns.rdatatype.A:
            return [dns.rdata.from_text(_IN, kind, "127.0.0.1")]
        return list(held)

    def _soa(self, zone: dns.name.Name) -> dns.rdata.Rdata:
        text = f"ns.{zone} hostmaster.{zone} {self._serial} 3600 600 86400 0"
        return dns.rdata.from_text(_IN, dns.rdatatype.SOA, text)


def _tsig_error(wire: bytes, error: dns.rcode.Rcode) -> bytes:
    """Return the answer to what is signed wrongly (RFC 8945, section 5.2), which is unsigned."""
    asked = dns.message.from_wire(wire, keyring=False)
    told = dns.message.make_response(asked)
    told.set_rcode(dns.rcode.NOTAUTH)
    signature = asked.tsig[0].replace(mac=b"", error=error, time_signed=int(time.time()))
    told.tsig = dns.rrset.from_rdata(asked.tsig.name, 0, signature)
    return told.to_wire()


class _Udp(socketserver.UDPServer):
    def __init__(self, server: DnsServer, port: int) -> None:
        self.answering = server
        super().__init__(("127.0.0.1", port), _Datagram)


class _Datagram(socketserver.DatagramRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Udp)
        wire, sock = self.request
        told = self.server.answering.answer(wire, 512)
        if told is not None:
            sock.sendto(told, self.client_address)

    def finish(self) -> None:
        """What there was to send is sent."""


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, server: DnsServer, port: int) -> None:
        self.answering = server
        super().__init__(("127.0.0.1", port), _Stream)


class _Stream(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Tcp)
        with contextlib.suppress(OSError):
            while len(size := self.rfile.read(2)) == 2:
                wire = self.rfile.read(int.from_bytes(size, "big"))
                told = self.server.answering.answer(wire, 65_535)
                if told is None:
                    return
                self.wfile.write(len(told).to_bytes(2, "big") + told)
