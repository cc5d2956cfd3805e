# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPVS itself: one bulk read, one batch of writes."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import AbstractSet, Dict, Iterator, List, Optional, Protocol, Sequence

from .._converge.errors import Unavailable
from .._converge.resource import Operation, Refusal
from .._inet.address import IPV6
from .model import Entry, Server, Service, ServiceId, Table
from .wire import attributes as a
from .wire.codec import (
    ServerEncoder,
    decode_service,
    encode_service,
    encode_service_reference,
)
from .wire.servers import ServerDecoder


class Transport(Protocol):
    """What the driver needs of a generic netlink socket."""

    def batch(self, requests: Sequence[bytes]) -> List[int]:
        """Carry out requests in order; return an error number each, 0 for success."""

    def dump(self, request: bytes) -> List[bytes]:
        """Return the attributes of every entry a request lists."""

    def get(self, request: bytes) -> bytes:
        """Return the attributes of the one answer to a request."""


@contextmanager
def answering() -> Iterator[None]:
    """Raise Unavailable, in one line, when talking to the kernel breaks down in the body."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "the kernel's IPVS does not answer over netlink: %s" % (error.strerror or error)
        ) from None


class IpvsDriver:
    """Reads and writes virtual services and real servers of one network namespace."""

    def __init__(
        self, transport: Transport, servers_of: Optional[AbstractSet[ServiceId]] = None
    ) -> None:
        """``servers_of`` limits the reading of servers to these services; None reads them all.

        The kernel lists servers one service at a time, so on a director with many services a
        task about a few of them reads only theirs.
        """
        self._transport = transport
        self._servers_of = servers_of

    def read(self) -> Table:
        """Return every virtual service, and the real servers of those it was made for."""
        table: Table = {}
        decoder = ServerDecoder()
        services: Dict[ServiceId, Service] = {}
        with answering():
            for entry in self._transport.dump(bytes([a.CMD_GET_SERVICE])):
                service = decode_service(entry)
                table[service.key] = services[service.key] = service
            for key in services:
                if self._servers_of is not None and key not in self._servers_of:
                    continue
                entries = self._transport.dump(encode_service_reference(a.CMD_GET_DEST, key))
                for server in decoder.decode(key, entries):
                    table[server.key] = server
        return table

    def apply(self, operations: Sequence[Operation[Entry]]) -> List[Optional[Refusal]]:
        """Carry out operations in order; return the refusal, or None, of each."""
        encoders: Dict[ServiceId, ServerEncoder] = {}
        requests: List[bytes] = []
        for operation in operations:
            subject = operation.subject
            if isinstance(subject, Service):
                requests.append(_service_request(operation, subject))
            else:
                service = subject.key.service
                encoder = encoders.get(service)
                if encoder is None:
                    encoder = encoders[service] = ServerEncoder(service)
                requests.append(_server_request(operation, subject, encoder))
        with answering():
            numbers = self._transport.batch(requests)
        return [
            _refusal(operation, number) if number else None
            for operation, number in zip(operations, numbers)
        ]


def _service_request(operation: Operation[Entry], subject: Service) -> bytes:
    if operation.after is None:
        return encode_service_reference(a.CMD_DEL_SERVICE, subject.key)
    command = a.CMD_NEW_SERVICE if operation.before is None else a.CMD_SET_SERVICE
    return encode_service(command, subject)


def _server_request(operation: Operation[Entry], subject: Server, encoder: ServerEncoder) -> bytes:
    if operation.after is None:
        return encoder.encode_removal(subject)
    command = a.CMD_NEW_DEST if operation.before is None else a.CMD_SET_DEST
    return encoder.encode(command, subject)


def _refusal(operation: Operation[Entry], number: int) -> Refusal:
    subject = operation.subject
    if number == errno.EEXIST:
        return Refusal("it exists already, made by another program meanwhile", stale=True)
    if number == errno.ESRCH:
        return Refusal("its virtual service does not exist any more", stale=True)
    if number == errno.ENOENT and isinstance(subject, Server):
        return Refusal("it does not exist any more", stale=True)
    if number == errno.ENOENT and isinstance(subject, Service):
        return Refusal(_missing_part(subject))
    if number == errno.ERANGE:
        return Refusal("the kernel does not take its weight or thresholds (ERANGE)")
    if number == errno.EINVAL and isinstance(subject, Server):
        return Refusal(_invalid_part(subject))
    return plain_refusal(number)


def plain_refusal(number: int) -> Refusal:
    """Return the refusal of an error number that means nothing special for its entry."""
    if number == errno.EPERM:
        return Refusal("the kernel does not permit it: the task needs CAP_NET_ADMIN (become: true)")
    return Refusal(
        "the kernel answers %s (%s)"
        % (errno.errorcode.get(number, str(number)), os.strerror(number))
    )


def _invalid_part(server: Server) -> str:
    address = server.key.address
    if address.family != server.key.service.family:
        return (
            "the kernel mixes address families only with forward_method tunnel and without a sync "
            "daemon (EINVAL): use an address of the service's family, or stop the daemon"
        )
    if address.is_link_local and address.family == IPV6:
        return "the kernel takes no link-local address of another host (EINVAL): use a global one"
    return (
        "the kernel does not take its address or tunnel (EINVAL): it must be a unicast address, "
        "and this network namespace must have an address itself (bring lo up)"
    )


def _missing_part(service: Service) -> str:
    parts = "scheduler %r (module ip_vs_%s)" % (service.scheduler, service.scheduler)
    if service.engine:
        parts += " or persistence engine %r (module ip_vs_pe_%s)" % (
            service.engine,
            service.engine,
        )
    return "this kernel has no %s: choose another, or install the module" % parts
