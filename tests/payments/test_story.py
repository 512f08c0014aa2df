"""The day of the golden story, booked with this library alone: every leg and every balance."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from payments import (
    Amount,
    Database,
    Method,
    Part,
    PaymentId,
    PaymentState,
    Purpose,
    list_balances,
    list_order_entries,
    open_payment,
    poll_payment,
    post,
    record_bank_transfer,
    request_refund,
    send_refund,
    start,
    verify_ledger,
)
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.support.sandbox_payments import get_provider_ref, load_payment

EXPECTED = json.loads((Path(__file__).parents[1] / "story" / "expected" / "shop.json").read_bytes())
SHANGHAI = timezone(timedelta(hours=8))
PURPOSES = {"paid": Purpose.FULL, "deposit paid": Purpose.DEPOSIT, "balance paid": Purpose.BALANCE}

type Line = dict[str, Any]


def parse_time(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"]).replace(tzinfo=SHANGHAI)


def build_parts(line: Line) -> list[Part]:
    order = next(each for each in EXPECTED["orders"] if each["id"] == line["order"])
    borne = {each["id"]: each["discount_fen"] for each in order["suborders"]}
    escrows = [(code.removeprefix("escrow:"), fen) for code, fen in line["legs"] if code.startswith("escrow:")]
    return [Part(name, fen, discount_minor=borne[name]) for name, fen in escrows]


async def pay(database: Database, gateway: Stripe, sandbox: Sandbox, line: Line) -> PaymentId:
    account, fen = line["legs"][0]
    method, at = Method(account.removeprefix("clearing:")), parse_time(line)
    async with database.transaction() as conn:
        payment = await open_payment(
            conn,
            order=line["order"],
            amount=Amount(-fen, "CNY"),
            method=method,
            parts=build_parts(line),
            purpose=PURPOSES[line["kind"]],
            at=at,
        )
    if method is Method.BANK:
        async with database.transaction() as conn:
            await record_bank_transfer(conn, payment.id, reference=line["order"], at=at)
        return payment.id
    await start(database, gateway, payment.id, at=at)
    await sandbox.pay(get_provider_ref(await load_payment(database, payment.id)))
    assert (await poll_payment(database, gateway, payment.id, at=at)).state is PaymentState.CAPTURED
    return payment.id


async def test_the_day_of_the_story_is_booked_to_the_fen(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payments: dict[str, PaymentId] = {}
    for line in EXPECTED["ledger"]:
        legs = [(code, fen) for code, fen in line["legs"]]
        if line["kind"] in PURPOSES:
            payments[line["order"]] = await pay(database, gateway, sandbox, line)
        elif line["kind"] == "released":
            async with database.transaction() as conn:
                await post(
                    conn,
                    key=f"released:{legs[0][0]}",
                    kind="released",
                    order=line["order"],
                    legs=legs,
                    at=parse_time(line),
                )
        elif line["kind"] != "refund settled":
            back = dict(legs)[f"refund:{line['order']}"]
            async with database.transaction() as conn:
                refund = await request_refund(
                    conn,
                    payments[line["order"]],
                    amount_minor=back,
                    key=f"story:{line['n']}",
                    kind=line["kind"],
                    legs=[leg for leg in legs if not leg[0].startswith("refund:")],
                    at=parse_time(line),
                )
            await send_refund(database, gateway, refund.id, at=parse_time(line))
    async with database.connection() as conn:
        booked = [entry for order in sorted(payments) for entry in await list_order_entries(conn, order=order)]
        expected = sorted(EXPECTED["ledger"], key=lambda line: (line["order"], parse_time(line), line["n"]))
        assert [(each.order_ref, each.at, each.kind, sorted(each.legs)) for each in booked] == [
            (line["order"], parse_time(line), line["kind"], sorted((code, fen) for code, fen in line["legs"]))
            for line in expected
        ]
        assert [{"account": each.code, "fen": each.minor} for each in await list_balances(conn)] == EXPECTED["balances"]
        assert await verify_ledger(conn) == []
