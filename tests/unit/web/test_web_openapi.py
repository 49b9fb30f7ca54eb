"""The description of the API says what the handlers do."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from gateway.web.messages_json import FIELDS, MessageRules, read_message
from gateway.web.openapi import EXAMPLES, document
from gateway.web.problems import Problem
from gateway.web.routes import ROUTES, Routes


def operations() -> dict[tuple[str, str], Any]:
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_route_is_described_and_nothing_else() -> None:
    assert set(operations()) == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_scopes_and_names_are_those_of_the_route(route: Any) -> None:
    assert operations()[route.method, route.path]["x-scope"] == route.scope
    named = {entry["name"] for entry in document()["paths"][route.path].get("parameters", ())}
    assert named == set(re.findall(r"{(\w+)}", route.path))


def test_every_reference_leads_somewhere() -> None:
    text = orjson.dumps(document()).decode()
    schemas = document()["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(schemas)


def test_the_fields_of_a_message_are_those_that_are_read() -> None:
    assert set(document()["components"]["schemas"]["Message"]["properties"]) == set(FIELDS)


def test_examples_of_messages_are_taken() -> None:
    rules = MessageRules.of("CN", (), 10)
    for value in (EXAMPLES["message"], EXAMPLES["data"], EXAMPLES["full"], *EXAMPLES["batch"]["messages"]):
        assert read_message(value, rules, 0)["recipient"].startswith("+86")


def test_every_example_is_shown() -> None:
    shown = {
        name
        for operation in operations().values()
        for name in operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
    }
    assert shown == set(EXAMPLES)


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("POST", "/api/v1/messages", ()),
        ("GET", "/api/v1/messages/5", ("5",)),
        ("HEAD", "/api/v1/messages/5", ("5",)),
        ("POST", "/api/v1/phones/+8613800138000/proof", ("+8613800138000",)),
    ],
)
def test_routes_are_found(method: str, path: str, names: tuple[str, ...]) -> None:
    assert Routes().find(method, path)[1] == names


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/api/v1/messages", 405),
        ("GET", "/api/v1/messages//", 200),
        ("GET", "/api/v1/messages/5/6", 404),
        ("GET", "/api/v2/messages", 404),
        ("POST", "/api/v1/phones//proof", 404),
    ],
)
def test_what_is_no_route(method: str, path: str, status: int) -> None:
    if status == 200:
        assert Routes().find(method, path)[0].path == "/api/v1/messages"
        return
    with pytest.raises(Problem) as caught:
        Routes().find(method, path)
    assert caught.value.status == status
