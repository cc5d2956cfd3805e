# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of what can be done about certificates that are ordered: renew, revoke."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from ..resources.model import Kind, Resource
from .asking import json_answer, read_body
from .caller import caller_of
from .changing import log_change
from .edge import Edge, NotOrdered, NotRevoked
from .operation import Answer, Body, Operation, Parameter
from .refusal import Refusal
from .schemas import REASONS, TEXT, ref
from .shown import Showing

_WHICH = Parameter("id", "path", "The id of the certificate, as the status has it.", TEXT)
_SHOWN = {"anyOf": [ref("CertificateResource"), ref("Order")]}


class OrderPaths:
    """Handlers of `/v1/certificates/{id}/renew` and `…/revoke`."""

    def __init__(self, edge: Edge, showing: Showing) -> None:
        self._edge = edge
        self._showing = showing

    def operations(self) -> list[Operation]:
        """Return what there is."""
        return [
            Operation(
                "POST", "/v1/certificates/{id}/renew", "renew_certificate",
                "Order a certificate anew now, whenever that is due.",
                self._renew, (_WHICH,),
                answers={202: Answer("It is being ordered.", _SHOWN)},
                problems=(404, 409),
            ),
            Operation(
                "POST", "/v1/certificates/{id}/revoke", "revoke_certificate",
                "Have its authority revoke a certificate, which is for good; it stays declared.",
                self._revoke, (_WHICH,), Body(ref("Revocation"), required=False),
                {200: Answer("It is revoked.", _SHOWN)},
                (404, 409, 422, 502),
            ),
        ]  # fmt: skip

    async def _renew(self, request: web.Request) -> web.StreamResponse:
        own = request.match_info["id"]
        self._refuse_unknown(own)
        await self._edge.renew(own)
        log_change(caller_of(request), f"renew certificate {own}")
        return json_answer(self._shown(own), 202)

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        own = request.match_info["id"]
        reason = _read_reason(await read_body(request) if request.body_exists else {})
        self._refuse_unknown(own)
        try:
            await self._edge.revoke(own, reason)
        except NotRevoked as error:
            log_change(caller_of(request), f"revoke certificate {own}: not done: {error}")
            raise
        log_change(caller_of(request), f"revoke certificate {own}, {reason}")
        return json_answer(self._shown(own))

    def _refuse_unknown(self, own: str) -> None:
        if self._resource(own) is None and self._edge.order(own) is None:
            raise Refusal(404, f"there is no certificate {own[:200]!r}")

    def _shown(self, own: str) -> dict[str, Any]:
        resource = self._resource(own)
        if resource is not None:
            return self._showing.resource(resource)
        order = self._edge.order(own)
        if order is None:
            raise NotOrdered(f"certificate {own[:200]!r} is not ordered any more")
        return {"id": own, "order": asdict(order)}

    def _resource(self, own: str) -> Resource | None:
        return self._edge.declared.of_kind[Kind.CERTIFICATE].get(own)


def _read_reason(value: Any) -> str:
    known = isinstance(value, dict) and value.keys() <= {"reason"}
    reason = value.get("reason", REASONS[0]) if known else None
    if reason not in REASONS:
        message = f"write one of {', '.join(REASONS)}"
        raise Refusal(
            422, f"reason: {message}", kind="urn:sluice:invalid", fields=[("reason", message)]
        )
    return str(reason)
