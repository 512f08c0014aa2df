"""One market day, 20 September 2019, played once over HTTP: every figure equals expected/shop.json.

Only O6 is not played: a public unit that pays by bank after acceptance (procurement), and who gains from each sale (the
benefit book). What the school bought is taken out of the stock by its seller, so that the stock is that of the story.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import pytest
from msgspec import Struct

from market.cli.ledger import load_balances, load_postings
from market.identity.models import AccountId
from market.identity.sign_in import sign_in_without_code
from market.kernel.clock import SHANGHAI
from market.kernel.embedded import EmbeddedServer
from market.kernel.seal import Seal
from market.orders.money.verification import RELEASE_PREFIX, verify_orders
from payments.sandbox import Sandbox
from payments.verification import verify_ledger
from tests.conftest import clone_database, drop_database
from tests.story.market_day import EXPECTED, STORY, MarketDay, Person, at, find_event, open_market_day
from tests.support.make import make_account

NOT_PLAYED = "O6"
PLAYED = [each["id"] for each in EXPECTED["orders"] if each["id"] != NOT_PLAYED]
STATES = {"released": "finished", "cancelled": "cancelled"}
type Attempt = tuple[int, str, list[str]]


class Played(Struct, frozen=True):
    """The market after the last event, and what people were answered on the way."""

    day: MarketDay
    slots: list[tuple[str, int]]
    refused: dict[str, Attempt]
    race: list[dict[str, Any]]


async def attempt(person: Person, operation: str, body: Any = None, **more: Any) -> Attempt:
    """Try what is refused; return the status, the code and the fields at fault."""
    answer = await person.send(operation, body, **more)
    problem = answer.json()
    return answer.status_code, problem["code"], [each["field"] for each in problem.get("errors", [])]


def read_day(moment: str) -> str:
    """Return the day of an instant in Shanghai."""
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).date().isoformat()


async def run_race(day: MarketDay) -> list[dict[str, Any]]:
    """Let the story's 200 buyers order at once, each with a session of their own; return the answers."""
    [event] = [each for each in STORY["events"] if each["do"] == "race"]
    day.set_clock(at(event["at"]))
    people: list[Person] = []
    async with day.services.db.transaction() as conn:
        for _ in range(event["buyers"]):
            account = AccountId(await make_account(conn))
            signed = await sign_in_without_code(conn, account, now=at(event["at"]), second_factor=False)
            people.append(Person(day.service, signed.token))
    body = day.build_order({"lines": [[event["listing"], event["each"]]]})
    answers = await asyncio.gather(*(person.send("PlaceOrder", body) for person in people))
    return [each.json() for each in answers]


async def sell_to_the_school(day: MarketDay) -> None:
    """Take out of the stock what the order that is not played sells: 20 bags, and 9 boxes of 30 eggs accepted of 10."""
    order = next(each for each in EXPECTED["orders"] if each["id"] == NOT_PLAYED)
    for line in order["lines"]:
        takes = next(each["takes"] for each in STORY["listings"] if each["id"] == line["listing"])
        count = {"change": -takes * line["accepted"], "reference": f"{NOT_PLAYED} {line['listing']}"}
        lot = {"L3": day.listings["L3"]["lot_id"], "L4": day.listings["L10"]["lot_id"]}[line["listing"]]
        await day.sellers["P2"].call("CountUnits", count, path={"lot_id": lot})


async def play(day: MarketDay) -> Played:
    """Play the story's events in their order."""
    refused: dict[str, Attempt] = {}
    for order in ("O1", "O2", "O3", "O4", "O5"):
        await day.place(order)
        await day.pay(order)
    again = {"order_id": day.orders["O4"]["id"]}
    refused["O4 again"] = await attempt(day.buyers["B4"], "PayOrder", {"method": "alipay"}, path=again)
    await sell_to_the_school(day)
    await day.place("O7")
    await day.pay("O7", "pay deposit")
    await day.place("O8")
    await day.pay("O8")
    found = await day.buyers["B4"].call("ListSlots", path={"listing_id": day.listings["L8"]["listing_id"]})
    slots = [(read_day(each["starts_at"]), each["free"]) for each in found]
    race = await run_race(day)

    weighed = find_event("weigh", "O3")
    day.set_clock(at(weighed["at"]))
    [parcel] = (await day.see("O3"))["suborders"]
    path = {"suborder_id": parcel["id"]}
    sent = {"carrier": "邮政", "tracking": "XA1234567890CN"}
    refused["O3 is sent before it is weighed"] = await attempt(day.sellers["P1"], "ShipSuborder", sent, path=path)
    weights = [{"line_id": parcel["lines"][0]["id"], "weighed_g": weighed["net_g"]}]
    await day.sellers["P1"].call("WeighParcel", {"weights": weights}, path=path)
    for order in ("O1", "O2", "O3", "O5"):
        await day.ship(order, "2019-09-20T17:00")

    day.set_clock(at(find_event("check in", "O8")["at"]))
    [picking] = (await day.see("O8"))["suborders"]
    code = {"code": picking["places"]["code"]}
    arrived = await day.sellers["P1"].call("CheckInGuest", code)
    assert arrived["party"] == find_event("place", "O8")["lines"][0][1]
    refused["the code of O8 again"] = await attempt(day.sellers["P1"], "CheckInGuest", code)

    await day.receive("O1")
    await day.receive("O5")
    await day.claim_bad_fruit("O2", bad=6, total=60)
    await day.receive("O2")
    await day.receive("O3")
    await day.claim_bad_fruit("O5", bad=1, total=5)
    day.set_clock(at(find_event("cancel", "O4")["at"]))
    await day.buyers["B4"].call("CancelOrder", {}, path={"order_id": day.orders["O4"]["id"]})

    day.set_clock(at("2019-09-27T23:59"))
    balance = {"order_id": day.orders["O7"]["id"]}
    refused["the balance of O7 too early"] = await attempt(
        day.buyers["B7"], "PayOrder", {"method": "alipay"}, path=balance
    )
    await day.pay("O7", "pay balance")
    await day.ship("O7", "2019-09-28T17:00")
    await day.receive("O7")
    return Played(day, slots, refused, race)


@pytest.fixture(scope="module")
async def played(
    server: EmbeddedServer, template: str, provider: Sandbox, seal: Seal, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Played]:
    """The whole story, played once."""
    name = await clone_database(server, template)
    folder = tmp_path_factory.mktemp("market-day")
    async with open_market_day(server.dsn(name), folder, seal, provider) as day:
        yield await play(day)
    await drop_database(server, name)


def find_role(day: MarketDay, account: str) -> str:
    """Convert an account's code to the story's, which has its own names of orders and producers."""
    kind, _, rest = account.partition(":")
    number, _, position = rest.partition("-")
    orders = {str(each["number"]): name for name, each in day.orders.items()}
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
        postings = await load_postings(conn, day.orders[order]["number"])
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
    not_played: Counter[str] = Counter()
    for each in EXPECTED["ledger"]:
        if each["order"] == NOT_PLAYED:
            not_played.update(dict(each["legs"]))
    wanted = {each["account"]: each["fen"] - not_played[each["account"]] for each in EXPECTED["balances"]}
    for account in (f"escrow:{NOT_PLAYED}-1", "clearing:bank"):
        assert wanted.pop(account) == 0
    async with played.day.services.db.connection() as conn:
        found = await load_balances(conn)
        assert await verify_ledger(conn, prefixes=(RELEASE_PREFIX,)) == []
        assert await verify_orders(conn) == []
    assert {find_role(played.day, each.account): each.fen for each in found} == wanted
    assert sum(each.fen for each in found) == 0


@pytest.mark.parametrize("producer", [each["producer"] for each in EXPECTED["owed"]])
async def test_a_producer_is_owed_what_the_story_says(played: Played, producer: str) -> None:
    day = played.day
    path = {"producer_id": day.producers[producer]["id"]}
    statement = await day.sellers[producer].call("GetStatement", path=path)
    wanted = next(each for each in EXPECTED["owed"] if each["producer"] == producer)
    not_played = sum(
        fen
        for each in EXPECTED["ledger"]
        if each["order"] == NOT_PLAYED
        for account, fen in each["legs"]
        if account == f"payable:{producer}"
    )
    assert (statement["payable_fen"], statement["freight_fen"]) == (
        wanted["payable_fen"] - not_played,
        wanted["freight_fen"],
    )
    assert (statement["owed_fen"], statement["waiting_fen"]) == (wanted["owed_fen"] - not_played, 0)
    names = {str(each["number"]): name for name, each in day.orders.items()}
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
        if each["producer"] == producer and order["id"] != NOT_PLAYED
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
        if each[way] and each["rail"] != "bank"
    }
    assert sums == wanted


async def test_the_race_places_fifty_orders_and_tells_the_others(played: Played) -> None:
    wanted = EXPECTED["race"]
    placed = [each["total_fen"] for each in played.race if "total_fen" in each]
    assert (len(placed), set(placed)) == (wanted["orders"], {wanted["each_total_fen"]})
    told = Counter(each["code"] for each in played.race if "code" in each)
    assert told == {"waiting_for_payment": wanted["told_sold_out"]}


async def test_stock_nights_and_places_are_left_as_in_the_story(played: Played) -> None:
    day, visitor = played.day, played.day.buyers["B1"]
    units: dict[str, int] = {}
    for name, lot in {"L1": "A", "L2": "B", "L3": "C", "L10": "D", "L5": "E", "L9": "F"}.items():
        shown = await visitor.call("GetProduct", path={"listing_id": day.listings[name]["listing_id"]})
        units[lot] = shown["variants"][0]["left"]
    assert units == {each["lot"]: each["left"] for each in EXPECTED["stock"]}
    window = {"arrive": "2019-10-03", "leave": "2019-10-05"}
    path = {"listing_id": day.listings["L6"]["listing_id"]}
    nights = await visitor.call("GetStayNights", path=path, query=window)
    assert [(each["night"], each["free"]) for each in nights] == [
        (each["night"], each["free"]) for each in EXPECTED["nights"]
    ]
    assert played.slots == [(each["date"], each["left"]) for each in EXPECTED["slots"]]


async def test_what_comes_too_early_or_twice_is_refused(played: Played) -> None:
    assert played.refused == {
        "O4 again": (409, "already_paid", []),
        "O3 is sent before it is weighed": (409, "not_weighed", []),
        "the code of O8 again": (409, "code_used", []),
        "the balance of O7 too early": (409, "balance_not_due", []),
    }


REFUSED: dict[str, Attempt] = {
    "L4 does not ship to 54": (409, "not_shipped_there", ["address.region_code"]),
    "C1 was used by B2": (409, "voucher_used", ["voucher_id"]),
    "only 25 of L5 are left after O2 and O5": (409, "sold_out", ["lines[0].quantity"]),
    "28 boxes and 30 eggs are 870 枚 of one lot that holds 860: lines on one lot are summed": (
        409,
        "sold_out",
        ["lines[0].quantity", "lines[1].quantity"],
    ),
    "two rooms only": (409, "nights_taken", ["nights[0]"]),
    "17 places are left, and the slot is over": (409, "slot_started", ["lines[0].slot_id"]),
    "quantity zero": (422, "quantity_wrong", ["lines[0].quantity"]),
    "already paid; no second charge": (409, "not_payable", []),
}


@pytest.mark.parametrize("why", [each["why"] for each in STORY["refused"]])
async def test_what_the_story_refuses_changes_nothing(played: Played, why: str) -> None:
    day = played.day
    wish = next(each["try"] for each in STORY["refused"] if each["why"] == why)
    day.set_clock(at("2019-10-02T13:00"))
    counts = "SELECT array_agg(lots ORDER BY id)::text || (SELECT count(*) FROM orders)::text FROM lots"
    async with day.services.db.connection() as conn:
        before = await conn.fetchval(counts)
        charges = len((await day.sandbox.state())["charges"])
        if "do" in wish:
            path = {"order_id": day.orders[wish["order"]]["id"]}
            found = await attempt(day.buyers["B4"], "PayOrder", {"method": "wechat"}, path=path)
        else:
            found = await attempt(day.buyers[wish.get("buyer", "B1")], "PlaceOrder", day.build_order(wish))
        assert found == REFUSED[why]
        assert await conn.fetchval(counts) == before
        assert len((await day.sandbox.state())["charges"]) == charges
