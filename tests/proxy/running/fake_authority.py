# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities without a network: they do what the client of one does, and fail as they are told."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from samples.certificates import usual_authority
from sluice_proxy.acme.certificates.names import alternative_names
from sluice_proxy.acme.certificates.request import CertificateRequest
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import PREFIX, AcmeFailed, Problem
from sluice_proxy.acme.messages.identifier import Identifier
from sluice_proxy.acme.messages.model import (
    Account,
    Authorization,
    Challenge,
    Directory,
    Order,
    RenewalInfo,
    RevocationReason,
    Status,
)
from sluice_proxy.acme.signing.jws import ExternalAccount
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.ordering.validating import Challenge as Published
from sluice_proxy.ordering.validating import NotAnswered
from sluice_proxy.snapshot.issuing import CertificateAuthority, ChallengeType

TYPES = ("http-01", "tls-alpn-01", "dns-01")
DAY = 86_400.0


def problem(
    kind: str, status: int = 400, retry_after: float | None = None, detail: str = "as scripted"
) -> Problem:
    return Problem(PREFIX + kind, detail, status, retry_after=retry_after)


@dataclass
class FakeAuthority:
    """What one authority has, and how it behaves.

    ``refuses`` has what validation of a name fails with by (name, type), and by name alone.
    ``seconds`` is how long its certificates are valid, ``takes`` how long each request takes.
    """

    now: Callable[[], float]
    seconds: float = 90 * DAY
    takes: float = 0.05
    offers: tuple[str, ...] = TYPES
    terms: str | None = None
    wants_external: bool = False
    window: tuple[float, float] | None = None
    look_again: float | None = None
    backdated: float = 3600.0
    refuses: dict[tuple[str, str], AcmeFailed] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    names_ordered: list[tuple[str, ...]] = field(default_factory=list)
    replaced: list[str | None] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)
    issued: list[bytes] = field(default_factory=list)
    revoked: list[tuple[bytes, RevocationReason]] = field(default_factory=list)
    validated: list[tuple[str, str]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    answered: Callable[[str, str], bool] = lambda _type, _name: True
    _at_once: int = 0
    _troubles: dict[str, deque[AcmeFailed]] = field(default_factory=dict)
    _always: dict[str, AcmeFailed] = field(default_factory=dict)

    def fail(self, step: str, *errors: AcmeFailed) -> None:
        """Fail the next requests of a kind, one after the other."""
        self._troubles.setdefault(step, deque()).extend(errors)

    def fail_always(self, step: str, error: AcmeFailed | None) -> None:
        """Fail all requests of a kind, or with None no more; "all" is for each of them."""
        if error is None:
            self._always.pop(step, None)
        else:
            self._always[step] = error

    async def does(self, step: str) -> None:
        self.asked[step] += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self._at_once -= 1
        always = self._always.get(step) or self._always.get("all")
        if always is not None:
            raise always
        if self._troubles.get(step):
            raise self._troubles[step].popleft()

    def sign(self, request: CertificateRequest) -> bytes:
        top = usual_authority()
        csr = x509.load_der_x509_csr(request.csr)
        begins = self.now() - self.backdated
        ends = self.now() + self.seconds
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(top.certificate.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.fromtimestamp(int(begins), UTC))
            .not_valid_after(datetime.fromtimestamp(int(ends), UTC))
            .add_extension(alternative_names(request.names), critical=False)
            .sign(top.key, hashes.SHA256())
        )
        chain = leaf.public_bytes(serialization.Encoding.PEM)
        self.issued.append(chain)
        return chain


class FakeClient:
    """A client of a fake authority, with the methods of the real one that orders need."""

    def __init__(self, ca: FakeAuthority, key: SigningKey, account: str | None) -> None:
        self._ca = ca
        self.key = key
        self._account = account
        self._orders: dict[str, Order] = {}
        self._authorizations: dict[str, Authorization] = {}
        self._requests: dict[str, CertificateRequest] = {}

    async def directory(self) -> Directory:
        await self._ca.does("directory")
        return Directory(
            "nonce",
            "account",
            "order",
            "revoke",
            "change",
            "renewal" if self._ca.window else None,
            self._ca.terms,
            self._ca.wants_external,
        )

    async def register(
        self,
        contact: Iterable[str] = (),
        *,
        terms_agreed: bool = False,
        external_account: ExternalAccount | None = None,
    ) -> Account:
        await self._ca.does("register")
        if self._ca.wants_external and external_account is None:
            raise problem("externalAccountRequired")
        return self._made(tuple(contact))

    def _made(self, contact: tuple[str, ...]) -> Account:
        accounts = self._ca.accounts
        made = accounts.setdefault(
            self.key.thumbprint,
            Account(f"account-{len(accounts)}", Status.VALID, contact, created=True),
        )
        if made.status is not Status.VALID:
            raise problem("unauthorized", 401)
        self._account = made.url
        return made

    async def find(self) -> Account:
        await self._ca.does("find")
        if self.key.thumbprint not in self._ca.accounts:
            raise problem("accountDoesNotExist")
        return self._made(())

    async def update(
        self, contact: Iterable[str] | None = None, *, terms_agreed: bool = False
    ) -> Account:
        await self._own("update")
        own = replace(self._ca.accounts[self.key.thumbprint], contact=tuple(contact or ()))
        self._ca.accounts[self.key.thumbprint] = own
        return own

    async def deactivate(self) -> Account:
        await self._own("deactivate")
        own = replace(self._ca.accounts[self.key.thumbprint], status=Status.DEACTIVATED)
        self._ca.accounts[self.key.thumbprint] = own
        return own

    async def roll_over(self, new_key: SigningKey) -> None:
        await self._own("roll_over")
        self._ca.accounts[new_key.thumbprint] = self._ca.accounts.pop(self.key.thumbprint)
        self.key = new_key

    async def new_order(
        self, names: Iterable[str], *, profile: str = "", replaces: bytes | None = None
    ) -> Order:
        own = tuple(names)
        await self._own("new_order")
        self._ca.names_ordered.append(own)
        self._ca.profiles.append(profile)
        self._ca.replaced.append(None if replaces is None else replaces.decode())
        url = f"order-{len(self._ca.names_ordered)}"
        authorizations = []
        for name in own:
            place = f"{url}/{name}"
            challenges = tuple(
                Challenge(type_, f"{place}/{type_}", Status.PENDING, f"token-{url}-{name}")
                for type_ in self._ca.offers
            )
            self._authorizations[place] = Authorization(
                place,
                Identifier.of(name.removeprefix("*.")),
                Status.PENDING,
                challenges,
                wildcard=name.startswith("*."),
            )
            authorizations.append(place)
        identifiers = tuple(map(Identifier.of, own))
        order = Order(url, Status.PENDING, identifiers, tuple(authorizations), f"{url}/finalize")
        self._orders[url] = order
        return order

    async def order(self, url: str) -> Order:
        await self._own("order")
        order = self._orders[url]
        if all(self._authorizations[one].status is Status.VALID for one in order.authorizations):
            self._orders[url] = order = replace(order, status=Status.READY)
        return order

    async def authorization(self, url: str) -> Authorization:
        await self._own("authorization")
        return self._authorizations[url]

    async def respond(self, challenge: Challenge) -> Challenge:
        await self._own("respond")
        place, _slash, type_ = challenge.url.rpartition("/")
        authorization = self._authorizations[place]
        name = place.partition("/")[2]
        self._ca.validated.append((name, type_))
        error = self._ca.refuses.get((name, type_)) or self._ca.refuses.get((name, ""))
        if error is None and not self._ca.answered(type_, name):
            error = problem("unauthorized", 403, detail="nobody answered")
        status = Status.VALID if error is None else Status.INVALID
        self._authorizations[place] = replace(
            authorization,
            status=status,
            challenges=(
                Challenge(type_, challenge.url, status, challenge.token, cast("Problem", error)),
            ),
        )
        return challenge

    async def wait_for_authorization(self, url: str) -> Authorization:
        await self._own("wait")
        one = self._authorizations[url]
        error = one.challenges[0].error
        if error is not None:
            raise error.about(one.identifier) if isinstance(error, Problem) else error
        return one

    async def finalize(self, order: Order, request: CertificateRequest) -> Order:
        await self._own("finalize")
        self._requests[order.url] = request
        return replace(order, status=Status.VALID, certificate=f"{order.url}/certificate")

    async def certificate(
        self, order: Order, request: CertificateRequest, preferred_chain: str = ""
    ) -> bytes:
        await self._own("certificate")
        return self._ca.sign(request)

    async def revoke(
        self,
        chain: bytes,
        reason: RevocationReason = RevocationReason.UNSPECIFIED,
        key: SigningKey | None = None,
    ) -> None:
        await self._ca.does("revoke" if key is None else "revoke by key")
        self._ca.revoked.append((chain, reason))

    async def renewal_info(self, chain: bytes) -> RenewalInfo | None:
        await self._ca.does("renewal_info")
        if self._ca.window is None:
            return None
        start, end = (datetime.fromtimestamp(at, UTC) for at in self._ca.window)
        return RenewalInfo(start, end, "", self._ca.look_again)

    async def _own(self, step: str) -> None:
        await self._ca.does(step)
        account = self._ca.accounts.get(self.key.thumbprint)
        if account is None or account.url != self._account:
            raise problem("accountDoesNotExist")
        if account.status is not Status.VALID:
            raise problem("unauthorized", 401, detail="the account is deactivated")


class FakeConnections:
    """Makes clients of fake authorities, by their names."""

    def __init__(self, **authorities: FakeAuthority) -> None:
        self.authorities = authorities
        self.closed = False

    def client(
        self, authority: CertificateAuthority, key: SigningKey, account: str | None
    ) -> Client:
        return cast("Client", FakeClient(self.authorities[authority.name], key, account))

    async def close(self) -> None:
        self.closed = True


class FakeAnswering:
    """Answers by remembering; ``wrong`` says for which types nobody can."""

    def __init__(self, *types: ChallengeType) -> None:
        self.types = types or tuple(ChallengeType)
        self.published: list[Published] = []
        self.there: list[Published] = []
        self.wrong: dict[ChallengeType, str] = {}

    async def publish(self, challenge: Published) -> None:
        await asyncio.sleep(0)
        self.published.append(challenge)
        self.there.append(challenge)
        if challenge.type in self.wrong:
            raise NotAnswered(self.wrong[challenge.type])

    async def withdraw(self, challenge: Published) -> None:
        await asyncio.sleep(0)
        if challenge in self.there:
            self.there.remove(challenge)

    def answers(self, type_: str, name: str) -> bool:
        """Whether a challenge is answered now."""
        plain = name.removeprefix("*.")
        return any(one.type == type_ and one.identifier == plain for one in self.there)
