# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a supervisor leaves to its successor, the same process running a new program.

An upgrade replaces the program of the supervisor by exec: its process id, and so what the service
manager and the workers know of it, stays. Sockets and channels stay open; this says which is what.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..snapshot.listening import Address, InheritedSocket, TcpAddress, UnixAddress
from ..store.items import NOTHING, Contents, Item, Key

FORM = 2
"""What is left has to be of this form; another release may have another one."""
VARIABLE = "SLUICE_PROXY_HANDOVER"
"""The environment variable with the descriptor that has it all."""


class Purpose(StrEnum):
    """What listening sockets are for."""

    CLIENTS = "clients"
    NUMBERS = "numbers"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class LeftSockets:
    """The descriptors of an address: made by a unit or by us."""

    address: Address
    descriptors: list[int]
    purpose: Purpose
    of_unit: bool


@dataclass(frozen=True, slots=True)
class LeftWorker:
    """A worker's process id, the descriptor of its channel, and its last numbers, encoded."""

    pid: int
    channel: int
    numbers: bytes


@dataclass(frozen=True, slots=True)
class Handover:
    """All that a successor needs; ``departed`` are encoded numbers, ``declared`` is what is kept in
    memory alone."""

    sockets: list[LeftSockets]
    workers: list[LeftWorker]
    version: int
    down: frozenset[tuple[str, str]]
    departed: bytes
    deaths: int
    reloads: dict[str, int]
    declared: Contents = NOTHING

    def descriptors(self) -> list[int]:
        """Return all descriptors that have to stay open."""
        of_sockets = [number for left in self.sockets for number in left.descriptors]
        return [*of_sockets, *(worker.channel for worker in self.workers)]


def leave(handover: Handover, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the successor, with which it finds what is left to it."""
    text = json.dumps(
        {
            "form": FORM,
            "sockets": [
                [_written(left.address), left.descriptors, left.purpose, left.of_unit]
                for left in handover.sockets
            ],
            "workers": [
                [worker.pid, worker.channel, _text(worker.numbers)] for worker in handover.workers
            ],
            "version": handover.version,
            "down": sorted(handover.down),
            "departed": _text(handover.departed),
            "deaths": handover.deaths,
            "reloads": handover.reloads,
            "declared": [
                handover.declared.revision,
                [
                    [item.key.kind, item.key.id, item.version, _text(item.document)]
                    for item in handover.declared.items.values()
                ],
            ],
        }
    )
    memory = os.memfd_create("handover", os.MFD_CLOEXEC)
    with open(memory, "wb", closefd=False) as file:
        file.write(text.encode())
    for number in (memory, *handover.descriptors()):
        os.set_inheritable(number, True)
    return {**environment, VARIABLE: str(memory)}


def withdraw(handover: Handover) -> None:
    """Take back that the descriptors are inherited: there is no successor after all."""
    for number in handover.descriptors():
        os.set_inheritable(number, False)


def take() -> Handover | None:
    """Return what a predecessor left, or None without one; raises ValueError if it is no use."""
    number = os.environ.pop(VARIABLE, None)
    if number is None:
        return None
    memory = int(number)
    os.lseek(memory, 0, os.SEEK_SET)
    with open(memory, "rb") as file:
        read = json.loads(file.read())
    if read["form"] != FORM:
        raise ValueError(f"the former program left something of form {read['form']}, not {FORM}")
    handover = Handover(
        sockets=[
            LeftSockets(_read(written), descriptors, Purpose(purpose), of_unit)
            for written, descriptors, purpose, of_unit in read["sockets"]
        ],
        workers=[
            LeftWorker(pid, channel, base64.b64decode(numbers))
            for pid, channel, numbers in read["workers"]
        ],
        version=read["version"],
        down=frozenset((route, target) for route, target in read["down"]),
        departed=base64.b64decode(read["departed"]),
        deaths=read["deaths"],
        reloads=read["reloads"],
        declared=_contents(*read["declared"]),
    )
    withdraw(handover)
    return handover


def as_sockets(numbers: list[int]) -> list[socket.socket]:
    """Return descriptors as sockets."""
    return [socket.socket(fileno=number) for number in numbers]


def _contents(revision: int, items: list[tuple[str, str, int, str]]) -> Contents:
    found = {
        Key(kind, name): Item(Key(kind, name), version, base64.b64decode(document))
        for kind, name, version, document in items
    }
    return Contents(revision, found)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _written(address: Address) -> list[object]:
    if isinstance(address, TcpAddress):
        return ["tcp", address.host, address.port]
    if isinstance(address, UnixAddress):
        return ["unix", address.path, address.mode, address.group]
    return ["systemd", address.name]


def _read(written: list[Any]) -> Address:
    kind, *values = written
    if kind == "tcp":
        return TcpAddress(str(values[0]), int(values[1]))
    if kind == "unix":
        return UnixAddress(str(values[0]), int(values[1]), values[2])
    return InheritedSocket(str(values[0]))
