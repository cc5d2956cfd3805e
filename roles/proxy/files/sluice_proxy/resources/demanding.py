# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers are to ask the supervisor about, for an edition. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..routes.model.host_pattern import CERTIFIED
from ..routes.model.route import Route
from ..snapshot.asking import Asking, Demand
from ..snapshot.issuing import Issuing, Provider


def asking_of(issuing: Issuing, routes: Iterable[Route]) -> Asking:
    """Return what workers ask about where certificates are got as ``issuing`` says.

    A name may get one on demand when a route has it. Hosts without an end have none: anybody could
    have certificates ordered for everything; for those there is ``ask``.
    """
    validations = issuing.provider is Provider.ACME
    demand = issuing.on_demand
    if demand is None or not (validations or issuing.provider is Provider.LOCAL_CA):
        return Asking(validations)
    hosts = (host for route in routes for host in route.hosts if host.kind in CERTIFIED)
    patterns = tuple(dict.fromkeys((*demand.names, *hosts)))
    return Asking(validations, Demand(patterns, any_name=demand.ask is not None, wait=demand.wait))
