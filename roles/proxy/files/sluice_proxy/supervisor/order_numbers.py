# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is counted of orders, in the form of all numbers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from ..admin.status import OrderStatus
from ..observe.metrics import Metrics
from ..ordering.counting import Numbers
from ..ordering.model import Standing

HELPS = {
    "sluice_acme_certificates": "Certificates that are ordered, by how their orders stand.",
    "sluice_acme_failures": "Failures in a row of the certificate that has most of them.",
    "sluice_acme_next_renewal_timestamp_seconds": "When the next certificate is to be renewed.",
    "sluice_acme_last_issue_timestamp_seconds": "When an authority last issued a certificate here.",
    "sluice_acme_orders_total": "Orders that were begun, by authority.",
    "sluice_acme_orders_issued_total": "Orders that came to a certificate, by authority.",
    "sluice_acme_orders_failed_total": "Orders that came to none, by authority and problem.",
    "sluice_acme_renewals_total": "Certificates that took the place of another.",
    "sluice_acme_adopted_total": "Certificates that were taken over from other nodes.",
    "sluice_acme_validations_total": "Validations, by type of challenge and result.",
    "sluice_fleet_up": "1 while what nodes share can be reached, else 0.",
}
"""What each number is about."""


def order_metrics(orders: Collection[OrderStatus], numbers: Numbers, *, reached: bool) -> Metrics:
    """Return the numbers of a proxy that orders certificates; ``reached`` says whether what is
    shared could be reached when it was last used."""
    metrics = Metrics()
    gauges, counters = metrics.gauges, metrics.counters
    states = Counter(order.state for order in orders)
    for standing in Standing:
        gauges["sluice_acme_certificates", (("state", standing.value),)] = states[standing.value]
    gauges["sluice_acme_failures", ()] = max((order.failures for order in orders), default=0)
    gauges["sluice_fleet_up", ()] = int(reached)
    renewals = [order.renew_at for order in orders if order.renew_at is not None]
    if renewals:
        gauges["sluice_acme_next_renewal_timestamp_seconds", ()] = min(renewals)
    if numbers.last_success is not None:
        gauges["sluice_acme_last_issue_timestamp_seconds", ()] = numbers.last_success
    for authority, amount in numbers.begun.items():
        counters["sluice_acme_orders_total", (("authority", authority),)] = amount
    for authority, amount in numbers.issued.items():
        counters["sluice_acme_orders_issued_total", (("authority", authority),)] = amount
    for (authority, problem), amount in numbers.failed.items():
        labels = (("authority", authority), ("problem", problem))
        counters["sluice_acme_orders_failed_total", labels] = amount
    for (type_, succeeded), amount in numbers.validations.items():
        labels = (("type", type_.value), ("result", "valid" if succeeded else "invalid"))
        counters["sluice_acme_validations_total", labels] = amount
    counters["sluice_acme_renewals_total", ()] = numbers.renewed
    counters["sluice_acme_adopted_total", ()] = numbers.adopted
    return metrics
