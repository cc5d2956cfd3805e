# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON schemas of what the API takes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..config.sections.pages import PageSection
from ..config.sections.routes import RouteSection
from ..observe.error_log import LEVELS
from ..ordering.model import AuthorityStatus
from ..resources.certificate_documents import SECTIONS
from ..resources.model import Kind, Origin, Verb
from .operation import Schema
from .status import Status

TEXT: Schema = {"type": "string", "minLength": 1}
TAGS: Schema = {
    "type": "string",
    "pattern": r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$',
    "examples": ['"7"'],
}
REASONS = (
    "unspecified",
    "key_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
)
"""Why a certificate is revoked (RFC 5280, section 5.3.1), as far as who has it may say."""
REPEATED: Schema = {"type": "array", "items": {"type": "string"}}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_STRING = {"type": "string"}
_REFERENCES = "#/components/schemas/{model}"
_PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def ref(name: str) -> Schema:
    """Return a reference to one of ``schemas``."""
    return {"$ref": _REFERENCES.format(model=name)}


def schemas() -> dict[str, Schema]:
    """Return all schemas by their names."""
    found: dict[str, Schema] = {
        **_documents(),
        **_of_dataclass(Status),
        "CertificateFacts": _certificate_facts(),
        "Changes": _changes(),
        "Outcome": _outcome(),
        "Problem": _problem(),
        "TargetPatch": _object(
            {"weight": {"type": ["integer", "null"], "minimum": 0, "maximum": 65_535},
             "state": {"enum": ["active", "draining", None]}}, required=()
        ),
        "Order": _object({"id": _STRING, "order": ref("OrderStatus")}),
        "Revocation": _object({"reason": {"enum": list(REASONS)}}, required=()),
        **_of_dataclass(AuthorityStatus),
        "AuthorityList": _object({"items": {"type": "array", "items": ref("AuthorityStatus")}}),
        "LogLevel": _object({"level": {"enum": list(LEVELS)}}),
        "Health": _object({"serves": {"type": "boolean"}}),
        "About": _object(
            {"program": _STRING, "version": _STRING, "revision": _COUNT,
             "paths": {"type": "array", "items": _STRING}}
        ),
        **_portal(),
        "Error": _object({"error": _STRING}),
        "Success": _object({"msg": {"const": "Success"}}),
    }  # fmt: skip
    for kind in Kind:
        title = kind.value.capitalize()
        found[f"{title}Resource"] = _resource(kind)
        found[f"{title}List"] = _object(
            {"revision": _COUNT, "items": {"type": "array", "items": ref(f"{title}Resource")}}
        )
    return found


def _documents() -> dict[str, Schema]:
    """Return the schemas of the configuration's own sections, and of those within them."""
    wanted: list[type[BaseModel]] = [RouteSection, PageSection, *SECTIONS.values()]
    _references, whole = models_json_schema(
        [(model, "validation") for model in wanted], ref_template=_REFERENCES
    )
    found: dict[str, Schema] = dict(whole["$defs"])
    # The API takes documents that are objects, and no short forms of them.
    return {
        **found,
        "Route": ref("RouteSection"),
        "Page": found["PageSection"]["anyOf"][0],
        "Certificate": {"oneOf": [ref(section.__name__) for section in SECTIONS.values()]},
    }


def _portal() -> dict[str, Schema]:
    """Return the schemas of Portal's JSON, where null and nothing are the same."""
    text: Schema = {"type": ["string", "null"]}
    number: Schema = {"type": ["integer", "null"]}
    targets: Schema = {"type": ["array", "null"], "items": _STRING}
    always: dict[str, Schema] = {
        "subdomain": text, "domain": text, "path": text, "targets": targets,
        "fwdpath": text, "page": text,
    }  # fmt: skip
    health: dict[str, Schema] = {
        "endpoint": text, "expected_code": number, "expected_body": text,
        "expected_header": text, "host": text, "timeout": number, "attempts": number,
    }  # fmt: skip
    return {
        "PortalRoute": _object({**always, **health}, required=()),
        "PortalRouteShown": _object({**always, **health}, required=tuple(always)),
        "PortalCert": _object({"cert": _STRING, "key": _STRING}, required=("cert",)),
        "PortalCertShown": _object({"cert": _STRING, "key_fingerprint": _STRING}),
        "PortalErrors": _object({"no-routes": _STRING, "no-healthy": _STRING}, required=()),
    }


def _certificate_facts() -> Schema:
    number = {"type": "number"}
    return _object(
        {"provider": _STRING, "names": {"type": "array", "items": _STRING},
         "fingerprint": _STRING, "not_before": number, "not_after": number,
         "days_left": number, "issuer": _STRING, "serial": _STRING}
    )  # fmt: skip


def _resource(kind: Kind) -> Schema:
    properties: dict[str, Schema] = {
        "kind": {"const": kind.value},
        "id": _STRING,
        "origin": {"enum": [origin.value for origin in Origin]},
        "owner": _STRING,
        "version": _COUNT,
        "document": {"type": "object"},
    }
    if kind is Kind.CERTIFICATE:
        secret = {"not": {"anyOf": [{"required": ["key"]}, {"required": ["password"]}]}}
        properties["document"] = {"type": "object", **secret}
        properties["certificate"] = {"anyOf": [ref("CertificateFacts"), {"type": "null"}]}
        properties["order"] = {"anyOf": [ref("OrderStatus"), {"type": "null"}]}
    return _object(properties)


def _changes() -> Schema:
    kind = {"enum": [one.value for one in Kind]}
    expected = {**_COUNT, "type": ["integer", "null"]}
    owner = {"type": ["string", "null"]}
    declare = _object(
        {"kind": kind, "id": TEXT, "document": {"type": "object"}, "owner": owner,
         "expected": expected, "remove": {"const": False}},
        required=("kind", "id", "document"),
    )  # fmt: skip
    remove = _object(
        {"kind": kind, "id": TEXT, "remove": {"const": True}, "expected": expected},
        required=("kind", "id", "remove"),
    )
    purge = _object(
        {"kind": kind, "owner": owner, "ignore": {"type": "array", "items": _STRING}},
        required=("kind",),
    )
    return _object(
        {
            "changes": {"type": "array", "items": {"oneOf": [declare, remove]}},
            "purges": {"type": "array", "items": purge},
            "unchanged": _object({one.value: _COUNT for one in Kind}, required=()),
        },
        required=(),
    )


def _outcome() -> Schema:
    anything = [ref(f"{kind.value.capitalize()}Resource") for kind in Kind]
    resource = {"anyOf": [*anything, {"type": "null"}]}
    operation = _object(
        {"operation": {"enum": [verb.value for verb in Verb]},
         "kind": {"enum": [kind.value for kind in Kind]},
         "id": _STRING, "before": resource, "after": resource}
    )  # fmt: skip
    return _object(
        {"revision": _COUNT, "changed": {"type": "boolean"}, "unchanged": _COUNT,
         "operations": {"type": "array", "items": operation}}
    )  # fmt: skip


def _problem() -> Schema:
    one = _object({"kind": _STRING, "id": _STRING, "field": _STRING, "message": _STRING})
    return _object(
        {"type": _STRING, "title": _STRING, "status": {"type": "integer"}, "detail": _STRING,
         "problems": {"type": "array", "items": one}}
    )  # fmt: skip


def _of_dataclass(made: type[Any]) -> dict[str, Schema]:
    """Return the schemas of a dataclass and of those within it."""
    found: dict[str, Schema] = {}
    hints = get_type_hints(made)
    properties = {one.name: _of_type(hints[one.name], found) for one in fields(made)}
    found[made.__name__] = _object(properties)
    return found


def _of_type(hint: Any, found: dict[str, Schema]) -> Schema:
    if is_dataclass(hint) and isinstance(hint, type):
        found.update(_of_dataclass(hint))
        return ref(hint.__name__)
    if hint is Origin:
        return {"enum": [origin.value for origin in Origin]}
    if get_origin(hint) is UnionType:
        return {"anyOf": [_of_type(part, found) for part in get_args(hint)]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of_type(get_args(hint)[0], found)}
    return {"type": _PRIMITIVES[hint]}


def _object(properties: Mapping[str, Schema], *, required: tuple[str, ...] | None = None) -> Schema:
    names = list(properties) if required is None else list(required)
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        **({"required": names} if names else {}),
    }
