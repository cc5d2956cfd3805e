# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers have to be to be used. All raise TransportFailed where one is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .certificates import chain as chains
from .certificates.request import CertificateRequest
from .failures import TransportFailed
from .messages import reading
from .messages.fields import Fields, Malformed
from .messages.model import Account
from .messages.reply import CHAIN, JSON, Reply

Read = TypeVar("Read")


def read(reply: Reply, reader: Callable[[Fields], Read]) -> Read:
    """Return what ``reader`` reads in an answer of JSON."""
    if reply.media_type != JSON:
        raise _unusable(reply, f"it is {reply.media_type or 'of no media type'} and not {JSON}")
    try:
        return reader(Fields.read(reply.content))
    except Malformed as error:
        raise _unusable(reply, str(error)) from None


def account(reply: Reply, url: str, *, created: bool = False) -> Account:
    """Return the account at ``url``."""
    return read(reply, lambda fields: reading.account_of(fields, url, created=created))


def chain(reply: Reply, request: CertificateRequest) -> chains.Chain:
    """Return a chain for a request; raises WrongCertificate where it is another."""
    if reply.media_type != CHAIN:
        raise _unusable(reply, f"it is {reply.media_type or 'of no media type'} and not {CHAIN}")
    found = chains.read_chain(reply.content)
    chains.check_leaf(found, request)
    return found


def location(reply: Reply) -> str:
    """Return the URL of what was made."""
    if reply.location is None:
        raise _unusable(reply, "it does not say the URL of what was made")
    return reply.location


def _unusable(reply: Reply, why: str) -> TransportFailed:
    return TransportFailed(f"{reply.url}: the answer cannot be used: {why}", reply.status)
