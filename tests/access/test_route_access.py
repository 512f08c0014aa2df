"""The access table: every route with every actor; a refusal has the exact status and form, and changes nothing."""

import re

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.access.actors import (
    ALL_ACTORS,
    ANONYMOUS,
    OFFICIALS,
    ORDINARY_ACCOUNTS,
    OTHER_COUNTY_OFFICIAL,
    WITHOUT_SECOND_FACTOR,
)
from tests.access.client import AccessClient
from tests.access.database_fingerprint import READ_ONLY_TABLES
from tests.access.policies import FORBIDDEN, OPERATORS, PUBLIC, REDIRECTED, UNAUTHORIZED
from tests.access.route_case import FixtureId, RouteCase, get
from tests.access.route_cases_api import API_CASES
from tests.access.route_cases_pages import PAGE_CASES
from tests.support.app import Service

CASES: tuple[RouteCase, ...] = (*API_CASES, *PAGE_CASES)
REFUSAL_CODES = {
    (ANONYMOUS, UNAUTHORIZED): {"not_signed_in"},
    (WITHOUT_SECOND_FACTOR, FORBIDDEN): {"second_factor_needed"},
    **{(actor, FORBIDDEN): {"not_allowed", "second_duty"} for actor in (*ORDINARY_ACCOUNTS, *OFFICIALS)},
    ("helper", FORBIDDEN): {"not_allowed", "payout_owner_only"},
}
"""The expected codes, where the status alone is ambiguous."""
REDIRECTS = (
    ("/sign-in", "/"),
    ("/checkout", "/cart"),
    ("/farm", "/farm/apply"),
    ("/desk", "/sign-in/factor?to=%2Fdesk"),
)
"""By prefix of the route: where a page redirects a signed-in actor who may not see it."""
_TYPES = re.compile(r":\w+}")


def summarise(response: httpx.Response) -> str:
    """Return the redirect and the text of a response in short, for a failure message."""
    is_page = response.headers.get("content-type", "").startswith("text/html")
    text = re.sub(r"(?s)<(style|script|svg).*?</\1>|<[^>]*>|\s+", " ", response.text) if is_page else response.text
    return f"{response.headers.get('location', '')} {text[:400]}"


def check_refusal(service: Service, case: RouteCase, actor: str, response: httpx.Response) -> None:
    """Check the form of a refusal: problem+json, an uncached page, or a redirect."""
    if not case.is_page:
        service.check_response(response)
        code = response.json()["code"]
        expected = {"not_allowed"} if case.policy is OPERATORS and actor != ANONYMOUS else {code}
        if case.policy is not OPERATORS:
            expected = REFUSAL_CODES.get((actor, response.status_code), {code})
        assert code in expected, f"{actor}: {code}"
        return
    assert response.headers["cache-control"] == "private, no-store"
    if response.status_code == REDIRECTED:
        signed_in_target = next((target for prefix, target in REDIRECTS if case.path.startswith(prefix)), "")
        expected = "/sign-in?to=" if actor == ANONYMOUS else signed_in_target
        assert expected, f"{actor} is redirected from {case.path}"
        assert response.headers["location"].startswith(expected), actor
    else:
        assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_refused_actors_get_the_exact_status_and_change_nothing(
    watched_client: AccessClient, case: RouteCase
) -> None:
    wrong: list[str] = []
    for actor in ALL_ACTORS:
        refusal = case.policy.refusals.get(actor)
        if refusal is None and not case.is_read:
            continue
        response = await watched_client.send(case, actor)
        expected = case.status if refusal is None else refusal
        if response.status_code != expected:
            wrong.append(f"{actor}: {response.status_code}, not {expected}: {summarise(response)}")
        wrong += watched_client.find_leaks(actor, response)
        if refusal is not None:
            check_refusal(watched_client.service, case, actor, response)
    assert wrong == []
    assert await watched_client.list_changes(case.name) == []


@pytest.mark.parametrize("surface", ["API", "pages"])
async def test_allowed_actors_get_the_status_of_the_case(
    api_client: AccessClient, page_client: AccessClient, surface: str
) -> None:
    client, cases = (api_client, API_CASES) if surface == "API" else (page_client, PAGE_CASES)
    wrong: list[str] = []
    for case in cases:
        actor = case.policy.acts_as
        if actor in case.policy.refusals:
            continue
        response = await client.send(case, actor)
        if response.status_code != case.status:
            wrong.append(f"{case.name} {actor}: {response.status_code}, not {case.status}: {summarise(response)}")
    assert wrong == []


async def test_every_secret_is_shown_to_one_of_its_readers(read_only_client: AccessClient) -> None:
    line = "/api/v1/counties/{county}/months/{month}/lines/{line}"
    other = {"county": FixtureId("other_county"), "line": FixtureId("other_line")}
    requests = (
        ("buyer", get("/api/v1/orders/{order_id}", PUBLIC)),
        ("other_buyer", get("/api/v1/orders/{order_id}", PUBLIC, params={"order_id": FixtureId("other_order_id")})),
        ("farmer", get("/farm/listings/{number}", PUBLIC, params={"number": FixtureId("hidden_number")})),
        ("other_farmer", get("/farm/listings/{number}", PUBLIC, params={"number": FixtureId("other_hidden_number")})),
        ("county", get(line, PUBLIC)),
        (OTHER_COUNTY_OFFICIAL, get(line, PUBLIC, params=other)),
    )
    texts = [(actor, (await read_only_client.send(case, actor)).text) for actor, case in requests]
    not_shown = [
        word
        for word, readers in read_only_client.fixtures.secrets.items()
        if readers and not any(word in text for actor, text in texts if actor in readers)
    ]
    assert not_shown == []


def test_every_route_has_a_case_and_every_case_a_route(read_only_client: AccessClient) -> None:
    routes = read_only_client.service.app.routes
    assert [route.path for route in routes if not isinstance(route, HTTPRoute)] == []
    # OPTIONS is answered by the framework with the methods of the path.
    declared = {
        f"{method} {_TYPES.sub('}', route.path)}"
        for route in routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.fn.__name__ != "options_handler"
    }
    covered = {f"{case.method} {case.path}" for case in CASES}
    assert sorted(declared - covered) == []
    assert sorted(covered - declared) == []


async def test_tables_without_fingerprint_are_read_only(read_only_client: AccessClient) -> None:
    privilege = "SELECT has_table_privilege('market_app', $1, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    assert [table for table in READ_ONLY_TABLES if await read_only_client.owner.fetchval(privilege, table)] == []
