# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case, and the parameters that most cases start from."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

Params = Dict[str, Any]


class Case(NamedTuple):
    """Wrong parameters of a module, and the whole message they bring.

    ``foreseen`` tells whether check mode says so too: it cannot know what only the kernel refuses,
    and takes for granted what an earlier task of the play makes.
    """

    entry: str
    params: Params
    message: str
    foreseen: bool = True

    def __str__(self) -> str:
        return "%s: %s" % (self.entry, self.message)


def web(**more: Any) -> Params:
    return dict({"address": "192.0.2.10", "port": 80}, **more)


def web6(**more: Any) -> Params:
    return dict({"address": "2001:db8::10", "port": 80}, **more)


def mark(**more: Any) -> Params:
    return dict({"fwmark": 7}, **more)


def with_server(**options: Any) -> Params:
    return web(servers=[{"address": "10.0.0.1"}, options])


def server(**more: Any) -> Params:
    return dict({"service": web(), "address": "10.0.0.1"}, **more)


WEB = "tcp 192.0.2.10:80: "
SERVER = "real server 10.0.0.1:80 of tcp 192.0.2.10:80: "
SCHEDULERS = "rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos, none"
FLAGS = "ops, sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3"
UNDONE = " (everything done before was undone)"
