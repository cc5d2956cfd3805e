# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that has records set as an operator's would."""

from __future__ import annotations

import sys
from pathlib import Path

from running.dns_server import KEY_NAME, SECRET, DnsServer

HOOK = """\
#!{python}
import sys
import dns.query, dns.tsig, dns.update

verb, name, value = sys.argv[1:]
update = dns.update.UpdateMessage("example", keyring=dns.tsig.Key("{key}", "{secret}"))
if verb == "set":
    update.add(name + ".", 60, "TXT", value)
else:
    update.delete(name + ".", "TXT", value)
sys.exit(dns.query.tcp(update, "127.0.0.1", 10, {port}).rcode())
"""


def dns_hook(folder: Path, server: DnsServer) -> Path:
    """Return a program that changes the zone ``example`` of a server."""
    hook = folder / "dns-hook"
    hook.write_text(
        HOOK.format(python=sys.executable, key=KEY_NAME, secret=SECRET, port=server.port)
    )
    hook.chmod(0o700)
    return hook
