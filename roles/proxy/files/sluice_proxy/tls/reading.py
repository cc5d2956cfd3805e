# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All files of TLS that a snapshot names, read into it and checked."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..routes.model.policies import ClientCertificate, TlsPolicy
from ..snapshot.admin import Admin
from ..snapshot.snapshot import Snapshot
from ..snapshot.tls import Certificate, HostPolicy
from .certificates import BadCertificate, expired, read_certificate
from .server_contexts import trust_clients
from .upstream_contexts import upstream_context

Place = tuple[str | int, ...]
Complaint = tuple[Place, str]
Warn = Callable[[str], None]


def with_tls_read(
    snapshot: Snapshot,
    warn: Warn = lambda _message: None,
    *,
    certificates_may_come: bool = False,
) -> tuple[Snapshot, list[Complaint]]:
    """Return ``snapshot`` with certificates and authorities in it, and what is wrong with them.

    Certificates that were read before are taken as they are. ``warn`` is told what is questionable,
    but no error. Each complaint is the place in the configuration and what is wrong there. With
    ``certificates_may_come`` there may be none yet.
    """
    read, wrong = _certificates(snapshot)
    for place in expired(read, time.time()):
        names = ", ".join(read[place].hosts[:3]) or f"certificates[{place}]"
        warn(f"the certificate of {names} has expired: have it renewed")
    policies, wrong_policies = _policies(snapshot)
    wrong += wrong_policies
    wrong += _targets(snapshot)
    may_come = certificates_may_come or snapshot.issuing.provider is not None
    needed = not may_come and any(listener.tls for listener in snapshot.listeners)
    if needed and not snapshot.certificates:
        wrong.append((("certificates",), "a listener has tls, but there is no certificate"))
    tls = replace(
        snapshot.tls,
        policy=policies.get(snapshot.tls.policy, snapshot.tls.policy),
        hosts=tuple(
            HostPolicy(entry.host, policies.get(entry.policy, entry.policy))
            for entry in snapshot.tls.hosts
        ),
    )
    routes = tuple(
        route if route.tls not in policies else replace(route, tls=policies[route.tls])
        for route in snapshot.routes
    )
    admin, wrong_admin = _admin(snapshot.admin)
    wrong += wrong_admin
    completed = replace(snapshot, certificates=tuple(read), tls=tls, routes=routes, admin=admin)
    return completed, wrong


def _admin(admin: Admin | None) -> tuple[Admin | None, list[Complaint]]:
    if admin is None or admin.certificate is None:
        return admin, []
    try:
        return replace(admin, certificate=read_certificate(admin.certificate, _content)), []
    except BadCertificate as bad:
        return admin, [(("admin", "certificate", bad.part), str(bad))]


def _certificates(snapshot: Snapshot) -> tuple[list[Certificate], list[Complaint]]:
    read: list[Certificate] = []
    wrong: list[Complaint] = []
    for place, certificate in enumerate(snapshot.certificates):
        try:
            known = certificate.expires is not None
            one = certificate if known else read_certificate(certificate, _content)
        except BadCertificate as bad:
            wrong.append((("certificates", place, bad.part), str(bad)))
            continue
        read.append(one)
        if place and not one.hosts:
            message = (
                "it has neither a DNS name nor an address, and nobody can ask for it: set hosts"
            )
            wrong.append((("certificates", place), message))
    return read, wrong


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _policies(snapshot: Snapshot) -> tuple[dict[TlsPolicy, TlsPolicy], list[Complaint]]:
    """Return each policy with its authorities in it, by the one without."""
    found: dict[TlsPolicy, TlsPolicy] = {}
    wrong: list[Complaint] = []
    for place, policy in _policy_places(snapshot):
        if policy in found or policy.client_certificate is ClientCertificate.NONE:
            continue
        if policy.client_ca is not None:
            # It was read before.
            continue
        try:
            found[policy] = with_authorities(policy, _content)
        except ValueError as error:
            wrong.append(((*place, "client_ca"), str(error)))
    return found, wrong


def with_authorities(policy: TlsPolicy, read: Callable[[str], bytes]) -> TlsPolicy:
    """Return ``policy`` with its authorities in it, as they are in its file now.

    ``read`` returns the content of a file. Raises ValueError when they cannot be used.
    """
    if policy.client_ca_file is None:
        return policy
    try:
        # Bundles have comments in any encoding; what is in PEM is ASCII.
        text = read(policy.client_ca_file).decode("ascii", "ignore")
        whole = replace(policy, client_ca=text)
        trust_clients(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), whole)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        message = f"file {policy.client_ca_file} has no authorities to use: {reason}"
        raise ValueError(message) from None
    return whole


def _policy_places(snapshot: Snapshot) -> Iterator[tuple[Place, TlsPolicy]]:
    yield ("tls",), snapshot.tls.policy
    for index, route in enumerate(snapshot.routes):
        if route.tls is not None:
            yield ("routes", index, "tls"), route.tls
    for entry in snapshot.tls.hosts:
        yield ("tls", "hosts"), entry.policy


def _targets(snapshot: Snapshot) -> Iterator[Complaint]:
    """Yield the targets whose files of TLS cannot be used."""
    good = set()
    for index, route in enumerate(snapshot.routes):
        for place, target in enumerate(route.targets):
            if target.tls in good:
                continue
            if target.tls.ca_file or target.tls.certificate_file:
                try:
                    upstream_context(target.tls)
                except OSError as error:
                    message = str(error.strerror or error)
                    yield ("routes", index, "targets", place, "tls"), message
                    continue
            good.add(target.tls)
