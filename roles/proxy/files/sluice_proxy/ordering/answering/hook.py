# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records by a program of the operator."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from contextlib import suppress
from typing import cast

from ...snapshot.issuing import DnsHook
from ..validating import NotAnswered

AT_ONCE = 4
"""Programs that run at a time: those who keep zones bound how often they are asked."""
MOST_OUTPUT = 4096
"""Bytes of what a program says at last that are kept."""
_LONGEST_LINE = 300
_END = 0.2
"""Seconds in which the output of a program that ended is read; a process that it left behind may
have it open for ever."""
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


class HookRecords:
    """Calls ``PROGRAM set|unset NAME VALUE`` without a shell.

    What other users see of its arguments, the whole internet sees in the DNS at the same time: a
    value is a digest that shows control to one authority once. What a program needs of secrets it
    has in files of its own; our environment, which may have some, it does not get.
    """

    def __init__(self, hook: DnsHook) -> None:
        self._hook = hook
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def set(self, name: str, value: str) -> None:
        """Have a record, and return when the program says that it is seen. Raises NotAnswered."""
        await self._call("set", name, value)

    async def unset(self, name: str, value: str) -> None:
        """Have no such record. Raises NotAnswered."""
        await self._call("unset", name, value)

    async def _call(self, verb: str, name: str, value: str) -> None:
        async with self._turns:
            program = self._hook.program
            _check(program)
            called = f"{program} {verb} {name}"
            reading, writing = os.pipe()
            output = await _reading(reading)
            try:
                try:
                    process = await asyncio.create_subprocess_exec(
                        program, verb, name, value,
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=writing,
                        stderr=writing,
                        env=_ENVIRONMENT,
                        cwd="/",
                        start_new_session=True,
                    )  # fmt: skip
                except OSError as error:
                    raise NotAnswered(f"{called} cannot be run: {error.strerror}") from None
                finally:
                    os.close(writing)
                await self._ended(process, called)
                if process.returncode:
                    raise NotAnswered(f"{called} {_end(process.returncode)}{await output.said()}")
            finally:
                output.close()

    async def _ended(self, process: asyncio.subprocess.Process, called: str) -> None:
        try:
            async with asyncio.timeout(self._hook.timeout):
                await process.wait()
        except TimeoutError:
            raise NotAnswered(
                f"{called} did not end within {self._hook.timeout:g} s, and was killed"
            ) from None
        finally:
            if process.returncode is None:
                # The group has all that it began, as it is the first of a session.
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


def _check(program: str) -> None:
    """Refuse what others could have put there. Raises NotAnswered."""
    if not os.path.isabs(program):
        raise NotAnswered(f"{program} is not a whole path: issuing.acme.dns.hook has to name one")
    try:
        mode = os.stat(program).st_mode
    except OSError as error:
        raise NotAnswered(f"{program} cannot be run: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise NotAnswered(f"{program} cannot be run: it is not a regular file")
    if mode & stat.S_IWOTH:
        raise NotAnswered(f"{program} is not run, as everybody may write it: chmod o-w it")
    if not os.access(program, os.X_OK):
        raise NotAnswered(f"{program} may not be run: chmod +x it, or check its owner")


def _end(code: int) -> str:
    return f"ended with {code}" if code > 0 else f"was ended by signal {-code}"


async def _reading(descriptor: int) -> _Output:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    _transport, output = await loop.connect_read_pipe(_Output, pipe)
    return output


class _Output(asyncio.Protocol):
    """Reads all that a program says, so that it never waits, and keeps the end of it."""

    def __init__(self) -> None:
        self._end = bytearray()
        self._over = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep the end."""
        self._end += data
        del self._end[:-MOST_OUTPUT]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody can say anything more."""
        self._over.set()

    async def said(self) -> str:
        """Return the last line with text in it for people, after a colon; else nothing."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), _END)
        text = self._end.decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if not lines:
            return ""
        line = "".join(char if char.isprintable() else "?" for char in lines[-1])
        return f": {line[:_LONGEST_LINE]}"

    def close(self) -> None:
        """Read no more."""
        cast(asyncio.ReadTransport, self._transport).close()
