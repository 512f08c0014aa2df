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
