"""The OpenAPI schema: security, idempotency keys and the error body of every operation."""

import inspect
from collections.abc import AsyncGenerator
from pathlib import Path
from types import CodeType
from typing import Any, cast

import pytest
from litestar.routes import HTTPRoute

from market.kernel import Database
from tests.service.api.test_every_route import fill
from tests.support.app import Service, build_settings, run_service

KEY_READERS = {"run_once", "submit_task", "get_idempotency_key"}


@pytest.fixture
async def service(dsn: str, folder: Path, database: Database) -> AsyncGenerator[Service]:
    assert database
    async with run_service(build_settings(dsn, folder)) as running:
        yield running


def list_operations(service: Service) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation for item in service.schema["paths"].values() for operation in item.values()
    }


async def test_every_operation_describes_our_error_body_and_no_other(service: Service) -> None:
    for operation in list_operations(service).values():
        assert operation["responses"]["default"]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
        assert [status for status in operation["responses"] if status.startswith(("4", "5"))] == []
    problem = service.schema["components"]["schemas"]["Problem"]
    refused = await service.call("SignIn", {"phone": 5})
    assert set(problem["required"]) <= refused.json().keys() <= problem["properties"].keys()


async def test_an_operation_is_secured_if_and_only_if_it_refuses_a_visitor(service: Service) -> None:
    schemes = service.schema["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {"token": "http", "cookie": "apiKey"}
    for name, operation in list_operations(service).items():
        method, pattern = service.operations[name]
        response = await service.http.request(method, fill(pattern), headers={"Idempotency-Key": "k"})
        if operation.get("security"):
            assert (name, response.status_code in {400, 401, 415}) == (name, True), response.text
        else:
            assert (name, response.status_code == 401) == (name, False), response.text


def list_names(code: CodeType, module: dict[str, Any]) -> set[str]:
    """Return the names that a function uses, also within functions inside it and of its module that it calls."""
    names = set(code.co_names)
    for inner in code.co_consts:
        names |= list_names(inner, module) if inspect.iscode(inner) else set()
    for name in code.co_names:
        helper = module.get(name)
        if inspect.isfunction(helper) and helper.__globals__ is module and helper.__code__ is not code:
            names |= list_names(helper.__code__, module)
    return names


async def test_an_operation_that_reads_an_idempotency_key_says_so(service: Service) -> None:
    operations = list_operations(service)
    reading, saying = set[str](), set[str]()
    for route in service.app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.operation_id not in operations:
                continue
            function: Any = handler.fn
            if list_names(function.__code__, function.__globals__) & KEY_READERS:
                reading.add(str(handler.operation_id))
    for name, operation in operations.items():
        keys = [each for each in operation.get("parameters", []) if each["name"] == "Idempotency-Key"]
        if keys:
            saying.add(name)
            assert [(each["in"], each["required"], each["schema"]["maxLength"]) for each in keys] == [
                ("header", True, 200)
            ]
    assert saying == reading
    assert {"PlaceOrder", "WriteReview", "RefundLine", "RunMonth", "ImportBilling"} <= saying


async def test_the_size_of_a_page_is_bounded_in_every_list_refused_outside_and_described(service: Service) -> None:
    named = {"limit": (1, 100, None), "most": (1, 100, None), "skip": (0, 100_000, None), "after": (None, None, 80)}
    found: dict[str, set[str]] = {}
    for name, operation in list_operations(service).items():
        for each in operation.get("parameters", []):
            kind = (each["schema"].get("oneOf") or [each["schema"]])[0]
            if each["in"] != "query" or each["name"] not in named or kind.get("format") == "uuid":
                continue
            bounds = (kind.get("minimum"), kind.get("maximum"), kind.get("maxLength"))
            assert (name, bounds) == (name, named[each["name"]])
            found.setdefault(each["name"], set()).add(name)
    assert len(found["limit"]) >= 11
    for limit, message in ((0, "Expected `int` >= 1"), (101, "Expected `int` <= 100")):
        for operation in ("ListReviews", "ListPackages"):
            path: dict[str, object] = {"listing_id": "01a21b72-6c25-73bf-975d-a18a7a89e770"}
            refused = await service.call(operation, path=path, query={"limit": limit})
            assert (refused.status_code, refused.json()["errors"]) == (400, [{"field": "limit", "message": message}])


async def test_each_response_and_each_item_of_a_list_is_described(service: Service) -> None:
    def list_open(part: object, path: str) -> list[str]:
        if isinstance(part, dict):
            fields = cast("dict[str, object]", part)
            is_open = path.endswith("/schema") and not fields
            rows = [path] if is_open or {} in cast("list[object]", fields.get("oneOf", [])) else []
            return rows + [each for name, inner in fields.items() for each in list_open(inner, f"{path}/{name}")]
        items = cast("list[object]", part) if isinstance(part, list) else []
        return [each for inner in items for each in list_open(inner, path)]

    assert list_open(service.schema, "") == []
    properties = service.schema["components"]["schemas"]["FreightTerms"]["properties"]
    assert properties["no_ship"]["items"] == {"type": "string"}


async def test_an_operation_states_the_status_and_the_type_of_its_response(service: Service) -> None:
    operations = list_operations(service)
    answers = {name: operations[name]["responses"] for name in ("DecideClawback", "ProposeClawback", "AnswerObjection")}
    assert {name: list(responses) for name, responses in answers.items()} == {
        "DecideClawback": ["200", "default"],
        "ProposeClawback": ["201", "default"],
        "AnswerObjection": ["200", "default"],
    }
    for name in ("GetListingTemplate", "GetBillingTemplate", "ReadImportOriginal", "GetPrivatePhoto"):
        assert operations[name]["responses"]["200"]["content"] == {
            "*/*": {"schema": {"type": "string", "format": "binary"}}
        }
