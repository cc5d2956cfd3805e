# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All about certificates that are ordered: ahead, on demand, and what workers ask about them."""

from __future__ import annotations

from ..issuing.wanting import DEMANDED
from ..observe.metrics import Metrics
from .ask_url import AskUrl
from .asking import Asking
from .certificates_by_order import MakeFor, Open, OrderedCertificates, TakeIn
from .composition import Composition
from .on_demand import OnDemandDesk
from .order_numbers import order_metrics
from .order_status import orders


class Orders:
    """Orders what compositions wish for, and answers workers by ``asking``."""

    def __init__(
        self, open_means: Open, take_in: TakeIn, make_for: MakeFor, asking: Asking
    ) -> None:
        self.certificates = OrderedCertificates(open_means, take_in, make_for)
        self._asking = asking
        self._ask_url = AskUrl()
        self.desk = OnDemandDesk(self.certificates.demand, self._ask_url.permits)

    async def serve(self, composition: Composition) -> None:
        """Go on with another state of the configuration file, which is in force."""
        await self.certificates.serve(composition.snapshot, composition.settled)
        self._asking.answers = self
        self._count(composition)

    def follow(self, composition: Composition) -> None:
        """Go on with what a change put in force."""
        self.certificates.follow(composition.settled)
        self._count(composition)

    def _count(self, composition: Composition) -> None:
        demanded = sum(name.startswith(DEMANDED) for name in composition.settled.leaves)
        self.desk.follow(composition.snapshot, demanded)

    def metrics(self, composition: Composition) -> Metrics:
        """Return what was counted; nothing where nothing is ordered."""
        metrics = self.desk.metrics()
        shared = self.certificates.shared
        if shared is not None:
            stand = dict(orders(composition.settled, self.certificates.state)).values()
            numbers = self.certificates.numbers
            metrics.merge(order_metrics(stand, numbers, reached=not shared.trouble))
        return metrics

    async def close(self) -> None:
        """Order nothing and answer nothing, until there is something to serve again."""
        await self._asking.close()
        await self.desk.close()
        await self._ask_url.close()
        await self.certificates.close()

    # What workers ask

    async def http_01(self, token: str) -> bytes | None:
        """Return the content for a token (RFC 8555, section 8.3), None for an unknown one."""
        validations = self.certificates.validations
        return None if validations is None else await validations.http_01(token)

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        """Return chain and key (PEM) for a validation (RFC 8737), None for an unknown one."""
        validations = self.certificates.validations
        return None if validations is None else await validations.tls_alpn_01(server_name)

    async def certificate(self, name: str) -> bool:
        """Return whether all workers serve a certificate for ``name`` by now."""
        return await self.desk.certificate(name)
