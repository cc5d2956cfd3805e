# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates that the proxy makes itself: what there is of them, and what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ..admin.status import CertificateStatus
from ..issuing.issuer import Settled
from ..issuing.wanting import Trouble, is_automatic
from ..resources.certifying import Certified, Settles, certify, held_in
from ..resources.edition import Edition
from ..resources.model import Origin
from ..store.items import Contents

_log = logging.getLogger("sluice_proxy.certificates")
_NOTHING = Settled({}, {}, (), (), None, "")


class MadeCertificates:
    """Those of the edition in force.

    In every change, and each LOOKED_AT seconds for what is to be renewed: ``certify`` beside the
    loop; its edition and changes with those of the batch; ``keep`` when all that is in force.
    """

    def __init__(self, issuer: Settles, now: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._now = now
        self._settled = _NOTHING

    def open(self, contents: Contents) -> None:
        """Begin with what a store has."""
        self._settled = Settled(held_in(contents), {}, (), (), None, "")

    def certify(self, edition: Edition) -> Certified:
        """Return an edition with all certificates that can be made. Takes its time, and changes
        nothing here."""
        return certify(edition, self._settled.leaves, self._issuer, self._now())

    def keep(self, certified: Certified) -> None:
        """Go on with what ``certify`` returned: it is in force, and its changes are in the store.
        Logs what could not be made, once."""
        former, self._settled = self._settled, certified.settled
        if self._settled.trouble and self._settled.trouble != former.trouble:
            _log.error("the local CA cannot be used: %s", self._settled.trouble)
        known = {str(trouble) for trouble in former.troubles}
        for trouble in self._settled.troubles:
            if str(trouble) not in known and trouble.message != self._settled.trouble:
                _log.warning("%s%s", trouble, _shown_on(trouble))

    @property
    def said(self) -> Mapping[str, str]:
        """What went wrong when a certificate was last to be made, by its id."""
        return {
            trouble.wanted.id: trouble.message + _shown_on(trouble)
            for trouble in self._settled.troubles
        }

    def local_ca(self) -> bytes | None:
        """Return the certificate of the local CA as PEM, None where there is none."""
        authority = self._settled.authority
        return None if authority is None else authority.pem

    def local_ca_days_left(self) -> float | None:
        """Return the days until the local CA expires, None where there is none."""
        authority = self._settled.authority
        return None if authority is None else authority.lifetime.days_left(self._now())

    def statuses(self) -> Iterator[CertificateStatus]:
        """Yield how those are that were made for routes, or could not be; declared ones are
        resources."""
        now = self._now()
        said = self.said
        for name, leaf in self._settled.leaves.items():
            if is_automatic(name):
                yield CertificateStatus(
                    name,
                    Origin.FILE,
                    leaf.provider.value,
                    leaf.issued.names,
                    leaf.issued.fingerprint,
                    leaf.issued.lifetime.ends.timestamp(),
                    round(leaf.issued.lifetime.days_left(now), 3),
                    said.get(name, ""),
                )
        for trouble in self._settled.troubles:
            wanted = trouble.wanted
            if wanted.automatic and not trouble.shown:
                yield CertificateStatus(
                    wanted.id,
                    Origin.FILE,
                    wanted.provider.value,
                    wanted.names,
                    "",
                    0.0,
                    0.0,
                    trouble.message,
                )


def _shown_on(trouble: Trouble) -> str:
    return ": the former one is shown on" if trouble.shown else ""
