# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a worker gets its TLS contexts from: it neither reads certificates nor knows policies."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from ..routes.model.target import TargetTls
from ..snapshot.snapshot import Snapshot
from ..tls.server_side import Choose

TowardsTarget = Callable[[TargetTls], ssl.SSLContext]
"""Returns the context for a target; raises OSError or ssl.SSLError. Asked for each connection."""

TowardsClients = Callable[[Snapshot], Choose]
"""Returns what chooses contexts for clients under a snapshot. Asked once for each snapshot."""


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """Both."""

    towards_clients: TowardsClients
    towards_target: TowardsTarget
