"""The access matrix: every route × everyone; who is refused is refused exactly so, and nothing changes."""

import re

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.access.audience import (
    ANYONE,
    IN_THE_COUNTY,
    LED_AWAY,
    NOT_YOURS,
    SIGN_IN,
    THE_BUYER,
    THE_PRODUCER,
)
from tests.access.fingerprint import UNCHANGEABLE, changed
from tests.access.knock import Knocker
from tests.access.people import ANONYMOUS, ELSEWHERE, EVERYONE, NO_FACTOR, OFFICIALS, STRANGERS
from tests.access.rows import Row, get
from tests.access.table_api import API
from tests.access.table_pages import PAGES
from tests.service import Service

TABLE: tuple[Row, ...] = (*API, *PAGES)
CODES = {
    (ANONYMOUS, SIGN_IN): {"not_signed_in"},
    (NO_FACTOR, NOT_YOURS): {"second_factor_needed"},
    **{(visitor, NOT_YOURS): {"not_allowed", "second_duty"} for visitor in (*STRANGERS, *OFFICIALS)},
}
"""Why, where the status alone could mean two things."""
WAYS = (
    ("/sign-in", "/"),
    ("/checkout", "/cart"),
    ("/farm", "/farm/apply"),
    ("/desk", "/sign-in/factor?to=%2Fdesk"),
)
"""Where a page leads who is signed in and not its visitor."""
_TYPES = re.compile(r":\w+}")


def said(answer: httpx.Response) -> str:
    """An answer in short: the code of a problem, or a page's words."""
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    words = re.sub(r"(?s)<(style|script|svg).*?</\1>|<[^>]*>|\s+", " ", answer.text) if is_page else answer.text
    return f"{answer.headers.get('location', '')} {words[:400]}"


def look_at(service: Service, row: Row, visitor: str, answer: httpx.Response) -> None:
    """Hold a refusal against its form: the one error body, or a page that nobody keeps, or the way to sign in."""
    if not row.is_page:
        service.look_at(answer)
        code = answer.json()["code"]
        assert code in CODES.get((visitor, answer.status_code), {code}), f"{visitor}: {code}"
        return
    assert answer.headers["cache-control"] == "private, no-store"
    if answer.status_code == LED_AWAY:
        where = (
            "/sign-in?to=" if visitor == ANONYMOUS else next(at for start, at in WAYS if row.pattern.startswith(start))
        )
        assert answer.headers["location"].startswith(where), visitor
    else:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_who_may_not_is_refused_and_nothing_changes(doors: Knocker, row: Row) -> None:
    before = await doors.kept()
    wrong: list[str] = []
    for visitor in EVERYONE:
        refused = row.audience.refused.get(visitor)
        if refused is None and not row.reads:
            continue
        answer = await doors.knock(row, visitor)
        expected = row.ok if refused is None else refused
        if answer.status_code != expected:
            wrong.append(f"{visitor}: {answer.status_code}, not {expected}: {said(answer)}")
        wrong += doors.leaks(visitor, answer)
        if refused is not None:
            look_at(doors.service, row, visitor, answer)
    assert wrong == []
    assert changed(before, await doors.kept()) == []


@pytest.mark.parametrize("surface", ["API", "pages"])
async def test_who_may_is_let_in_and_what_is_sent_is_right(copy: Knocker, pages_copy: Knocker, surface: str) -> None:
    knocker, rows = (copy, API) if surface == "API" else (pages_copy, PAGES)
    wrong: list[str] = []
    for row in rows:
        if row.audience.acts in row.audience.refused:
            continue
        answer = await knocker.knock(row, row.audience.acts)
        if answer.status_code != row.ok:
            wrong.append(f"{row.name} {row.audience.acts}: {answer.status_code}, not {row.ok}: {said(answer)}")
    assert wrong == []


async def test_every_word_that_must_not_leak_is_shown_to_whom_it_is_for(doors: Knocker) -> None:
    shown = (
        ("buyer", get("/api/v1/orders/{order_id}", THE_BUYER)),
        ("other_buyer", get("/api/v1/orders/{order_id=other_order_id}", THE_BUYER)),
        ("farmer", get("/farm/listings/{number=hidden_number}", THE_PRODUCER)),
        ("other_farmer", get("/farm/listings/{number=other_hidden_number}", THE_PRODUCER)),
        ("county", get("/api/v1/counties/{county}/months/{month}/lines/{line}", IN_THE_COUNTY)),
        (ELSEWHERE, get("/api/v1/counties/{county=other_county}/months/{month}/lines/{line=other_line}", ANYONE)),
    )  # fmt: skip
    texts = [(visitor, (await doors.knock(row, visitor)).text) for visitor, row in shown]
    hidden = [
        word
        for word, readers in doors.world.secrets.items()
        if readers and not any(word in text for visitor, text in texts if visitor in readers)
    ]
    assert hidden == []


def test_the_table_knows_every_route_and_no_other(doors: Knocker) -> None:
    # What the framework answers to OPTIONS by itself is the list of an address's methods, and nothing of ours.
    assert [route.path for route in doors.service.app.routes if not isinstance(route, HTTPRoute)] == []
    declared = {
        f"{method} {_TYPES.sub('}', route.path)}"
        for route in doors.service.app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.fn.__name__ != "options_handler"
    }
    known = {f"{row.method} {row.pattern}" for row in TABLE}
    assert sorted(declared - known) == []
    assert sorted(known - declared) == []


async def test_what_is_not_watched_cannot_be_written(doors: Knocker) -> None:
    may = "SELECT has_table_privilege('market_app', $1, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    assert [table for table in UNCHANGEABLE if await doors.owner.fetchval(may, table)] == []
