# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a request before any target is asked: the decisions, one after the other."""

from __future__ import annotations

from ipaddress import ip_address

from ..http.request_head import RequestHead
from ..routes.admission.pausing import Admission, admission
from ..routes.admission.rate import client_key
from ..routes.matching.paths import Match
from ..routes.model.actions import Redirect
from ..routes.model.policies import ClientCertificate, TlsPolicy
from ..routes.rewriting.redirecting import location
from ..snapshot.networks import Networks
from .answers import Answer, error_answer, page_answer, redirect_answer, retry_after
from .route_serving import RouteServing
from .serving import Serving

Decision = Answer | Admission
"""An answer, PASS or HOLD."""


def misdirected(serving: Serving, head: RequestHead, policy: TlsPolicy | None) -> Answer | None:
    """Return the refusal of a request that came by the wrong connection, or None.

    ``policy`` is what the connection was set up under, None without TLS. A host whose policy is
    another one needs a connection of its own (RFC 9110, section 15.5.20): a client must not get
    past a certificate that is asked for by naming one host to TLS and another one to HTTP.
    """
    wanted = serving.policy_of(head.authority)
    if policy is None:
        if wanted.client_certificate is not ClientCertificate.REQUIRED:
            return None
        reason = "the host asks for a client certificate, and this connection has no TLS"
    elif wanted is policy or wanted == policy:
        return None
    else:
        reason = "the host has another TLS policy than this connection"
    return error_answer(serving.pages, 421, reason)


def decide(
    serving: Serving,
    route: RouteServing,
    match: Match,
    head: RequestHead,
    address: str,
    scheme: str,
    now: float,
) -> Decision:
    """Return what becomes of a request of a route that is not plain.

    ``address`` is the client's, ``scheme`` how it came. In this order: maintenance, the rate
    limit, the redirect, the page.
    """
    maintenance = route.route.maintenance
    admitted = admission(maintenance, route.held)
    if admitted is Admission.HOLD:
        return admitted
    if admitted is Admission.REFUSE:
        return under_maintenance(serving, route)
    if route.rate is not None:
        wait = route.rate.take(client_key(address), now)
        if wait > 0.0:
            reason = "the client is over the rate limit of the route"
            return error_answer(serving.pages, 429, reason, retry_after(wait))
    redirect = route.route.redirect
    if redirect is not None and not (redirect.only_plain and scheme == "https"):
        return _redirected(serving, redirect, match, head, scheme)
    if route.route.page is not None:
        return page_answer(route.route.page)
    return Admission.PASS


def under_maintenance(serving: Serving, route: RouteServing) -> Answer:
    """Return the 503 of a route under maintenance."""
    seconds = route.route.maintenance.retry_after
    fields = () if seconds is None else (retry_after(seconds),)
    return error_answer(serving.pages, 503, "the route is under maintenance", *fields)


def without_target(serving: Serving, route: RouteServing) -> Answer:
    """Return what is said where no target may be asked."""
    if route.origins:
        return page_answer(serving.pages.no_healthy, reason="no target may be used")
    return page_answer(serving.pages.no_route, reason="the route has no targets")


def _redirected(
    serving: Serving, redirect: Redirect, match: Match, head: RequestHead, scheme: str
) -> Answer:
    place = location(
        redirect.location,
        scheme=scheme,
        host=head.authority,
        port=head.port,
        path=head.path,
        query=head.query,
        matched=match.path,
    )
    if place is None:
        return error_answer(serving.pages, 400, "the redirect repeats a host that is none")
    return redirect_answer(redirect.status, place)


def client_address(address: str, trusted: bool, head: RequestHead, networks: Networks) -> str:
    """Return whose request this is: the connection's peer, or for whom that one says it comes.

    Of X-Forwarded-For the last address counts that is not of a trusted network: what stands
    before it can be made up, and what stands before something that is no address, too.
    """
    if not trusted or head.forwarding is None:
        return address
    for said in reversed(head.forwarding.get(b"x-forwarded-for", b"").split(b",")):
        one = _address(said.strip().decode("latin-1"))
        if one is None:
            break
        address = one
        if one not in networks:
            break
    return address


def _address(text: str) -> str | None:
    """Return an address without its zone, or None for what is none."""
    bare = text.partition("%")[0]
    try:
        ip_address(bare)
    except ValueError:
        return None
    return bare
