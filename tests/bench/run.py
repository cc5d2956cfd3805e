# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the collection beside its peers, in one run; writes build/bench.json.

Arguments name the benchmarks to run, for example ``nftables restore``; ``proxy`` is all whose names
begin with it. Without an argument it is all of them. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import guest
import host
import proxy
from figures import Figure, as_json, as_table

CHECKOUT = Path(__file__).resolve().parents[2]
RESULT = CHECKOUT / "build/bench.json"

Measured = dict[str, tuple[str, Callable[[], list[Figure]]]]

ON_THIS_MACHINE: Measured = {
    "nftables": ("10,000 profiles: the collection and nft in turn", host.nftables_figures),
    "iptables": (
        "1,000 profiles on legacy iptables: the collection and python-iptables in turn",
        host.iptables_figures,
    ),
    "proxy-throughput": (
        "the proxy, nginx, haproxy and caddy in turn, as fast as they can",
        proxy.throughput_figures,
    ),
    "proxy-latency": (
        "the proxy, nginx and haproxy in turn, at the same offered load",
        proxy.latency_figures,
    ),
    "proxy-routes": ("the proxy with 10,000 routes and with one in turn", proxy.routes_figures),
    "proxy-declaring": (
        "10,000 routes in one task of proxy_route, while clients go on",
        proxy.declaring_figures,
    ),
    "proxy-demanding": (
        "1,000 handshakes a second for names without permission, while clients go on",
        proxy.demanding_figures,
    ),
    "proxy-workers": ("the proxy with two workers and with one in turn", proxy.workers_figures),
    "proxy-idle": ("the proxy with 10,000 idle connections", proxy.idle_figures),
    "proxy-certificates": (
        "the proxy starts with 10,000 certificates",
        proxy.certificates_figures,
    ),
}
IN_THE_VM: Measured = {
    "ipvs": (
        "10,000 real servers inside the VM: the collection and ipvsadm in turn",
        guest.ipvs_figures,
    ),
    "restore": (
        "what a boot brings back inside the VM: sluice-state and the kernel's own tools in turn",
        guest.restore_figures,
    ),
    "play": (
        "1,000 real servers from outside: a play that changes nothing and a ping in turn",
        guest.play_figures,
    ),
}


def main() -> int:
    """Run the benchmarks that are asked for; return the exit status."""
    known = [*ON_THIS_MACHINE, *IN_THE_VM]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(known)}")
    names = []
    for asked in parser.parse_args().names:
        chosen = [name for name in known if name == asked or name.startswith(f"{asked}-")]
        if not chosen:
            parser.error(f"there is no benchmark {asked}: use {', '.join(known)}")
        names += chosen
    names = names or known
    figures = _measured(ON_THIS_MACHINE, names)
    if set(names) & set(IN_THE_VM):
        guest.create()
        try:
            figures += _measured(IN_THE_VM, names)
        finally:
            guest.destroy()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(as_json(figures))
    print(f"\n{as_table(figures)}\n\nwritten to {RESULT.relative_to(CHECKOUT)}")
    return 1 if any(figure.met is False for figure in figures) else 0


def _measured(benchmarks: Measured, names: list[str]) -> list[Figure]:
    figures = []
    for name, (about, measure) in benchmarks.items():
        if name in names:
            print(f"=== {about}", flush=True)
            figures += measure()
    return figures


if __name__ == "__main__":
    sys.exit(main())
