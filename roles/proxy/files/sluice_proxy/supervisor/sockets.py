# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listening sockets: opened, taken over, shared out among workers, and closed.

The supervisor keeps each of them open. So what waits in the backlog of a worker that died is there
for the next one, and nobody is refused meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import socket
import stat
from collections.abc import Sequence, Set

from ..snapshot.listening import Address, InheritedSocket, Listener, TcpAddress, UnixAddress

Sharing = Sequence[Sequence[socket.socket]]
"""The sockets of each listener, in the order of the listeners."""


class CannotListen(OSError):
    """An address cannot be listened to; the text says what to do."""

    def __str__(self) -> str:
        return str(self.strerror)


KEPT_NAME = "sluice-proxy"
"""The name of sockets that we made, and the service manager keeps over a restart."""


class InheritedSockets:
    """What the service manager opened, or kept: to be taken by name, or by where it is bound."""

    def __init__(self, sockets: Sequence[tuple[str, socket.socket]] = ()) -> None:
        self._sockets: list[tuple[str, socket.socket]] = []
        known: set[int] = set()
        for name, one in sockets:
            # One of a .socket unit may be kept as well.
            inode = os.fstat(one.fileno()).st_ino
            if inode in known:
                one.close()
            else:
                self._sockets.append((name, one))
            known.add(inode)

    def take(self, address: Address) -> tuple[list[socket.socket], bool]:
        """Return the sockets of an address, and whether a unit made them.

        Raises CannotListen for a name that there is not, and for what cannot be listened at.
        """
        mine = [(name, one) for name, one in self._sockets if _fits(name, one, address)]
        if not mine and isinstance(address, InheritedSocket):
            raise CannotListen(
                errno.ENOENT,
                f"{address}: systemd gave no socket of this name: set FileDescriptorName="
                f"{address.name} in the .socket unit, and start the proxy by it",
            )
        for _name, one in mine:
            if not _listens(one):
                raise CannotListen(
                    errno.EINVAL,
                    f"{address}: systemd gave a socket that takes no connections: set ListenStream="
                    " and Accept=no in the .socket unit",
                )
            one.setblocking(False)
        self._sockets = [pair for pair in self._sockets if pair not in mine]
        return [one for _name, one in mine], any(name != KEPT_NAME for name, _one in mine)

    def close(self) -> None:
        """Close what nobody took: its clients would wait for nobody."""
        for _name, one in self._sockets:
            one.close()
        self._sockets = []


class ListeningSockets:
    """Listening sockets by address: one for each worker on TCP, one for all elsewhere."""

    def __init__(self, inherited: InheritedSockets | None = None) -> None:
        self._by_address: dict[Address, list[socket.socket]] = {}
        self._inherited = inherited or InheritedSockets()
        self.of_units: set[Address] = set()
        """The addresses whose sockets a unit of systemd made: their files are not ours."""

    def of(self, address: Address) -> Sequence[socket.socket]:
        """Return the sockets of an address that was opened."""
        return self._by_address[address]

    def all(self) -> dict[Address, list[socket.socket]]:
        """Return the sockets of all addresses."""
        return {address: list(sockets) for address, sockets in self._by_address.items()}

    def adopt(self, address: Address, sockets: list[socket.socket], *, of_unit: bool) -> None:
        """Take over open sockets of an address."""
        self._by_address[address] = sockets
        if of_unit:
            self.of_units.add(address)

    def open(self, listeners: Sequence[Listener], workers: int) -> list[socket.socket]:
        """Open what is missing for ``listeners``; return what was opened.

        Raises CannotListen, and has opened nothing then. What is open already stays, and gets the
        listener's backlog.
        """
        opened: dict[Address, list[socket.socket]] = {}
        try:
            for listener in listeners:
                address = listener.address
                have = self._by_address.get(address)
                _check_group(address)
                if have is None:
                    have, of_unit = self._inherited.take(address)
                    if have:
                        self.adopt(address, have, of_unit=of_unit)
                missing = _wanted(address, workers) - len(have)
                if missing > 0 and (not have or _is_shared(have)):
                    opened[address] = _open(address, listener.backlog, missing, first=not have)
        except OSError:
            close_all(opened)
            raise
        for address, sockets in opened.items():
            self._by_address.setdefault(address, []).extend(sockets)
        for listener in listeners:
            for one in self._by_address[listener.address]:
                one.listen(listener.backlog)
        return [one for sockets in opened.values() for one in sockets]

    def keep_only(self, listeners: Sequence[Listener]) -> bool:
        """Close the sockets of addresses that nobody listens to any more; return if there were.

        Those that stay get the permissions that their listeners have.
        """
        wanted = {listener.address: listener.address for listener in listeners}
        gone = {address: s for address, s in self._by_address.items() if address not in wanted}
        kept = {address: s for address, s in self._by_address.items() if address in wanted}
        for before in kept:
            if before not in self.of_units:
                _set_mode(before, wanted[before])
        # The same addresses, with the permissions of now.
        self._by_address = {wanted[address]: sockets for address, sockets in kept.items()}
        self._close(gone)
        return bool(gone)

    def close_again(self, opened: Sequence[socket.socket]) -> None:
        """Close the addresses that ``open`` opened: they are not listened to after all.

        What it opened beside older sockets of an address stays, and is shared out: clients may be
        waiting there.
        """
        again = {
            address: sockets
            for address, sockets in self._by_address.items()
            if all(one in opened for one in sockets)
        }
        for address in again:
            del self._by_address[address]
        self._close(again)

    def close(self, *, kept: bool = False) -> None:
        """Close everything, and remove the files of unix sockets that we made.

        They stay if the service manager has the sockets ``kept``: it gives them to the next one.
        """
        if kept:
            self.of_units.update(self._by_address)
        self.keep_only(())

    def _close(self, sockets: dict[Address, list[socket.socket]]) -> None:
        close_all(sockets, files_of_others=self.of_units)
        self.of_units.difference_update(sockets)


def share_out(sockets: Sharing, worker: int, workers: int) -> list[tuple[int, socket.socket]]:
    """Return what one of ``workers`` listens to: (place of the listener, socket).

    Where there is a socket for each worker, each gets its own, and what is left over by a number
    of workers that shrank goes round. Fewer sockets than workers are everybody's.
    """
    mine = []
    for place, of_one in enumerate(sockets):
        if len(of_one) < workers:
            mine += [(place, one) for one in of_one]
        else:
            mine += [(place, one) for one in of_one[worker::workers]]
    return mine


def close_all(
    sockets: dict[Address, list[socket.socket]], files_of_others: Set[Address] = frozenset()
) -> None:
    """Close sockets, and remove the files of unix sockets that are not others'."""
    for address, of_one in sockets.items():
        for one in of_one:
            one.close()
        if isinstance(address, UnixAddress) and address not in files_of_others:
            try:
                os.unlink(address.path)
            except OSError:
                # Somebody else removed it, or it is not ours to remove.
                continue


def _wanted(address: Address, workers: int) -> int:
    return workers if isinstance(address, TcpAddress) else 1


def _is_shared(sockets: Sequence[socket.socket]) -> bool:
    """Whether further sockets may be bound beside these."""
    return bool(sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))


def _fits(name: str, one: socket.socket, address: Address) -> bool:
    """Whether a socket of the service manager is meant by an address."""
    if isinstance(address, InheritedSocket):
        return name == address.name
    return _is_bound_to(one, address)


def _listens(one: socket.socket) -> bool:
    return bool(
        one.type == socket.SOCK_STREAM and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    )


def _set_mode(before: Address, wanted: Address) -> None:
    if not isinstance(before, UnixAddress) or not isinstance(wanted, UnixAddress):
        return
    if (before.mode, before.group) != (wanted.mode, wanted.group):
        # Without its file nobody comes, whatever its permissions.
        with contextlib.suppress(FileNotFoundError):
            _permit(wanted, os.getegid())


def _permit(address: UnixAddress, usual: int = -1) -> None:
    """Let those use a socket file who may; without a group of its own it gets the ``usual`` one."""
    group = usual if address.group is None else _group(address.group)
    if group >= 0:
        # The former group must not have what is meant for the new one.
        os.chmod(address.path, 0o600)
        os.chown(address.path, -1, group)
    os.chmod(address.path, address.mode)


def _check_group(address: Address) -> None:
    """Raise CannotListen for a socket file whose group cannot be set."""
    if isinstance(address, UnixAddress) and address.group is not None:
        try:
            _group(address.group)
        except OSError as error:
            raise CannotListen(error.errno, f"{address}: {error.strerror}") from None


def _group(name: str) -> int:
    """Return the id of a group that a file of ours can be given to; raises OSError."""
    try:
        group = grp.getgrnam(name).gr_gid
    except KeyError:
        raise OSError(errno.EINVAL, f"there is no group {name}: make it, or name another") from None
    if os.geteuid() and group not in (os.getegid(), *os.getgroups()):
        raise OSError(errno.EINVAL, f"the proxy's user is not in group {name}: add it to that")
    return group


def _is_bound_to(one: socket.socket, address: Address) -> bool:
    try:
        bound = one.getsockname()
    except OSError:
        return False
    if isinstance(address, TcpAddress):
        return one.family != socket.AF_UNIX and bound[:2] == (address.host, address.port)
    return isinstance(address, UnixAddress) and bound == address.path


def _open(address: Address, backlog: int, count: int, *, first: bool) -> list[socket.socket]:
    assert not isinstance(address, InheritedSocket)
    try:
        if isinstance(address, UnixAddress):
            return [_open_unix(address, backlog)]
        if first:
            # Bound to share, it would silently take half of another server's connections.
            _bound(address, share=False).close()
        opened: list[socket.socket] = []
        try:
            for _unused in range(count):
                one = _bound(address, share=True)
                opened.append(one)
                one.listen(backlog)
        except OSError:
            for one in opened:
                one.close()
            raise
        return opened
    except OSError as error:
        raise CannotListen(error.errno, f"{address}: {_advice(error, address)}") from None


def _bound(address: TcpAddress, *, share: bool) -> socket.socket:
    v6 = ":" in address.host
    one = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that only waits for the end of old connections is free.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if share:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind((address.host, address.port))
        if not share:
            # Only listening finds out about others that listen without sharing.
            one.listen(1)
    except OSError:
        one.close()
        raise
    return one


def _open_unix(address: UnixAddress, backlog: int) -> socket.socket:
    _remove_stale(address.path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        one.bind(address.path)
        _permit(address)
        one.listen(backlog)
    except OSError:
        one.close()
        raise
    finally:
        os.umask(before)
    return one


def _remove_stale(path: str) -> None:
    """Remove a socket file that nobody listens at; raises OSError for anything else there."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise OSError(errno.EEXIST, "there is a file that is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            # A full backlog is somebody's.
            pass
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _advice(error: OSError, address: Address) -> str:
    said = error.strerror or str(error)
    if error.errno == errno.EADDRINUSE:
        return f"{said}: another program listens there; stop it, or listen elsewhere"
    if isinstance(address, UnixAddress):
        folder = os.path.dirname(address.path)
        if error.errno == errno.ENOENT:
            return f"{said}: make the folder {folder} first"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"{said}: let the proxy's user write to {folder}"
        return said
    if error.errno == errno.EACCES:
        return f"{said}: grant CAP_NET_BIND_SERVICE, or let systemd open the socket"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{said}: no interface has this address; give it to one first"
    return said
