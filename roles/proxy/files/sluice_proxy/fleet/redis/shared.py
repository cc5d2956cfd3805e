# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes of a fleet share, kept by a Redis server."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError

from ...snapshot.fleet import Redis
from ..naming import check, check_text
from ..shared import Changes, Lease, LeaseLost, Record, Unreachable
from ..told import Told
from . import scripts
from .connecting import COMMAND_TIMEOUT, SecretUnreadable, read_secret
from .explaining import explained
from .sealing import CannotOpen, Plain, Sealing
from .server import Server

_MICROSECONDS = 1_000_000
# A document that every node can open, or has another secret.
_PROOF = ("fleet", "secret", b"the same on all nodes")


class RedisShared:
    """Shared, by the server that a configuration names; it is connected to when first used.

    ``patience`` is for how many seconds an answer is waited for.
    """

    def __init__(self, redis: Redis, patience: float = COMMAND_TIMEOUT) -> None:
        self._redis = redis
        self._server = Server(redis, patience)
        self._seal: Plain | Sealing | None = None
        self._told = Told()
        self._lives: dict[str, str] = {}
        self._trouble = ""
        self._is_closed = False

    async def get(self, kind: str, name: str) -> Record | None:
        """As Shared."""
        check(kind, name)
        with self._watched():
            seal = await self._sealing()
            document, revision = await self._server.do(
                "HMGET", self._documents(kind) + name, "document", "revision"
            )
            if document is None:
                return None
            return Record(seal.open(kind, name, document), int(revision))

    async def changes(self, kind: str, since: int = 0) -> Changes:
        """As Shared."""
        check(kind)
        life = self._lives.get(kind, "")
        found = _Found(since if self._told.has(kind, life, since) else 0)
        with self._watched():
            while found.is_more:
                page = await self._page(kind, found.till)
                if page.life != life and found.till:
                    # It may have lost something: its last moments, or what came after a backup.
                    found = _Found(0)
                else:
                    found.take(page)
                life = page.life
        self._lives[kind] = life
        self._told.note(kind, life, found.till)
        removed = () if found.is_whole else tuple(found.removed)
        return Changes(found.till, found.put, removed, found.is_whole)

    async def put(
        self,
        kind: str,
        name: str,
        document: bytes,
        *,
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> Record:
        """As Shared."""
        check(kind, name)
        with self._watched():
            sealed = (await self._sealing()).seal(kind, name, document)
            revision = await self._server.run(
                scripts.PUT,
                [*self._keys(kind), self._lease_key(lease)],
                self._documents(kind),
                _fence(lease),
                name,
                sealed,
                "" if seconds is None else _milliseconds(seconds),
            )
            return Record(document, int(_held(lease, revision)))

    async def remove(self, kind: str, name: str, *, lease: Lease | None = None) -> None:
        """As Shared."""
        check(kind, name)
        with self._watched():
            done = await self._server.run(
                scripts.REMOVE,
                [*self._keys(kind), self._lease_key(lease)],
                self._documents(kind),
                _fence(lease),
                name,
            )
            _held(lease, done)

    async def add(self, kind: str, name: str, document: bytes) -> Record:
        """As Shared."""
        check(kind, name)
        with self._watched():
            return await self._add(await self._sealing(), kind, name, document)

    async def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        """As Shared."""
        check_text(name)
        with self._watched():
            fence = await self._server.run(
                scripts.LEASE,
                [self._key("lease", name), self._key("fence")],
                holder,
                _milliseconds(seconds),
            )
            return Lease(name, int(fence)) if fence else None

    async def renew(self, lease: Lease, seconds: float) -> None:
        """As Shared."""
        with self._watched():
            done = await self._server.run(
                scripts.RENEW, [self._lease_key(lease)], _fence(lease), _milliseconds(seconds)
            )
            _held(lease, done)

    async def release(self, lease: Lease) -> None:
        """As Shared."""
        with self._watched():
            await self._server.run(scripts.RELEASE, [self._lease_key(lease)], _fence(lease))

    async def allow(self, name: str, most: int, window: float) -> float:
        """As Shared."""
        check_text(name)
        with self._watched():
            wait = await self._server.run(
                scripts.ALLOW,
                [self._key("allowed", name)],
                str(most),
                str(round(window * _MICROSECONDS)),
            )
            return int(wait) / _MICROSECONDS

    async def allowed(self, name: str, window: float) -> int:
        """As Shared."""
        check_text(name)
        with self._watched():
            count = await self._server.run(
                scripts.ALLOWED, [self._key("allowed", name)], str(round(window * _MICROSECONDS))
            )
            return int(count)

    @property
    def trouble(self) -> str:
        """As Shared."""
        return self._trouble

    async def close(self) -> None:
        """As Shared."""
        self._is_closed = True
        await self._server.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Raise Unreachable for whatever goes wrong, and remember why."""
        if self._is_closed:
            raise Unreachable("what is shared: it is closed, as the proxy ends")
        try:
            yield
        except LeaseLost:
            self._trouble = ""
            raise
        except (RedisError, OSError, TimeoutError, TypeError, ValueError) as error:
            # The last two are what the answer of something else leads to.
            self._trouble = explained(error, self._redis.address)
            raise Unreachable(self._trouble) from error
        except (CannotOpen, SecretUnreadable) as error:
            self._trouble = f"Redis at {self._redis.address}: {error}"
            raise Unreachable(self._trouble) from error
        self._trouble = ""

    async def _sealing(self) -> Plain | Sealing:
        """Return what hides documents, once it is known to be that of the other nodes."""
        if self._seal is None:
            path = self._redis.secret_file
            seal = Plain() if path is None else Sealing(path, read_secret(path))
            await self._add(seal, *_PROOF)
            self._seal = seal
        return self._seal

    async def _add(self, seal: Plain | Sealing, kind: str, name: str, document: bytes) -> Record:
        sealed, revision = await self._server.run(
            scripts.ADD,
            self._keys(kind),
            self._documents(kind),
            name,
            seal.seal(kind, name, document),
        )
        return Record(seal.open(kind, name, sealed), int(revision))

    async def _page(self, kind: str, since: int) -> _Page:
        seal = await self._sealing()
        life, is_whole, till, more, puts, removed = await self._server.run(
            scripts.CHANGES, self._keys(kind), self._documents(kind), str(since)
        )
        put: dict[str, Record] = {}
        for encoded, document, revision in zip(*[iter(puts)] * 3, strict=True):
            name = encoded.decode()
            put[name] = Record(seal.open(kind, name, document), int(revision))
        gone = tuple(name.decode() for name in removed)
        return _Page(life.decode(), bool(is_whole), int(till), bool(more), put, gone)

    def _key(self, *parts: str) -> str:
        return ":".join((self._redis.prefix, *parts))

    def _keys(self, kind: str) -> list[str]:
        return [self._key(part, kind) for part in ("kind", "there", "gone", "over")]

    def _documents(self, kind: str) -> str:
        return self._key("document", kind, "")

    def _lease_key(self, lease: Lease | None) -> str:
        return self._key("lease", "" if lease is None else lease.name)


@dataclass(frozen=True, slots=True)
class _Page:
    """Changes that a server told at once; ``is_whole`` says that all there is begins here."""

    life: str
    is_whole: bool
    revision: int
    more: bool
    put: dict[str, Record]
    removed: tuple[str, ...]


class _Found:
    """What was told so far, up to the revision ``till``."""

    def __init__(self, since: int) -> None:
        self.till = since
        self.is_more = True
        self.is_whole = False
        self.put: dict[str, Record] = {}
        self.removed: dict[str, None] = {}

    def take(self, page: _Page) -> None:
        """Put in what was told next."""
        if page.is_whole:
            self.put, self.removed, self.is_whole = {}, {}, True
        for name in page.removed:
            self.put.pop(name, None)
            self.removed[name] = None
        for name, record in page.put.items():
            self.put[name] = record
            self.removed.pop(name, None)
        self.till, self.is_more = page.revision, page.more


def _fence(lease: Lease | None) -> str:
    return "" if lease is None else str(lease.fence)


def _held(lease: Lease | None, answer: bytes) -> bytes:
    """Return an answer; raises LeaseLost for the one that says so."""
    if lease is not None and not answer:
        raise LeaseLost(f"the lease {lease.name} is not held any more")
    return answer


def _milliseconds(seconds: float) -> str:
    return str(max(1, math.ceil(seconds * 1000)))
