# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A supervisor that is asked by one worker, and answers as a test says."""

from __future__ import annotations

import asyncio

from sluice_proxy.worker.questions import NOTHING, Questions, Reply


class Answers:
    """Answers what is ``known`` at once, the rest with ``otherwise``; None is no answer at all."""

    def __init__(self, otherwise: Reply | None = NOTHING) -> None:
        self.known: dict[tuple[str, str], Reply | None] = {}
        self.otherwise = otherwise
        self.asked: list[tuple[str, str]] = []
        self.open: list[int] = []
        """The numbers of what was not answered."""
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where answers come, if questions are asked outside of a loop that runs."""
        self.questions = Questions(self._send)

    def answer(self, reply: Reply) -> None:
        """Answer what is open; called in the loop of the worker."""
        numbers, self.open = self.open, []
        for number in numbers:
            self.questions.answered(number, reply)

    def _send(self, number: int, about: str, name: str) -> bool:
        self.asked.append((about, name))
        reply = self.known.get((about, name), self.otherwise)
        if reply is None:
            self.open.append(number)
        else:
            loop = self.loop or asyncio.get_running_loop()
            loop.call_soon(self.questions.answered, number, reply)
        return True
