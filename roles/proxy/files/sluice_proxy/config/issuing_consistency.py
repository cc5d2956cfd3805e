# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certificates that the proxy gets by itself need besides their own section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sluice_proxy.config.files import Files
from sluice_proxy.config.problems import Path
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.issuing import Acme, ChallengeType, DnsHook, Issuing, Provider
from sluice_proxy.snapshot.listening import Listener, TcpAddress

Complaint = tuple[Path, str]
_ON_DEMAND = (Provider.ACME, Provider.LOCAL_CA)
_PORTS = {
    ChallengeType.HTTP_01: (80, False, "without TLS"),
    ChallengeType.TLS_ALPN_01: (443, True, "with TLS"),
}


def issuing_complaints(
    routes: Sequence[Route], issuing: Issuing, files: Files, *, kept: bool
) -> Iterator[Complaint]:
    """Yield what does not go together, and why; ``kept`` says that what is issued outlives the
    process."""
    provider = issuing.provider
    for index, route in enumerate(routes):
        if route.certificate_made and provider is None:
            message = "nobody makes certificates: set provider of issuing, or leave auto out"
            yield ("routes", index, "tls"), message
    if issuing.on_demand is not None and provider not in _ON_DEMAND:
        message = "certificates on demand are of provider acme or local_ca: set it, or leave this"
        yield ("issuing", "on_demand"), f"{message} out"
    if provider is not Provider.ACME:
        return
    if issuing.acme is None:
        message = "provider acme asks authorities: write them, as authorities: letsencrypt"
        yield ("issuing", "acme"), message
        return
    if not kept:
        message = (
            "provider acme needs store or fleet: without one, each restart would order every"
            " certificate anew, until the authority's limits are reached"
        )
        yield ("issuing", "provider"), message
    for place, name in _named_files(issuing.acme):
        try:
            files.resolved(name)
        except ValueError as error:
            yield ("issuing", "acme", *place), str(error)


def issuing_warnings(listeners: Sequence[Listener], issuing: Issuing) -> Iterator[str]:
    """Yield why challenges may not be answered, in a line each.

    Which ports of the internet lead here cannot be known.
    """
    if issuing.acme is None:
        return
    for challenge in issuing.acme.challenges:
        if challenge not in _PORTS:
            continue
        port, tls, how = _PORTS[challenge]
        if not any(_may_be_at(each, port) for each in listeners if each.tls == tls):
            yield (
                f"{challenge.value} is answered at port {port}, and nothing listens there {how}:"
                f" add it to listen, lead that port to one that does, or leave {challenge.value}"
                " out of issuing.acme.challenges"
            )


def _may_be_at(listener: Listener, port: int) -> bool:
    address = listener.address
    return not isinstance(address, TcpAddress) or address.port == port


def _named_files(acme: Acme) -> Iterator[tuple[Path, str]]:
    for index, authority in enumerate(acme.authorities):
        place: Path = ("authorities", index)
        if authority.trust_file is not None:
            yield (*place, "trust_file"), authority.trust_file
        if authority.external_account is not None:
            key_file = authority.external_account.key_file
            yield (*place, "external_account", "key_file"), key_file
    if isinstance(acme.dns, DnsHook):
        yield ("dns", "hook", "program"), acme.dns.program
    elif acme.dns is not None and acme.dns.key_file:
        yield ("dns", "update", "key_file"), acme.dns.key_file
