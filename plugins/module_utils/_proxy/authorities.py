# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Having the proxy ask certificate authorities: for another certificate, or to revoke one."""

from __future__ import annotations

from typing import Any, Mapping

from .._converge.errors import EdgeError
from .._kernel.termination import termination_deferred
from .answers import detail_of
from .client import encoded
from .driver import Api
from .model import CERTIFICATE, FOLDERS

_DONE = (200, 202)


class NotAsked(EdgeError):
    """The proxy or the authority refuses; the text is what was said."""


def renew(api: Api, name: str) -> None:
    """Have a certificate ordered anew, now; raises Unavailable, and NotAsked."""
    _ask(api, name, "renew", {})


def revoke(api: Api, name: str, reason: str) -> None:
    """Have a certificate revoked by its authority; one that is revoked already is no error.

    Raises Unavailable, and NotAsked with what the authority said.
    """
    _ask(api, name, "revoke", {"reason": reason})


def _ask(api: Api, name: str, what: str, body: Mapping[str, Any]) -> None:
    target = "%s/%s/%s" % (FOLDERS[CERTIFICATE], encoded(name), what)
    # The proxy carries it out once it has the request: a signal waits for the answer.
    with termination_deferred():
        answer = api.post(target, body)
    if answer.status not in _DONE:
        raise NotAsked(detail_of(answer.body) or "the proxy answers %d" % answer.status)
