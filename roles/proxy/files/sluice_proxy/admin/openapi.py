# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OpenAPI document (3.1.1), made of the table that the routes are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from .operation import JSON, PROBLEM, Answer, Body, Operation, Parameter
from .schemas import ref, schemas

_ALWAYS = (400, 401, 403, 421, 429, 500, 503)
_OF_CONTENT = (408, 413, 415)
_OF_CHANGES = (507,)
_IN_PATH = re.compile(r"\{([a-z_]+)\}")


def openapi(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """Return the document of all operations; ``version`` is the program's."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "sluice-proxy",
            "summary": "The admin API of the sluice.edge proxy.",
            "version": version,
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"bearer": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "header", "name": "X-AUTH-TOKEN"},
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    if operation.parameters:
        described["parameters"] = [_parameter(one) for one in operation.parameters]
    if operation.body is not None:
        described["requestBody"] = _body(operation.body)
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _body(body: Body) -> dict[str, Any]:
    content = {one: {"schema": dict(body.schema)} for one in body.types or (JSON,)}
    return {"required": body.required, "content": content}


def _responses(operation: Operation) -> dict[str, Any]:
    problems = {
        *_ALWAYS,
        *(_OF_CONTENT if operation.body is not None else ()),
        *(_OF_CHANGES if operation.changes else ()),
        *operation.problems,
    } - set(operation.answers)
    answers = {status: _answer(one) for status, one in operation.answers.items()}
    answers |= {status: _error(status, portal=operation.portal) for status in problems}
    return {str(status): answers[status] for status in sorted(answers)}


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.schema is not None:
        described["content"] = {answer.type: {"schema": dict(answer.schema)}}
    if answer.headers:
        described["headers"] = {
            name: {"description": said, "schema": {"type": "string"}}
            for name, said in answer.headers.items()
        }
    return described


def _error(status: int, *, portal: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}."}
    if portal and status != HTTPStatus.UNAUTHORIZED:
        described["content"] = {JSON: {"schema": ref("Error")}}
    elif not portal:
        described["content"] = {PROBLEM: {"schema": ref("Problem")}}
    return described
