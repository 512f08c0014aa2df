"""Requests are limited by account, by network and by the cost of their route."""

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import (
    MAX_COUNTED_KEYS,
    MAX_KNOWN_SESSIONS,
    RateBudget,
    RateClass,
    RateLimiter,
    list_network_budgets,
)
from market.kernel.refusal_numbers import get_refusal_number
from market.kernel.settings import Settings
from market.people.identity.models import AccountId
from market.people.identity.sign_in import sign_in_without_code
from market.service.app import create_app
from tests.support.app import Service, build_settings, run_service
from tests.support.make import make_account

FREE = {
    "/healthz", "/readyz", "/metrics", "/payments/webhook", "/carriers/webhook",
    "/static/{name:str}", "/favicon.ico", "/robots.txt", "/photos/{name:str}",
    "/farm/gate-worker.js", "/review-photos/{name:str}", "/story-photos/{name:str}",
}  # fmt: skip
SIGN_IN = {
    "/sign-in", "/sign-in/code", "/sign-in/factor",
    "/me/close", "/me/close/code", "/api/v1/me/closing",
    "/api/v1/codes", "/api/v1/sessions", "/api/v1/sessions/second-factor",
    "/coupons", "/api/v1/coupons/claims",
    "/objections", "/villages/{village_code:str}/objections", "/api/v1/villages/{village_code:str}/objections",
    "/api/v1/objections/status", "/api/v1/objections/appeals", "/grievance", "/grievance/answer",
    "/api/v1/grievances", "/api/v1/grievances/status", "/api/v1/grievances/appeals",
}  # fmt: skip


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_a_budget_may_be_used_at_once_and_refills_steadily(seconds: Seconds) -> None:
    limiter = RateLimiter({RateClass.SEARCH: 3}, read_seconds=seconds)
    budgets = (RateBudget("203.0.113.7"),)
    assert [limiter.spend(RateClass.SEARCH, budgets) for _ in range(5)] == [0, 0, 0, 20, 20]
    seconds.now += 19
    assert limiter.spend(RateClass.SEARCH, budgets) == 1
    seconds.now += 1
    assert [limiter.spend(RateClass.SEARCH, budgets) for _ in range(2)] == [0, 20]
    seconds.now += 600
    assert [limiter.spend(RateClass.SEARCH, budgets) for _ in range(4)] == [0, 0, 0, 20]


def test_a_refused_request_and_another_class_use_up_nothing(seconds: Seconds) -> None:
    limiter = RateLimiter({RateClass.SEARCH: 1, RateClass.PAGE: 1}, read_seconds=seconds)
    one, other = RateBudget("203.0.113.7"), RateBudget("203.0.113.8")
    assert limiter.spend(RateClass.SEARCH, (one,)) == 0
    assert limiter.spend(RateClass.SEARCH, (other, one)) == 60
    assert limiter.spend(RateClass.SEARCH, (other,)) == 0
    assert limiter.spend(RateClass.PAGE, (one,)) == 0
    assert [limiter.spend(RateClass.FREE, (one,)) for _ in range(9)] == [0] * 9


def test_an_address_of_ipv6_counts_for_its_64_and_for_the_48_around_it() -> None:
    assert list_network_budgets("203.0.113.7") == (RateBudget("203.0.113.7"),)
    near, wide = RateBudget("2001:db8:1:2::/64"), RateBudget("2001:db8:1::/48", 4)
    assert list_network_budgets("2001:db8:1:2::/64") == (near, wide)
    assert list_network_budgets("not an address") == (RateBudget("not an address"),)


def test_memory_is_bounded_and_the_budgets_counted_last_are_kept(seconds: Seconds) -> None:
    limiter = RateLimiter({RateClass.PAGE: 1}, read_seconds=seconds)
    for number in range(MAX_COUNTED_KEYS + 1):
        assert limiter.spend(RateClass.PAGE, (RateBudget(f"n{number}"),)) == 0
    assert limiter.spend(RateClass.PAGE, (RateBudget(f"n{MAX_COUNTED_KEYS}"),)) == 60
    assert limiter.spend(RateClass.PAGE, (RateBudget("n0"),)) == 0
    for number in range(MAX_KNOWN_SESSIONS + 1):
        limiter.remember_session(number.to_bytes(4), "someone")
    assert limiter.find_account((0).to_bytes(4)) is None
    assert limiter.find_account(MAX_KNOWN_SESSIONS.to_bytes(4)) == "someone"


def test_every_route_has_the_class_of_its_cost() -> None:
    app = create_app(Settings(demo=True))
    classes: dict[str, set[str]] = {}
    modules: dict[str, set[str]] = {}
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            stated: Any = handler.opt.get("rate")
            classes.setdefault(str(stated), set()).add(route.path)
            modules.setdefault(handler.fn.__module__, set()).add(str(stated))
    assert classes["free"] == FREE
    assert classes["sign_in"] == SIGN_IN
    assert classes["search"] >= {"/search", "/kinds/{code:str}", "/api/v1/listings", "/desk/imports/{kind:str}/held"}
    assert classes["upload"] >= {"/api/v1/photos", "/farm/sell/{slug:str}", "/desk/imports/{kind:str}"}
    assert classes.keys() == {"None", "free", "sign_in", "search", "upload"}
    takes_files = re.compile(r"\.get_files\(|store_photos?\(|UploadFile")
    read = {name for name in modules if takes_files.search(inspect.getsource(sys.modules[name]))}
    assert len(read) > 15
    assert {name for name in read if "upload" not in modules[name]} == set()


async def test_a_network_has_its_limit_and_another_is_not_affected(dsn: str, folder: Path, database: Database) -> None:
    assert database
    async with run_service(build_settings(dsn, folder, rate_searches=2)) as service:
        refused_before = await _count_refusals(service)
        statuses = [await _search(service, "203.0.113.7") for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert await _search(service, "203.0.113.8") == 200
        # Only the last address was written by our proxy.
        assert await _search(service, "198.51.100.1, 203.0.113.7") == 429
        assert await _count_refusals(service) == refused_before + 2


async def test_a_48_of_ipv6_has_four_times_the_limit_of_a_64(dsn: str, folder: Path, database: Database) -> None:
    assert database
    async with run_service(build_settings(dsn, folder, rate_searches=2)) as service:
        same = [await _search(service, f"2001:db8:1:1::{host:x}") for host in range(1, 4)]
        assert same == [200, 200, 429]
        others = [await _search(service, f"2001:db8:1:{subnet:x}::1") for subnet in range(2, 9)]
        assert others == [200, 200, 200, 200, 200, 200, 429]
        assert await _search(service, "2001:db8:2:1::1") == 200


async def test_a_refusal_is_a_problem_with_retry_after(dsn: str, folder: Path, database: Database) -> None:
    assert database
    async with run_service(build_settings(dsn, folder, rate_sign_ins=1)) as service:
        assert (await service.call("RequestCode", {"phone": "1"})).status_code == 422
        refused = await service.call("SignIn", {"phone": "17010001234", "code": "123456"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.json()["code"] == "too_many_requests"
        assert refused.json()["detail"] == "Too many requests; try again in 60 s."
        figures = (await service.http.get("/metrics")).text
        counted = 'market_answers_total{method="POST",route="/api/v1/sessions",status="%s"}'
        assert [counted % status in figures for status in (429, 500)] == [True, False]


async def test_a_visitors_cart_and_sign_in_are_refused_with_a_page(dsn: str, folder: Path, database: Database) -> None:
    assert database
    async with run_service(build_settings(dsn, folder, rate_writes=1, rate_sign_ins=1)) as service:
        for path in ("/cart/goods", "/sign-in/code"):
            assert (await service.http.post(path)).status_code != 429
            refused = await service.http.post(path)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert refused.headers["content-type"].startswith("text/html")
            assert refused.headers["cache-control"] == "private, no-store"
            assert "刚才点得太多了，请等 60 秒再试。" in refused.text
            assert get_refusal_number("too_many_requests") in refused.text
        assert (await service.http.get("/sign-in")).status_code == 200


async def test_a_session_is_counted_by_account_and_an_invented_one_by_network(
    dsn: str, folder: Path, database: Database
) -> None:
    buyer, neighbour = [await _sign_in(database) for _ in range(2)]
    async with run_service(build_settings(dsn, folder, rate_pages=3)) as service:
        # The first request of a session counts for the network, the next ones for the account wherever they come from.
        assert await _get_me(service, buyer, "203.0.113.7") == 200
        assert await _get_me(service, neighbour, "203.0.113.7") == 200
        assert [await _get_me(service, "invented", "203.0.113.7") for _ in range(2)] == [401, 429]
        assert [await _get_me(service, buyer, f"203.0.113.{host}") for host in (7, 8, 9, 10)] == [200, 200, 200, 429]
        assert await _get_me(service, neighbour, "203.0.113.7") == 200


async def _count_refusals(service: Service) -> float:
    text = (await service.http.get("/metrics")).text
    name = 'market_rate_refusals_total{rate_class="search"} '
    return next(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


async def _search(service: Service, forwarded: str) -> int:
    response = await service.http.get("/api/v1/listings", headers={"X-Forwarded-For": forwarded})
    service.check_response(response)
    return response.status_code


async def _get_me(service: Service, token: str, forwarded: str) -> int:
    headers = {"X-Forwarded-For": forwarded, "Authorization": f"Bearer {token}"}
    return (await service.http.get("/api/v1/me", headers=headers)).status_code


async def _sign_in(database: Database) -> str:
    async with database.transaction() as conn:
        account: AccountId = await make_account(conn)
        return (await sign_in_without_code(conn, account, now=Clock().now(), second_factor=False)).token
