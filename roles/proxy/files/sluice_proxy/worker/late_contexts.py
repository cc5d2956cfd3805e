# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS contexts that only the supervisor can give: for validations of names, and on demand."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from ..routes.matching.hosts import Hosts
from ..routes.model.policies import TlsPolicy
from ..snapshot.asking import Asking, Demand
from ..snapshot.tls import Certificate, Pem
from ..tls.certificate_names import may_be_certified
from ..tls.choosing import (
    ACME,
    INTERNAL_ERROR,
    Challenge,
    Choice,
    OnDemand,
    no_certificate,
    no_protocol,
)
from ..tls.client_hello import ClientHello
from ..tls.server_contexts import ServerContexts
from ..tls.server_side import Choose, HelloRefused, fatal_alert
from .questions import CERTIFICATE, NOTHING, TLS_ALPN_01, VALIDATION_WAIT, Questions, Reply, Waiting

MOST_CHALLENGES = 16
"""Contexts of challenges that are kept: an authority comes from several places at once."""
_USUAL = TlsPolicy()


class LateContexts:
    """Makes what choosers of all snapshots wait by; ``choose`` is that of the one in force."""

    def __init__(self, questions: Questions, choose: Choose) -> None:
        self._questions = questions
        self._choose = choose
        self._challenges = ServerContexts([ACME.decode()], MOST_CHALLENGES)

    def challenge(self, asking: Asking) -> Challenge | None:
        """Return what answers validations under a snapshot, None where nobody is to come."""
        return self._validated if asking.validations else None

    def on_demand(self, demand: Demand | None) -> OnDemand | None:
        """Return what gets certificates under a snapshot, None where all are there ahead."""
        if demand is None:
            return None
        hosts, wait, any_name = Hosts(demand.patterns), demand.wait, demand.any_name

        def demanded(hello: ClientHello, came_to: str) -> Choice | None:
            name = hello.server_name
            if name is None or not may_be_certified(name):
                return None
            if not any_name and next(hosts.matching(name), None) is None:
                return None
            return _Demanded(self._questions, name, wait, self._choose, hello, came_to)

        return demanded

    def _validated(self, name: str) -> Choice:
        return _Validated(self._questions, name, self._challenges)


class _Asked:
    """A context that a question is asked for."""

    __slots__ = ("_about", "_name", "_questions", "_reply", "_there", "_waiting", "seconds")

    validates = False

    def __init__(self, questions: Questions, about: str, name: str, seconds: float) -> None:
        self._questions = questions
        self._about = about
        self._name = name
        self.seconds = seconds
        self._reply = NOTHING
        self._there: Callable[[], None] | None = None
        self._waiting: Waiting | None = None

    def begin(self, there: Callable[[], None]) -> None:
        """Ask; raises HelloRefused where nothing is to be expected."""
        self._waiting = self._questions.ask(self._about, self._name, self.seconds, self._told)
        if self._waiting is None:
            raise self._refusal()
        self._there = there

    def context(self) -> ssl.SSLContext:
        """Return the context that the answer comes to; raises HelloRefused."""
        if not self._reply.found:
            raise self._refusal()
        return self._found(self._reply)

    def forget(self) -> None:
        """Wait no more."""
        waiting, self._waiting, self._there = self._waiting, None, None
        if waiting is not None:
            waiting.forget()

    def _told(self, reply: Reply) -> None:
        there, self._waiting, self._there = self._there, None, None
        self._reply = reply
        if there is not None:
            there()

    def _refusal(self) -> HelloRefused:
        raise NotImplementedError

    def _found(self, reply: Reply) -> ssl.SSLContext:
        raise NotImplementedError


class _Validated(_Asked):
    """What an authority is shown that validates a name (RFC 8737)."""

    __slots__ = ("_contexts",)

    validates = True

    def __init__(self, questions: Questions, name: str, contexts: ServerContexts) -> None:
        super().__init__(questions, TLS_ALPN_01, name, VALIDATION_WAIT)
        self._contexts = contexts

    def _refusal(self) -> HelloRefused:
        return no_protocol((ACME,))

    def _found(self, reply: Reply) -> ssl.SSLContext:
        try:
            chain, key = reply.payloads
            certificate = Certificate(chain=Pem(text=chain), key=Pem(text=key))
            return self._contexts.get(certificate, _USUAL)
        except (ssl.SSLError, OSError, ValueError) as error:
            reason = f"the answer to the validation of {self._name} cannot be shown: {error}"
            raise HelloRefused(reason, fatal_alert(INTERNAL_ERROR)) from error


class _Demanded(_Asked):
    """The certificate of a name that a client is the first to ask for."""

    __slots__ = ("_came_to", "_choose", "_hello")

    def __init__(
        self,
        questions: Questions,
        name: str,
        wait: float,
        choose: Choose,
        hello: ClientHello,
        came_to: str,
    ) -> None:
        super().__init__(questions, CERTIFICATE, name, wait)
        self._choose = choose
        self._hello = hello
        self._came_to = came_to

    def _refusal(self) -> HelloRefused:
        return no_certificate(self._name)

    def _found(self, reply: Reply) -> ssl.SSLContext:
        choice = self._choose(self._hello, self._came_to)
        if isinstance(choice, ssl.SSLContext):
            return choice
        # It was there, and is gone again: a client waits once.
        raise self._refusal()
