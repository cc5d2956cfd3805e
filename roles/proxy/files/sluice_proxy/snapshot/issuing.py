# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates the proxy makes itself. The supervisor does; workers only show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sluice_proxy.routes.model.host_pattern import HostPattern


class Provider(StrEnum):
    """Who vouches for a certificate that is made here: itself, or the development CA."""

    SELF_SIGNED = "self_signed"
    LOCAL_CA = "local_ca"


@dataclass(frozen=True, slots=True)
class Issuing:
    """``provider`` makes the certificates of routes, None none: of those that ask for one, and of
    all when ``all_routes``.

    ``folder`` has the development CA, which is made there; with ``mkcert`` that of mkcert is used
    where it is installed. ``names`` may be asked for though no route has them.
    """

    provider: Provider | None = None
    all_routes: bool = False
    folder: str = "/var/lib/sluice-proxy/ca"
    mkcert: bool = False
    names: tuple[HostPattern, ...] = ()
