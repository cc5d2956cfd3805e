# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers what workers ask: see `sluice_proxy.worker.questions`."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Protocol

from ..worker.questions import CERTIFICATE, HTTP_01, TLS_ALPN_01, VALIDATION_WAIT, Reply
from .worker import Question, Worker

MOST_OF_WORKER = 512
"""Questions of one worker that are under way at once; a worker in order asks less."""
MOST = {HTTP_01: 2048, TLS_ALPN_01: 2048, CERTIFICATE: 2048}
"""The same for all workers, by what they ask about."""
REFUSED_AGAIN = 10.0
"""Seconds for which a worker need not ask for a certificate again that it did not get."""
_SOON = 1.0

_NOTHING = Reply(found=False)
_NO_CERTIFICATE = Reply(found=False, again=REFUSED_AGAIN)
_TOO_MANY = Reply(found=False, again=_SOON)

_log = logging.getLogger("sluice_proxy.supervisor")


class Answers(Protocol):
    """Who knows what workers ask for."""

    async def http_01(self, token: str) -> bytes | None:
        """Return the content for a token (RFC 8555, section 8.3), None for an unknown one."""

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        """Return chain and key (PEM) for a validation (RFC 8737), None for an unknown one."""

    async def certificate(self, name: str) -> bool:
        """Return whether all workers serve a certificate for ``name``, after it was got if it may
        be; bounded in time."""


class Asking:
    """Answers each question in a task of its own.

    What is asked before there are ``answers`` waits for them: workers of before an upgrade ask
    while the next program starts.
    """

    def __init__(self) -> None:
        self._answers: asyncio.Future[Answers] | None = None
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_worker: Counter[Worker] = Counter()
        self._by_about: Counter[str] = Counter()

    @property
    def answers(self) -> Answers | None:
        """Who knows; None before that is set, and after the end."""
        known = self._answers
        return known.result() if known is not None and known.done() else None

    @answers.setter
    def answers(self, answers: Answers) -> None:
        self._closed = False
        if self._answers is None or self._answers.done():
            self._answers = asyncio.get_running_loop().create_future()
        self._answers.set_result(answers)

    def asked(self, worker: Worker, question: Question) -> None:
        """Answer a worker, at once or later."""
        about = question.about
        if self._closed or about not in MOST:
            worker.answer(question, _NOTHING)
            return
        if self._by_worker[worker] >= MOST_OF_WORKER or self._by_about[about] >= MOST[about]:
            worker.answer(question, _TOO_MANY)
            return
        self._by_worker[worker] += 1
        self._by_about[about] += 1
        task = asyncio.get_running_loop().create_task(self._answer(worker, question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Answer nothing any more, until there are answers again."""
        self._closed, self._answers = True, None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, worker: Worker, question: Question) -> None:
        reply = _NOTHING
        try:
            reply = await _reply(await self._known(), question)
        except TimeoutError:
            _log.warning("what worker %d asked for took too long: %s", worker.pid, question.about)
        except Exception:  # noqa: BLE001 - a client waits
            _log.exception("what worker %d asked for failed: %s", worker.pid, question.about)
        finally:
            self._by_worker[worker] -= 1
            if not self._by_worker[worker]:
                del self._by_worker[worker]
            self._by_about[question.about] -= 1
            worker.answer(question, reply)

    async def _known(self) -> Answers:
        """Return who knows. Raises TimeoutError when nobody does in time."""
        if self._answers is None:
            self._answers = asyncio.get_running_loop().create_future()
        if not self._answers.done():
            async with asyncio.timeout(VALIDATION_WAIT):
                return await asyncio.shield(self._answers)
        return self._answers.result()


async def _reply(answers: Answers, question: Question) -> Reply:
    name = question.name
    if question.about == CERTIFICATE:
        return Reply(found=True) if await answers.certificate(name) else _NO_CERTIFICATE
    # That nothing was found is not for long: a validation may begin in the next moment.
    async with asyncio.timeout(VALIDATION_WAIT):
        if question.about == HTTP_01:
            content = await answers.http_01(name)
            return _NOTHING if content is None else Reply(found=True, payloads=(content,))
        shown = await answers.tls_alpn_01(name)
        return _NOTHING if shown is None else Reply(found=True, payloads=shown)
