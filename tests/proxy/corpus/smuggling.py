# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All cases of requests, for the gates' own tests and for tests with real upstreams behind them."""

from __future__ import annotations

from . import connections, framing, hosts, lines_and_names, paths, request_lines
from .case import Case

CASES: tuple[Case, ...] = (
    *lines_and_names.CASES,
    *request_lines.CASES,
    *paths.CASES,
    *hosts.CASES,
    *framing.CASES,
    *connections.CASES,
)
