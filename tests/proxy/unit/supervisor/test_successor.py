# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new program is tried before it takes over."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sluice_proxy.snapshot.listening import InheritedSocket, TcpAddress, UnixAddress
from sluice_proxy.store.items import Contents, Item, Key
from sluice_proxy.supervisor import handover, successor
from sluice_proxy.supervisor.handover import Handover, LeftSockets, Purpose


def program(folder: Path, script: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_what_it_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program(tmp_path, "echo no such module >&2; exit 3"))

    assert asyncio.run(successor.objections(Path("x"))) == ["no such module"]


def test_that_it_says_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program(tmp_path, "exit 3"))

    assert asyncio.run(successor.objections(Path("x"))) == ["it ended with 3"]


def test_one_that_does_not_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program(tmp_path, "exec sleep 3600"))

    (said,) = asyncio.run(successor.objections(Path("x"), 0.1))
    assert said == "it did not check the configuration within 0.1 s"


def test_one_that_is_not_there_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    left = Handover([], [], 1, frozenset(), b"", 0, {})
    before = len(os.listdir("/proc/self/fd"))

    with pytest.raises(FileNotFoundError):
        successor.become(left)
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_left_is_what_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    socket_file = UnixAddress("/run/admin.sock", 0o660, "edge")
    sockets = [
        LeftSockets(TcpAddress("::1", 80), [], Purpose.CLIENTS, True),
        LeftSockets(InheritedSocket("web"), [], Purpose.NUMBERS, False),
        LeftSockets(socket_file, [], Purpose.ADMIN, False),
    ]
    key = Key("certificate", "ü")
    declared = Contents(9, {key: Item(key, 4, b"\x00\xff")})
    down = frozenset({("r", "t")})
    left = Handover(sockets, [], 7, down, b"numbers", 3, {"applied": 2}, declared)
    monkeypatch.setattr(os, "environ", handover.leave(left, {"PATH": "/bin"}))

    taken = handover.take()
    assert taken == left
    # That of equal addresses is not compared.
    (*_others, admin) = taken.sockets
    assert (admin.address.mode, admin.address.group) == (0o660, "edge")  # type: ignore[union-attr]
    assert dict(os.environ) == {"PATH": "/bin"}
    assert handover.take() is None
