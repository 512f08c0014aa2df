"""O6: a school buys for its canteen, accepts nine of ten boxes, and pays what it accepted by bank transfer."""

from typing import Any

from market.people.identity.models import AccountId, Role
from market.people.identity.sign_in import sign_in_without_code
from market.service.worker.polls import apply_outbox
from tests.story.market_day import STORY, MarketDay, Person, at, find_event, find_row
from tests.support.make import make_official, make_phone

ORDER, SELLER = "O6", "P2"
CREDIT_CODE = "12130624MB0XAMP70J"
"""No unit has this code; its check character is right."""
_CHECKS = [{"item": "technical", "passed": True}, {"item": "service", "passed": True}]
_BROKEN = {"item": "safety", "passed": False, "note": "样例：一箱碎了，退回"}


async def open_school(day: MarketDay) -> None:
    """Sign in the school's other people, verify their duties, and set the prices for public units and the quota."""
    school = find_row("buyers", "B6")
    phones = {"B6": school["phone"].partition("（")[0], "approver": make_phone(), "acceptor": make_phone()}
    for name, duty in (("B6", "requester"), ("approver", "approver"), ("acceptor", "acceptor")):
        if name not in day.people:
            visitor = Person(day.service, "")
            await visitor.call("RequestCode", {"phone": phones[name]})
            code = await day.receive_code(phones[name])
            signed = await visitor.call("SignIn", {"phone": phones[name], "code": code})
            day.people[name] = Person(day.service, signed["token"])
        unit = {"unit_name": school["name"], "credit_code": CREDIT_CODE, "ends_on": "2020-12-31"}
        await day.people["platform"].call("SavePublicBuyer", {"phone": phones[name], "duty": duty, **unit})
    for listing in (each for each in STORY["listings"] if "public_price_fen" in each):
        path = {"variant_id": await _find_variant(day, listing["id"])}
        await day.people[SELLER].call("SetPriceTerms", {"public_price_fen": listing["public_price_fen"]}, path=path)
    quota = {"year": 2019, "canteen_fen": 100_000_00, "quota_fen": 10_000_00}
    await day.people["approver"].call("SetUnitQuota", quota)


async def _find_variant(day: MarketDay, listing: str) -> str:
    find = (
        "SELECT v.id FROM variants v JOIN listings l ON l.id = listing_id WHERE producer_id = $1 AND v.price_fen = $2"
    )
    async with day.services.db.connection() as conn:
        found = await conn.fetchval(find, day.producers[SELLER]["id"], find_row("listings", listing)["price_fen"])
    return str(found)


async def place(day: MarketDay) -> None:
    """Let the school order, request and approve, and the co-operative sign."""
    event = find_event("place", ORDER)
    day.set_clock(at(event["at"]))
    buyer = find_row("buyers", event["buyer"])
    lines = [{"variant_id": await _find_variant(day, name), "quantity": quantity} for name, quantity in event["lines"]]
    address = {"name": buyer["name"], "phone": "17000009001", "region_code": buyer["region"], "street": "样例路 1 号"}
    requester = day.people[event["buyer"]]
    placed = await requester.call("PlaceOrder", {"address": address, "lines": lines})
    await day.remember_order(ORDER, event["buyer"], placed["number"])
    await requester.call("RequestPurchase", {"order_id": placed["id"]})
    path = {"number": placed["number"]}
    await day.people["approver"].call("ApprovePurchase", path=path)
    await day.people[SELLER].call("SignContract", path=path)


async def accept(day: MarketDay) -> None:
    """Let the co-operative deliver everything, the school accept nine boxes, and the invoice be for these."""
    event, path = find_event("accept", ORDER), {"number": day.orders[ORDER].number}
    day.set_clock(at(event["at"]))
    seller, acceptor = day.people[SELLER], day.people["acceptor"]
    lines = (await seller.call("GetPurchase", path=path))["lines"]
    delivered = [{"line_id": each["line_id"], "quantity": each["ordered"]} for each in lines]
    await seller.call("DeliverPurchase", {"lines": delivered}, path=path)
    accepted: list[dict[str, Any]] = [
        {"line_id": line["line_id"], "quantity": quantity}
        for line, (_, quantity) in zip(lines, event["lines"], strict=True)
    ]
    checked = {"lines": accepted, "checks": [*_CHECKS, _BROKEN]}
    seen = await acceptor.call("AcceptPurchase", checked, path=path)
    invoice = {"number": "19" + "7" * 18, "issued_on": "2019-09-23", "amount_fen": seen["purchase"]["accepted_fen"]}
    await seller.call("RecordSellerInvoice", invoice, path=path)


async def pay(day: MarketDay) -> None:
    """Let the platform's staff record the transfer, and another of them confirm it; the worker settles the order."""
    event = find_event("pay", ORDER)
    day.set_clock(at(event["at"]))
    bought = await day.people["acceptor"].call("GetPurchase", path={"number": day.orders[ORDER].number})
    receipt = {
        "reference": "样例20190925001", "payer_code": bought["purchase"]["payer_code"], "payer_name": "样例小学",
        "amount_fen": bought["purchase"]["accepted_fen"], "received_on": "2019-09-25",
    }  # fmt: skip
    async with day.services.db.transaction() as conn:
        staff = AccountId(await conn.fetchval("SELECT id FROM accounts WHERE handle = 'platform'"))
        second = await make_official(conn, Role.PLATFORM, "13", name="样例核账")
        recorder, confirmer = [
            Person(day.service, (await sign_in_without_code(conn, each, now=at(event["at"]), second_factor=True)).token)
            for each in (staff, second)
        ]
    recorded = await recorder.call("RecordBankReceipt", receipt)
    await confirmer.call("ConfirmBankReceipt", path={"receipt_id": recorded["id"]})
    await apply_outbox(day.worker)
