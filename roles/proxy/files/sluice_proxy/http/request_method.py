# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which methods are forwarded: every token but two."""

from __future__ import annotations

from .limits import HeadLimits

# CONNECT would make this an open tunnel. TRACE returns a request's secrets to scripts, and asks
# for an echo of fields that this proxy changes. PRI is no method but the beginning of HTTP/2 (RFC
# 9113 section 3.4). RFC 9110 section 9.1 answers all of them with 501.
_REFUSED = frozenset({b"CONNECT", b"PRI", b"TRACE"})

NOT_IMPLEMENTED = "the method is CONNECT, PRI, TRACE or longer than any implemented"


def is_implemented(method: bytes, limits: HeadLimits) -> bool:
    """Return whether a method may be forwarded; 501 answers it otherwise."""
    return method not in _REFUSED and len(method) <= limits.method_bytes
