# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations: the application serves all of it and nothing else, as described."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from aiohttp import web
from running.fake_edge import FakeEdge
from sluice_proxy.admin.admission import Admission
from sluice_proxy.admin.application import OPERATIONS, application
from sluice_proxy.admin.openapi import openapi
from sluice_proxy.admin.operation import Operation
from sluice_proxy.admin.schemas import schemas


def made() -> web.Application:
    return application(FakeEdge(), Admission(), version="1.2.3")


TABLE = made()[OPERATIONS]


def test_every_route_is_in_the_document_and_the_other_way_round() -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in made().router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {
        (method.upper(), path)
        for path, item in openapi(TABLE, "1")["paths"].items()
        for method in item
    }

    assert served == described == {(one.method, one.path) for one in TABLE}


def test_what_can_be_read_has_head_too() -> None:
    paths = {one.path for one in TABLE if one.method == "GET"}
    heads = {
        route.resource.canonical
        for route in made().router.routes()
        if route.resource is not None and route.method == "HEAD"
    }

    assert heads == paths


# What is changed there is none that a client would see a plan of.
NO_DOCUMENTS = (
    "/v1/log-level",
    "/v1/certificates/{id}/renew",
    "/v1/certificates/{id}/revoke",
    "/v1/authorities/{name}/roll-over",
    "/v1/authorities/{name}/deactivate",
)


@pytest.mark.parametrize(
    "operation", TABLE, ids=lambda one: f"{one.method} {one.path}" if one else ""
)
def test_every_change_can_be_tried_without_making_it(operation: Operation) -> None:
    may = operation.changes and operation.path not in NO_DOCUMENTS

    assert ("dry_run" in operation.query()) == may


def test_parameters_of_paths_are_those_in_braces() -> None:
    for one in TABLE:
        in_path = {part[1:-1] for part in one.path.split("/") if part.startswith("{")}
        assert {each.name for each in one.parameters if each.place == "path"} == in_path


def test_names_of_operations_are_told_apart() -> None:
    names = [one.name for one in TABLE]

    assert len(set(names)) == len(names)


def test_the_document_is_json_and_its_references_lead_somewhere() -> None:
    document = json.loads(json.dumps(openapi(TABLE, "1")))
    known = set(document["components"]["schemas"])

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert {one.removeprefix("#/components/schemas/") for one in references(document)} <= known


@pytest.mark.parametrize("name", schemas())
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas()[name])
