"""The steps of the market day, once, for every driver; every figure comes from shop.json."""

from typing import Any

from msgspec import Struct

from market.people.identity.models import AccountId, Role
from market.people.identity.sign_in import sign_in_without_code
from tests.story import school
from tests.story.market_day import STORY, Attempt, Driver, MarketDay, at, find_event, find_row
from tests.support.make import make_account, make_phone

COUNTY, PROVINCE = "130624000000", "130000000000"
SUPPLY_DAY = "2019-09-15"
"""The people come some days before the market, and publish what they sell."""


class Played(Struct, frozen=True):
    """The market after the last event, and what people were answered on the way."""

    day: MarketDay
    driver: Driver
    slots: list[tuple[str, int]]
    refused: dict[str, Attempt]
    race: dict[str, int]


async def _sign_in_official(day: MarketDay, driver: Driver, handle: str, role: Role, place: str) -> str:
    await driver.sign_in(handle, *await day.make_official(handle, role, place))
    return handle


async def supply(day: MarketDay, driver: Driver) -> None:
    """Let the sellers apply and publish, the officials admit them, and the buyers sign in."""
    day.set_clock(at(f"{SUPPLY_DAY}T08:00"))
    county = [await _sign_in_official(day, driver, each, Role.COUNTY, COUNTY) for each in ("recommends", "approves")]
    for number, each in enumerate(STORY["producers"]):
        village = await _sign_in_official(day, driver, f"village-{number}", Role.VILLAGE, each["village"])
        await driver.sign_in(each["id"], make_phone())
        await driver.open_producer(each, [village, *county])
        if each["freight"]:
            await driver.set_freight(each["id"], find_row("freight_templates", each["freight"]))
    for listing in STORY["listings"]:
        await _publish(driver, listing)
    day.set_clock(at(f"{SUPPLY_DAY}T09:00"))
    await _sign_in_official(day, driver, "platform", Role.PLATFORM, PROVINCE)
    for coupon in STORY["coupons"]:
        assert coupon["bearer"] == "platform"
        await driver.create_coupon(coupon)
    for buyer in STORY["buyers"]:
        await driver.sign_in(buyer["id"], buyer["phone"].partition("（")[0])
    await school.open_school(day)


async def _publish(driver: Driver, listing: dict[str, Any]) -> None:
    if "units" in listing:
        await driver.publish_stay(listing)
    elif "slots" in listing:
        await driver.publish_activity(listing)
    elif listing["id"] == "L10":
        await driver.publish_eggs(listing, find_row("listings", "L4"), stock=find_row("lots", listing["lot"])["stock"])
    elif listing["id"] != "L4":
        await driver.publish_product(listing, stock=find_row("lots", listing["lot"])["stock"])


async def _place(day: MarketDay, driver: Driver, order: str, pay: str = "pay") -> None:
    event = find_event("place", order)
    day.set_clock(at(event["at"]))
    if "coupon" in event:
        await driver.claim_coupon(event["buyer"], event["coupon"])
    number = await driver.place(event, method=find_event(pay, order)["rail"])
    await day.remember_order(order, event["buyer"], number)
    await _pay(day, driver, order, pay)


async def _pay(day: MarketDay, driver: Driver, order: str, do: str) -> None:
    event = find_event(do, order)
    day.set_clock(at(event["at"]))
    await driver.start_payment(order, event["rail"])
    await day.pay(order)


async def _run_race(day: MarketDay, driver: Driver) -> dict[str, int]:
    """Let the story's 200 buyers order at once, each with a session of their own; count the answers."""
    [event] = [each for each in STORY["events"] if each["do"] == "race"]
    day.set_clock(at(event["at"]))
    names = [f"racer-{number}" for number in range(event["buyers"])]
    tokens: list[str] = []
    async with day.services.db.transaction() as conn:
        for _ in names:
            account = AccountId(await make_account(conn))
            signed = await sign_in_without_code(conn, account, now=at(event["at"]), second_factor=False)
            tokens.append(signed.token)
    for name, token in zip(names, tokens, strict=True):
        await driver.adopt(name, token)
    return await driver.place_at_once(names, {"lines": [[event["listing"], event["each"]]]})


async def _receive(day: MarketDay, driver: Driver, order: str) -> None:
    day.set_clock(at(find_event("confirm receipt", order)["at"]))
    await driver.receive(order)


async def _claim_bad_fruit(day: MarketDay, driver: Driver, order: str, *, bad: int, total: int) -> None:
    day.set_clock(at(find_event("bad fruit", order)["at"]))
    await driver.claim_bad_fruit(order, bad=bad, total=total)


async def play(day: MarketDay, driver: Driver) -> Played:
    """Play the story's events in their order."""
    await supply(day, driver)
    refused: dict[str, Attempt] = {}
    for order in ("O1", "O2", "O3", "O4", "O5"):
        await _place(day, driver, order)
    refused["O4 again"] = await driver.try_again("pay", "O4")
    await school.place(day)
    await _place(day, driver, "O7", "pay deposit")
    await _place(day, driver, "O8")
    slots = await driver.read_slots("L8")
    race = await _run_race(day, driver)

    weighed = find_event("weigh", "O3")
    day.set_clock(at(weighed["at"]))
    refused["O3 is sent before it is weighed"] = await driver.try_again("ship", "O3")
    await driver.weigh("O3", grams=weighed["net_g"])
    day.set_clock(at("2019-09-20T17:00"))
    for order in ("O1", "O2", "O3", "O5"):
        await driver.ship(order)

    day.set_clock(at(find_event("check in", "O8")["at"]))
    await driver.check_in("O8")
    refused["the code of O8 again"] = await driver.try_again("check in", "O8")

    await _receive(day, driver, "O1")
    await _receive(day, driver, "O5")
    await _claim_bad_fruit(day, driver, "O2", bad=6, total=60)
    await _receive(day, driver, "O2")
    await _receive(day, driver, "O3")
    await school.accept(day)
    await _claim_bad_fruit(day, driver, "O5", bad=1, total=5)
    day.set_clock(at(find_event("cancel", "O4")["at"]))
    await driver.cancel("O4")
    await school.pay(day)

    day.set_clock(at("2019-09-27T23:59"))
    refused["the balance of O7 too early"] = await driver.try_again("pay balance", "O7")
    await _pay(day, driver, "O7", "pay balance")
    day.set_clock(at("2019-09-28T17:00"))
    await driver.ship("O7")
    await _receive(day, driver, "O7")
    return Played(day, driver, slots, refused, race)
