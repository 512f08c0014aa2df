"""The market day of the golden story, booked through the library alone: every leg and every balance."""

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
    all_balances,
    ask,
    entries,
    open_payment,
    post,
    record_transfer,
    request_refund,
    send_refund,
    start,
    verify,
)
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.payments.shop import look, ref_of

EXPECTED = json.loads((Path(__file__).parents[1] / "story" / "expected" / "shop.json").read_bytes())
SHANGHAI = timezone(timedelta(hours=8))
PURPOSES = {"paid": Purpose.FULL, "deposit paid": Purpose.DEPOSIT, "balance paid": Purpose.BALANCE}

type Line = dict[str, Any]


def at_of(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"]).replace(tzinfo=SHANGHAI)


def parts_of(line: Line) -> list[Part]:
    order = next(each for each in EXPECTED["orders"] if each["id"] == line["order"])
    borne = {each["id"]: each["discount_fen"] for each in order["suborders"]}
    escrows = [(code.removeprefix("escrow:"), fen) for code, fen in line["legs"] if code.startswith("escrow:")]
    return [Part(name, fen, borne[name]) for name, fen in escrows]


async def pay(database: Database, gateway: Stripe, sandbox: Sandbox, line: Line) -> PaymentId:
    rail, fen = line["legs"][0]
    method, at = Method(rail.removeprefix("clearing:")), at_of(line)
    async with database.transaction() as conn:
        payment = await open_payment(
            conn,
            order=line["order"],
            amount=Amount(-fen, "CNY"),
            method=method,
            parts=parts_of(line),
            purpose=PURPOSES[line["kind"]],
            at=at,
        )
    if method is Method.BANK:
        async with database.transaction() as conn:
            await record_transfer(conn, payment.id, reference=line["order"], at=at)
        return payment.id
    await start(database, gateway, payment.id, at=at)
    await sandbox.pay(ref_of(await look(database, payment.id)))
    assert (await ask(database, gateway, payment.id, at=at)).state is PaymentState.CAPTURED
    return payment.id


async def test_the_market_day_is_booked_to_the_fen(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    payments: dict[str, PaymentId] = {}
    for line in EXPECTED["ledger"]:
        legs = [(code, fen) for code, fen in line["legs"]]
        if line["kind"] in PURPOSES:
            payments[line["order"]] = await pay(database, gateway, sandbox, line)
        elif line["kind"] == "released":
            async with database.transaction() as conn:
                await post(
                    conn, key=f"released:{legs[0][0]}", kind="released", order=line["order"], legs=legs, at=at_of(line)
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
                    at=at_of(line),
                )
            await send_refund(database, gateway, refund.id, at=at_of(line))
    async with database.connection() as conn:
        booked = [entry for order in sorted(payments) for entry in await entries(conn, order=order)]
        expected = sorted(EXPECTED["ledger"], key=lambda line: (line["order"], at_of(line), line["n"]))
        assert [(each.order_ref, each.at, each.kind, sorted(each.legs)) for each in booked] == [
            (line["order"], at_of(line), line["kind"], sorted((code, fen) for code, fen in line["legs"]))
            for line in expected
        ]
        assert [{"account": each.code, "fen": each.minor} for each in await all_balances(conn)] == EXPECTED["balances"]
        assert await verify(conn) == []
