# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers ask the supervisor, and what it answers.

A worker sends ``ask`` with ``number``, ``about`` (one of ABOUT) and ``name``; it is sent ``answer``
with the ``number``, ``found``, and payloads: of HTTP_01 the content, of TLS_ALPN_01 chain and key,
of CERTIFICATE none, as the worker serves a snapshot with it by then. ``again`` is for how many
seconds the same question need not be asked after one that found nothing.
"""

from __future__ import annotations

HTTP_01 = "http-01"
TLS_ALPN_01 = "tls-alpn-01"
CERTIFICATE = "certificate"
ABOUT = (HTTP_01, TLS_ALPN_01, CERTIFICATE)
