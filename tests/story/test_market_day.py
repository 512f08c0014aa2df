"""One market day, 20 September 2019, played by the API and on the pages: every figure equals expected/shop.json.

O6, a public unit that pays by bank after acceptance, is played by the API in both. Only who gains from each sale (the
benefit book) is not played.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import date

import pytest

from market.kernel.clock import SHANGHAI
from market.kernel.postgres.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.service.commands.ledger import load_balances, load_postings
from payments.ledger.verification import verify_ledger
from payments.sandbox import Sandbox
from tests.conftest import clone_database, drop_database
from tests.story.api_driver import ApiDriver
from tests.story.market_day import EXPECTED, STORY, Attempt, MarketDay, at, open_market_day
from tests.story.page_driver import PageDriver
from tests.story.steps import Played, play

PLAYED = [each["id"] for each in EXPECTED["orders"]]
STATES = {"released": "finished", "cancelled": "cancelled"}
DRIVERS = {"api": ApiDriver, "pages": PageDriver}


@pytest.fixture(scope="module", params=DRIVERS)
async def played(
    request: pytest.FixtureRequest, server: EmbeddedServer, template: str, provider: Sandbox, seal: Seal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Played]:  # fmt: skip
    """The whole story, played once by each driver."""
    name = await clone_database(server, template)
    folder = tmp_path_factory.mktemp("market-day")
    async with open_market_day(server.dsn(name), folder, seal, provider) as day:
        yield await play(day, DRIVERS[request.param](day))
    await drop_database(server, name)


def is_refused(played: Played, found: Attempt, *, api: Attempt, pages: Attempt) -> bool:
    """Return whether an attempt is refused as its driver should be: with the code, or on a page that has the words."""
    if isinstance(played.driver, PageDriver):
        return found.status == pages.status and pages.words in found.words
    return found == api


def find_role(day: MarketDay, account: str) -> str:
    """Convert an account's code to the story's, which has its own names of orders and producers."""
    kind, _, rest = account.partition(":")
    number, _, position = rest.partition("-")
    orders = {str(each.number): name for name, each in day.orders.items()}
    producers = {str(each["number"]): name for name, each in day.producers.items()}
    match kind:
        case "escrow":
            return f"escrow:{orders[number]}-{position}"
        case "refund":
            return f"refund:{orders[number]}"
        case "payable" | "freight":
            return f"{kind}:{producers[number]}"
        case _:
            return account


async def load_ledger(day: MarketDay, order: str) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """Return an order's transactions, as `market ledger postings` prints them, by the story's names."""
    async with day.services.db.connection() as conn:
        postings = await load_postings(conn, day.orders[order].number)
    return sorted(
        (each.at[:16], each.kind, sorted((find_role(day, account), fen) for account, fen in each.legs))
        for each in postings
    )


@pytest.mark.parametrize("order", PLAYED)
async def test_the_postings_of_an_order_are_those_of_the_story(played: Played, order: str) -> None:
    wanted = [
        (each["at"], each["kind"], sorted((account, fen) for account, fen in each["legs"]))
        for each in EXPECTED["ledger"]
        if each["order"] == order
    ]
    assert await load_ledger(played.day, order) == sorted(wanted)


@pytest.mark.parametrize("order", PLAYED)
async def test_an_order_is_as_in_the_story(played: Played, order: str) -> None:
    wanted = next(each for each in EXPECTED["orders"] if each["id"] == order)
    found = await played.day.see(order)
    names = ("goods_fen", "freight_fen", "discount_fen", "total_fen", "refunded_fen")
    assert [found[name] for name in names] == [wanted[name] for name in names]
    assert found["state"] == STATES[wanted["state"]]
    assert found["refund_arrived_fen"] == wanted["refunded_fen"]
    lines = [line for suborder in found["suborders"] for line in suborder["lines"]]
    assert [(each["quantity"], each["amount_fen"]) for each in lines] == [
        (each["quantity"], each["amount_fen"]) for each in wanted["lines"]
    ]
    weighed = [(each["ceiling_g"], each["weighed_g"], each["final_fen"]) for each in lines if each["ceiling_g"]]
    assert weighed == [
        (each["ceiling_g"], each["weighed_g"], each["final_fen"]) for each in wanted["lines"] if "ceiling_g" in each
    ]
    names = ("goods_fen", "freight_fen", "discount_fen", "total_fen")
    assert [[each[name] for name in names] for each in found["suborders"]] == [
        [each[name] for name in names] for each in wanted["suborders"]
    ]


async def test_the_balances_are_those_of_the_story(played: Played) -> None:
    wanted = {each["account"]: each["fen"] for each in EXPECTED["balances"]}
    async with played.day.services.db.connection() as conn:
        found = await load_balances(conn)
        assert await verify_ledger(conn, prefixes=ORDER_PREFIXES) == []
        assert await verify_orders(conn) == []
    assert {find_role(played.day, each.account): each.fen for each in found} == wanted
    assert sum(each.fen for each in found) == 0


@pytest.mark.parametrize("producer", [each["producer"] for each in EXPECTED["owed"]])
async def test_a_producer_is_owed_what_the_story_says(played: Played, producer: str) -> None:
    day = played.day
    path = {"producer_id": day.producers[producer]["id"]}
    statement = await day.people[producer].call("GetStatement", path=path)
    wanted = next(each for each in EXPECTED["owed"] if each["producer"] == producer)
    assert (statement["payable_fen"], statement["freight_fen"]) == (wanted["payable_fen"], wanted["freight_fen"])
    assert (await played.driver.read_owed(producer), statement["waiting_fen"]) == (wanted["owed_fen"], 0)
    names = {str(each.number): name for name, each in day.orders.items()}
    shares = {
        f"{names[line['code'].partition('-')[0]]}-{line['code'].partition('-')[2]}": (
            line["commission_bp"],
            line["commission_fen"],
            line["payable_fen"],
        )
        for line in statement["lines"]
        if line["released_at"]
    }
    # The story's suborders are as released; the share of O5 went back after that.
    assert shares == {
        each["id"]: (each["commission_bp"], each["commission_fen"] - commission, each["payable_fen"] - payable)
        for order in EXPECTED["orders"]
        for each in order["suborders"]
        if each["producer"] == producer
        for payable, commission in [(18_82, 38) if each["id"] == "O5-1" else (0, 0)]
    }


async def test_each_day_and_method_has_the_sums_of_the_story(played: Played) -> None:
    sums: Counter[tuple[str, str, str]] = Counter()
    for order in PLAYED:
        for moment, _, legs in await load_ledger(played.day, order):
            for account, fen in legs:
                if account.startswith("clearing:"):
                    way = "in_fen" if fen < 0 else "refunded_fen"
                    sums[moment[:10], account.removeprefix("clearing:"), way] += abs(fen)
    wanted = {
        (each["day"], each["rail"], way): each[way]
        for each in EXPECTED["statement"]
        for way in ("in_fen", "refunded_fen")
        if each[way]
    }
    assert sums == wanted


async def test_the_quota_of_the_school_is_that_of_the_story(played: Played) -> None:
    number = played.day.orders["O6"].number
    entries = (
        "SELECT at, kind, fen FROM quota_entries q JOIN orders ON orders.id = order_id WHERE number = $1 ORDER BY q.id"
    )
    async with played.day.services.db.transaction(scope="130624") as conn:
        found = await conn.fetch(entries, number)
    assert [(each["at"].astimezone(SHANGHAI).isoformat()[:16], each["kind"], each["fen"]) for each in found] == [
        (each["at"], each["what"], each["fen"]) for each in EXPECTED["procurement"]
    ]
    book = await played.day.people["acceptor"].call("GetUnitBook", path={"year": 2019})
    names = ("committed_fen", "accepted_fen", "restored_fen", "spent_fen", "returned_fen", "quota_fen")
    assert [book[name] for name in names] == [980_00, 942_00, 38_00, 942_00, 0, 10_000_00]


async def test_the_race_places_fifty_orders_and_tells_the_others(played: Played) -> None:
    wanted = EXPECTED["race"]
    assert played.race == {"placed": wanted["orders"], "waiting_for_payment": wanted["told_sold_out"]}
    totals = "SELECT count(*), min(total_fen), max(total_fen) FROM orders WHERE placed_at - $1 BETWEEN '0 s' AND '1 h'"
    async with played.day.services.db.connection() as conn:
        [moment] = [at(each["at"]) for each in STORY["events"] if each["do"] == "race"]
        [found] = await conn.fetch(totals, moment)
    assert tuple(found) == (wanted["orders"], wanted["each_total_fen"], wanted["each_total_fen"])


async def test_stock_nights_and_places_are_left_as_in_the_story(played: Played) -> None:
    driver = played.driver
    listings = {"A": "L1", "B": "L2", "C": "L3", "D": "L10", "E": "L5", "F": "L9"}
    units = {lot: await driver.read_units(listing) for lot, listing in listings.items()}
    assert units == {each["lot"]: each["left"] for each in EXPECTED["stock"]}
    nights = await driver.read_nights("L6", date(2019, 10, 3), date(2019, 10, 5))
    assert nights == [(each["night"], each["free"]) for each in EXPECTED["nights"]]
    assert played.slots == [(each["date"], each["left"]) for each in EXPECTED["slots"]]


TOO_EARLY_OR_TWICE = {
    "O4 again": (Attempt(409, "already_paid"), Attempt(200, "付好了，780.00 元")),
    "O3 is sent before it is weighed": (Attempt(409, "not_weighed"), Attempt(200, "发货前先称重")),
    "the code of O8 again": (Attempt(409, "code_used"), Attempt(409, "这个码")),
    "the balance of O7 too early": (Attempt(409, "balance_not_due"), Attempt(200, "订金付了，等尾款")),
}
"""What is refused on the way, by the API and on the pages."""


async def test_what_comes_too_early_or_twice_is_refused(played: Played) -> None:
    assert played.refused.keys() == TOO_EARLY_OR_TWICE.keys()
    for why, (api, pages) in TOO_EARLY_OR_TWICE.items():
        assert is_refused(played, played.refused[why], api=api, pages=pages), played.refused[why]


REFUSED = {
    "L4 does not ship to 54": (Attempt(409, "not_shipped_there address.region_code"), Attempt(200, "不发往您的地区")),
    "C1 was used by B2": (Attempt(409, "voucher_used voucher_id"), Attempt(409, "每人最多领 1 张，您已经领过")),
    "only 25 of L5 are left after O2 and O5": (
        Attempt(409, "sold_out lines[0].quantity"),
        Attempt(409, "只剩 25 袋"),
    ),
    "28 boxes and 30 eggs are 870 枚 of one lot that holds 860: lines on one lot are summed": (
        Attempt(409, "sold_out lines[0].quantity lines[1].quantity"),
        Attempt(200, "只剩 28 箱"),
    ),
    "two rooms only": (Attempt(409, "nights_taken nights[0]"), Attempt(200, "这几晚只剩 2 间")),
    "17 places are left, and the slot is over": (
        Attempt(409, "slot_started lines[0].slot_id"),
        Attempt(200, "还没有能订的场次"),
    ),
    "quantity zero": (Attempt(422, "quantity_wrong lines[0].quantity"), Attempt(422, "写 1 到 9999 的整数")),
    "already paid; no second charge": (Attempt(409, "not_payable"), Attempt(200, "您实际付 390.00 元")),
}
"""What is tried after the last event, by the API and on the pages."""


@pytest.mark.parametrize("why", [each["why"] for each in STORY["refused"]])
async def test_what_the_story_refuses_changes_nothing(played: Played, why: str) -> None:
    day, driver = played.day, played.driver
    wish = next(each["try"] for each in STORY["refused"] if each["why"] == why)
    day.set_clock(at("2019-10-02T13:00"))
    counts = "SELECT array_agg(lots ORDER BY id)::text || (SELECT count(*) FROM orders)::text FROM lots"
    api, pages = REFUSED[why]
    async with day.services.db.connection() as conn:
        before = await conn.fetchval(counts)
        charges = len((await day.sandbox.state())["charges"])
        found = await driver.try_again("pay", wish["order"]) if "do" in wish else await driver.try_order(wish)
        assert is_refused(played, found, api=api, pages=pages), found
        assert await conn.fetchval(counts) == before
        assert len((await day.sandbox.state())["charges"]) == charges
