# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer to a challenge, as nodes share it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from ...acme.validation.challenges import server_name
from ...snapshot.issuing import ChallengeType
from ..validating import Challenge


@dataclass(frozen=True, slots=True)
class Answer:
    """What shows control of ``identifier`` to the authority that made ``token``."""

    identifier: str
    token: str
    key_authorization: str = field(repr=False)


def place_of(challenge: Challenge) -> str:
    """Return what the answer to a challenge is found by."""
    if challenge.type is ChallengeType.TLS_ALPN_01:
        return tls_alpn_place(server_name(challenge.identifier))
    return http_place(challenge.token)


def http_place(token: str) -> str:
    """Return the place of the answer for a token of http-01."""
    return f"{ChallengeType.HTTP_01.value} {token}"


def tls_alpn_place(name: str) -> str:
    """Return the place of the answer for the name in a ClientHello."""
    return f"{ChallengeType.TLS_ALPN_01.value} {name.lower()}"


def encoded(challenge: Challenge) -> bytes:
    """Return the document of the answer to a challenge."""
    answer = Answer(challenge.identifier, challenge.token, challenge.key_authorization)
    return json.dumps(asdict(answer)).encode()


def decoded(document: bytes) -> Answer:
    """Return the answer that a document has. Raises ValueError."""
    found: Any = json.loads(document)
    if not isinstance(found, dict):
        raise ValueError("not a mapping")
    values = [found.get(key) for key in ("identifier", "token", "key_authorization")]
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        raise ValueError("a value is missing, or no text")
    return Answer(*texts)
