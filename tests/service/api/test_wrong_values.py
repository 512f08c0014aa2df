"""Values that no column can store are refused by the name of their field."""

from pathlib import Path
from typing import Any

import pytest

from market.kernel import Database
from tests.support.app import build_settings, run_service

STORABLE = "contains a character that cannot be stored"
IN_RANGE = "contains a number or time that is out of range"
BODY = {"phone": "17000009001", "code": "12\0"}


@pytest.mark.parametrize(
    ("operation", "body", "path", "query", "field", "message"),
    [
        ("GetPackage", None, {"number": -(2**63) - 1}, {}, "number", IN_RANGE),
        ("GetPackage", None, {"number": -(2**63) - 1}, {"more": ["²", "--5", "0" * 5000]}, "number", IN_RANGE),
        ("ListNearServices", None, {"village_code": "%00"}, {}, "village_code", STORABLE),
        ("SignIn", BODY, {}, {}, "code", STORABLE),
    ],
)
async def test_a_value_that_cannot_be_stored_is_refused_by_its_field(
    dsn: str, folder: Path, database: Database, operation: str, body: Any, path: dict[str, object],
    query: dict[str, Any], field: str, message: str,
) -> None:  # fmt: skip
    assert database
    async with run_service(build_settings(dsn, folder)) as service:
        refused = await service.call(operation, body, path=path, query=query)
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"field": field, "message": message}])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"phone": "17000009001", "code": "12\uD800"}', "code"),
        (rb'{"phone": "17000009001", "code": "\ud83d\ude00\udc00"}', "code"),
        (rb'{"\ud800": "\u0000"}', "body"),
    ],
)
async def test_half_of_a_surrogate_pair_is_refused_by_its_field(
    dsn: str, folder: Path, database: Database, body: bytes, field: str
) -> None:
    assert database
    async with run_service(build_settings(dsn, folder)) as service:
        method, path = service.operations["SignIn"]
        headers = {"Content-Type": "application/json", "Idempotency-Key": "one"}
        refused = await service.http.request(method, path, content=body, headers=headers)
        service.check_response(refused)
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"field": field, "message": STORABLE}])
