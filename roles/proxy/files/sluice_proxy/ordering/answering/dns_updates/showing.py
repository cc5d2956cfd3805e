# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the servers of a zone show a record: secondaries get it after the server that was told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import dns.name
import dns.rdatatype

from ...validating import NotAnswered
from .asking import NameServer, asked

FIRST_PAUSE = 0.2
"""Seconds until a server that does not show a record is asked again."""
LONGEST_PAUSE = 5.0
"""What that grows to."""
SILENT = 2
"""Questions without an answer after which a server is left out: it may be one that authorities
reach, and this node does not."""

_log = logging.getLogger("sluice_proxy.ordering")


async def shown(
    servers: Sequence[NameServer], name: dns.name.Name, value: str, seconds: float
) -> None:
    """Return when all servers that answer show a record; the first of ``servers`` has to answer.

    Raises NotAnswered, after ``seconds`` at most.
    """
    first, *others = servers
    asking = {
        asyncio.ensure_future(_shows(server, name, value, leave_out=server is not first)): server
        for server in (first, *others)
    }
    try:
        done, pending = await asyncio.wait(
            asking, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION
        )
        for task in done:
            task.result()
        if pending:
            behind = " and ".join(str(asking[task]) for task in asking if task in pending)
            raise NotAnswered(
                f"{name.to_text(omit_final_dot=True)} was set, but after {seconds:g} s it is not"
                f" shown by {behind}"
            )
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _shows(server: NameServer, name: dns.name.Name, value: str, *, leave_out: bool) -> None:
    pause, silent = FIRST_PAUSE, 0
    while True:
        try:
            told = await asked(server, name, dns.rdatatype.TXT)
        except NotAnswered as error:
            silent += 1
            if leave_out and silent >= SILENT:
                _log.info("%s: whether it shows %s is not known", error, name)
                return
        else:
            silent = 0
            records: list[Any] = [] if told is None else told.values(name, dns.rdatatype.TXT)
            if any(b"".join(record.strings) == value.encode() for record in records):
                return
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
