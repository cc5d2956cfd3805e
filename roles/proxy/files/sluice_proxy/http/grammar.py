# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pieces of regular expressions for the grammar of RFC 9110 and RFC 9112, over bytes.

Only single characters are repeated possessively (``[a-z]*+``), never groups: where a group fails
half-way, Python 3.11.0 to 3.11.4 go on from there. No language here needs it.
"""

from __future__ import annotations

import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
"""A token (RFC 9110 section 5.6.2): methods, field names, connection options."""

VALUE = rb"[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*+(?<![ \t])"
"""A field value that is not empty: no whitespace around, no control characters but tabs inside."""

TARGET_BYTES = rb"\x21\x22\x24-\x7e"
"""What may stand in a request-target: visible ASCII without ``#``, which no target may hold.

More than RFC 3986 allows: browsers send ``|`` or ``{`` as they are, and no parser splits there.
"""

CANONICAL_FIELDS = rb"(?:\n" + TOKEN + rb": " + VALUE + rb"\r)*"
"""Field lines as the gates copy them: see `sluice_proxy.http.fields.block`."""

is_token = re.compile(TOKEN).fullmatch
"""Match bytes that are one token."""

is_value = re.compile(rb"(?:" + VALUE + rb")?").fullmatch
"""Match bytes that can be written as a field's value: this is what prevents injection."""
