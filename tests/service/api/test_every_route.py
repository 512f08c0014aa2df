"""Properties of every route: operation id, caching directive, error body. Access is tested in tests/access."""

import asyncio
import itertools
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from litestar.routes import HTTPRoute
from litestar.types import Message
from structlog.testing import capture_logs

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.service.app import MAX_JSON_BYTES, open_services
from tests.support.app import Service, build_settings, run_service
from tests.support.make import VILLAGE, make_account, make_official

FIXED_OPERATION_IDS = {
    "RequestCode", "SignIn", "ApplyProducer", "DecideProducer", "PublishProduct", "PublishStay", "SearchListings",
    "GetProduct", "GetStayNights", "PutCartLine", "PutCartNights", "PlaceOrder", "PayOrder", "GetOrder", "ShipSuborder",
    "CheckInGuest", "ConfirmReceipt", "WriteReview", "GetStatement", "RefundLine", "ImportRegister", "ImportBilling",
    "RunMonth", "DecideFinding", "ConfirmMonth", "ReviewMonth", "DecideMonth", "SettleMonth", "CloseMonth", "GetMonth",
    "ExplainLine", "CancelOrder",
}  # fmt: skip
"""Operation ids that other programs depend on."""

SAMPLE_ID = "01a212c7-28a9-7f00-b2ed-2f4e5ab8cde5"


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with run_service(build_settings(dsn, folder)) as running:
        yield running


def fill(pattern: str) -> str:
    """Fill every parameter of a path with a well-formed value."""
    words = {
        "county": "130624",
        "county_code": "130624",
        "month": "2019-01",
        "number": "1",
        "position": "1",
        "line": "YD-01",
        "code": "YD-01",
        "name": "x",
        "quarter": "2019Q1",
        "year": "2019",
    }
    return "/".join(
        words.get(part.strip("{}"), SAMPLE_ID) if part.startswith("{") else part for part in pattern.split("/")
    )


async def test_the_fixed_operation_ids_exist(service: Service) -> None:
    assert sorted(FIXED_OPERATION_IDS - service.operations.keys()) == []


async def test_every_operation_has_an_id_tags_and_a_summary(service: Service) -> None:
    bare = [
        f"{method} {path}"
        for path, item in service.schema["paths"].items()
        for method, operation in item.items()
        if not (operation.get("tags") and operation.get("summary") and operation["operationId"].isalnum())
    ]
    assert bare == []


async def test_the_schema_is_openapi_3_1(service: Service) -> None:
    response = await service.http.get("/schema/openapi.json")
    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"\xff\xfe{", "application/json"),
        (b"{" * 20_000, "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"phone": "1\x00"}', "application/json"),
        (b"null", "application/json"),
        (b'"' + b"a" * 200_000 + b'"', "application/json"),
        (b"", "application/json"),
    ],
)
async def test_a_malformed_body_returns_400(service: Service, body: bytes, media: str) -> None:
    wrong: list[str] = []
    for name, (method, pattern) in service.operations.items():
        if method == "GET" or name == "ReceiveWebhook":
            continue
        response = await service.http.request(
            method, fill(pattern), content=body, headers={"Content-Type": media, "Idempotency-Key": "k"}
        )
        service.check_response(response)
        if response.status_code not in {400, 401}:
            wrong.append(f"{name}: {response.status_code} {response.text[:120]}")
    assert wrong == []


TOO_LARGE = (2**31, 2**63, 10**30)


async def test_a_number_that_no_column_holds_is_refused(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        signed = await sign_in_without_code(conn, await make_account(conn), now=Clock().now(), second_factor=False)
    service.http.headers["Authorization"] = f"Bearer {signed.token}"
    service.http.cookies.set("session", signed.token)
    patterns = set(service.operations.values())
    patterns |= {
        ("GET", re.sub(r":\w+}", "}", each.path)) for each in service.app.routes if isinstance(each, HTTPRoute)
    }
    answers: set[int] = set()
    for method, pattern in sorted(patterns):
        for field, number in itertools.product(("{number}", "{position}"), TOO_LARGE):
            if field not in pattern:
                continue
            path = fill(pattern.replace(field, str(number)))
            body = {"category": "complaint_fraud"} if pattern.endswith("/report") else {}
            answer = await service.http.request(
                method, path, json=body if method in {"POST", "PUT"} else None, headers={"Idempotency-Key": "k"}
            )
            answers.add(answer.status_code)
            assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    assert {400, 404} <= answers


async def test_a_year_or_time_beyond_the_calendar_is_refused(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
        signed = await sign_in_without_code(conn, official, now=Clock().now(), second_factor=True)
    last = "9999-12-31T23:59:59Z"
    course = {
        "title": "剪枝",
        "village_code": VILLAGE,
        "room": "大队部",
        "starts_at": last,
        "ends_at": last,
        "places": 5,
    }
    county: dict[str, object] = {"county": "130624"}
    late = await service.call("AddCourse", {**course, "organiser": "农技站"}, path=county, token=signed.token)
    early = await service.call("ListUnitBooks", path={**county, "year": 0}, token=signed.token)
    for answer in (late, early):
        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [{"field": "body", "message": "contains a number or time that is out of range"}],
        )


async def test_a_database_whose_disk_is_full_is_unavailable(service: Service, owner: Connection) -> None:
    await owner.execute(
        "CREATE FUNCTION refuse_write() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;"
        " CREATE TRIGGER full_disk BEFORE INSERT ON sign_in_codes EXECUTE FUNCTION refuse_write()"
    )
    answer = await service.http.post("/api/v1/codes", json={"phone": "17000009001"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers


async def test_json_declared_as_another_type_is_refused(service: Service) -> None:
    method, path = service.operations["RequestCode"]
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        headers = {"Content-Type": media} if media else {}
        response = await service.http.request(method, path, content=b'{"phone": "13900009001"}', headers=headers)
        service.check_response(response)
        assert (media, response.status_code) == (media, 415)
        assert response.json()["code"] == "unsupported_media_type"
    for media in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        response = await service.http.request(method, path, content=b"{}", headers={"Content-Type": media})
        assert (media, response.status_code, response.json()["errors"][0]["field"]) == (media, 400, "body")


async def test_no_operation_acts_by_the_cookie_of_a_request_from_another_site(service: Service) -> None:
    """Those on the session itself neither, which know no actor."""
    answers = {
        (name, response.status_code, response.json()["code"])
        for name, (method, pattern) in service.operations.items()
        if method != "GET"
        for response in [
            await service.http.request(method, fill(pattern), headers={"Cookie": "session=x", "Origin": origin})
            for origin in ("https://other.test", "null")
        ]
    }
    assert {(status, code) for _, status, code in answers} == {(403, "foreign_form")}


async def test_an_unknown_path_and_a_wrong_method_return_problem_json(service: Service) -> None:
    for method, path, status, code in (
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
    ):
        response = await service.http.request(method, path)
        service.check_response(response)
        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_wrong_method_is_told_those_that_are_allowed(service: Service) -> None:
    for method, path, allowed in (
        ("PATCH", "/api/v1/cart", "GET, HEAD, OPTIONS"),
        ("DELETE", f"/api/v1/orders/{SAMPLE_ID}", "GET, HEAD, OPTIONS"),
        ("GET", "/api/v1/products", "OPTIONS, POST"),
        ("DELETE", "/", "GET, HEAD, OPTIONS"),
    ):
        response = await service.http.request(method, path)
        assert (path, response.status_code, response.headers.get("allow")) == (path, 405, allowed)


async def test_a_body_of_json_above_one_mebibyte_is_refused(service: Service) -> None:
    method, path = service.operations["RequestCode"]
    for size, refused in ((MAX_JSON_BYTES, False), (MAX_JSON_BYTES + 1, True)):
        response = await service.http.request(
            method, path, content=b"a" * size, headers={"Content-Type": "application/json"}
        )
        service.check_response(response)
        assert (response.json()["code"] == "body_too_large", response.status_code == 413) == (refused, refused)


@pytest.mark.parametrize("upload_mb", [1, 12])
async def test_an_upload_route_takes_files_up_to_the_setting(dsn: str, folder: Path, upload_mb: int) -> None:
    async with run_service(build_settings(dsn, folder, upload_mb=upload_mb)) as service:
        for size, status in ((upload_mb * 1024 * 1024, 401), ((upload_mb + 1) * 1024 * 1024, 413)):
            file = {"file": ("bindings.csv", b"a" * size)}
            response = await service.call("ImportBindings", path={"county": "130624"}, files=file)
            assert response.status_code == status


def list_get_paths(service: Service) -> list[str]:
    """The path of every GET route, its parameters filled in."""
    paths = {route.path for route in service.app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods}
    return sorted(fill(re.sub(r"{(\w+):\w+}", r"{\1}", path)) for path in paths)


async def test_head_is_answered_as_get_without_the_body(service: Service) -> None:
    def summarise(response: httpx.Response) -> tuple[int, dict[str, str]]:
        varying = {"set-cookie", "content-security-policy", "content-length" if path == "/metrics" else ""}
        return response.status_code, {name: text for name, text in response.headers.items() if name not in varying}

    wrong: list[str] = []
    for path in list_get_paths(service):
        seen, head = await service.http.get(path), await service.http.head(path)
        if head.content or summarise(head) != summarise(seen):
            wrong.append(f"{path}: {summarise(seen)} {summarise(head)} {len(head.content)}")
    assert wrong == []


async def test_a_client_that_hangs_up_within_the_body_is_no_error_of_the_service(service: Service) -> None:
    method, path = service.operations["RequestCode"]
    messages = iter(
        [{"type": "http.request", "body": b'{"phone":', "more_body": True}, {"type": "http.disconnect"}],
    )
    sent: list[Message] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
        "server": ("shop.test", 80), "headers": [(b"content-type", b"application/json"), (b"content-length", b"40")],
    }  # fmt: skip
    with capture_logs() as logs:
        await service.app(cast("Any", scope), receive, cast("Any", send))
    assert (sent[0]["type"], sent[0].get("status")) == ("http.response.start", 400)
    assert [(each["event"], each["log_level"]) for each in logs] == [("client_hung_up", "debug")]


async def test_the_transactions_of_service_and_worker_are_limited(dsn: str, folder: Path) -> None:
    limits = "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('transaction_timeout')"
    async with open_services(build_settings(dsn, folder)) as services, services.db.connection() as conn:
        [row] = await conn.fetch(limits)
    assert tuple(row) == ("1min", "2min")


async def test_health_readiness_and_metrics_respond(service: Service) -> None:
    assert (await service.http.get("/healthz")).json() == {"status": "ok"}
    assert (await service.http.get("/readyz")).json() == {"status": "ready"}
    response = await service.http.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    figures = response.text
    assert 'market_answers_total{method="GET",route="/healthz",status="200"}' in figures


async def test_no_answer_takes_a_turn_of_a_thread(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The framework runs a function that is no coroutine in a thread, for each request."""
    handed: list[object] = []

    async def note(*handed_over: object) -> None:
        handed.append(handed_over)

    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", note)
    assert (await service.http.get("/healthz")).status_code == 200
    assert (await service.http.get("/kinds")).status_code == 200
    assert handed == []


async def test_a_forged_webhook_is_refused(service: Service) -> None:
    response = await service.http.post(
        "/payments/webhook",
        content=b"{}",
        headers={"stripe-signature": "t=1,v1=00", "content-type": "application/json"},
    )
    service.check_response(response)
    assert (response.status_code, response.json()["code"]) == (400, "bad_signature")
