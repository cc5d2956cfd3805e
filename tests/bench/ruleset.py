# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of profiles as a file that nft reads back. Pure but for the listing."""

from __future__ import annotations

import re
import subprocess
from typing import Sequence

TABLE = ("table", "inet", "sluice")
_ORIGINAL_PORT = re.compile(
    r"(?m)^(\s+)((?!meta l4proto).*ct original proto-dst .*\. )(tcp|udp|sctp)( dport)"
)


def listed(nft: Sequence[str] = ("nft",)) -> str:
    """Return the table without its counters, as nft can read it back.

    ``nft`` is the command, with what enters its network namespace before it.
    """
    command = [*nft, "--stateless", "list", *TABLE]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    # nft 1.0.6 leaves a protocol out where a port tells it, and cannot do without it there.
    return _ORIGINAL_PORT.sub(r"\1meta l4proto \3 \2\3\4", text)
