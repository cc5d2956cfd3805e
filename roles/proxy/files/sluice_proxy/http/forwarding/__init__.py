# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent on: heads serialised anew, under a policy, never the bytes that were received."""

from .changes import NO_CHANGES, BadChange, FieldChanges
from .client import ClientSide, accepted_request_id
from .framing import OutgoingFraming, outgoing_framing
from .request import RequestPolicy, compose_request
from .response import ResponsePolicy, compose_response

__all__ = [
    "NO_CHANGES",
    "BadChange",
    "ClientSide",
    "FieldChanges",
    "OutgoingFraming",
    "RequestPolicy",
    "ResponsePolicy",
    "accepted_request_id",
    "compose_request",
    "compose_response",
    "outgoing_framing",
]
