"""What buyers ask back of a seller is kept back from its payouts, and buyers consent to no refund of their own."""

from datetime import timedelta

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.sales.aftersales.models import LineRefundReason, SecondPersonNeeded
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.payouts import pay_out
from market.sales.payouts.account import enter_payout_account
from market.sales.payouts.models import NothingToPayOut
from market.sales.payouts.pay_out import PayoutHold, ask_for_payout, sum_kept_back
from payments import AccountKind, Payout, verify_ledger
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove, grove
from tests.sales.aftersales.test_refund_requests import COUNTY, Farm, farm
from tests.support.make import add_member, load_actor, make_official
from tests.support.postgres import as_owner

__all__ = ["farm", "grove"]


async def enter_account(grove: Grove) -> None:
    w = grove.shopping
    await enter_payout_account(
        w.db, w.gateway, w.seal, grove.owner, grove.owner.producers[0], kind=AccountKind.BANK,
        number="6222000000123456", now=NOW,
    )  # fmt: skip


async def ask(grove: Grove, key: str, *, after: timedelta = timedelta(days=8)) -> Payout:
    """Ask for a payout so long after the receipt; after a week nothing can be claimed or returned any more."""
    w = grove.shopping
    hold = PayoutHold(claim_hours=48, return_days=7)
    return await ask_for_payout(
        w.db, w.gateway, grove.owner, grove.owner.producers[0], key=key, hold=hold, now=NOW + after
    )


async def keep_back(grove: Grove) -> int:
    """Return what is kept back beyond the last day of claims."""
    hold = PayoutHold(claim_hours=48, return_days=7)
    async with grove.shopping.db.connection() as conn:
        return await sum_kept_back(conn, grove.owner.producers[0], hold, now=NOW + timedelta(days=8))


async def set_perishable(grove: Grove, *, perishable: bool) -> None:
    async with grove.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE order_lines SET perishable = $1", perishable)


async def test_a_payout_leaves_what_is_claimed_until_it_is_decided(grove: Grove) -> None:
    await grove.receive()
    await enter_account(grove)
    await set_perishable(grove, perishable=True)
    refused, granted = await grove.claim(50, 100), await grove.claim(50, 100, line=1)
    # Owed are 174.00 at 2 % and freight of 8.00; claimed are 48.00 and 39.00.
    assert (await ask(grove, "1")).amount_minor == 178_52 - 48_00 - 39_00
    with pytest.raises(NothingToPayOut):
        await ask(grove, "2")
    await grove.answer(refused.case_id, agree=False, reason="没烂")
    await grove.decide(refused.case_id, bad=0)
    # It may still be mediated, for seven days; an hour later nobody can have asked for it.
    until = timedelta(days=7, hours=4)
    with pytest.raises(NothingToPayOut):
        await ask(grove, "3", after=until)
    until += timedelta(seconds=1)
    assert (await ask(grove, "3", after=until)).amount_minor == 48_00
    assert (await grove.answer(granted.case_id, agree=True)).granted_fen == 39_00
    assert (await ask(grove, "4", after=until)).amount_minor == 78
    async with grove.shopping.db.connection() as conn:
        assert await verify_ledger(conn) == []


@pytest.mark.parametrize(("perishable", "until"), [(True, timedelta(hours=49)), (False, timedelta(days=7, hours=16))])
async def test_nothing_is_paid_while_buyers_may_claim_or_return(
    grove: Grove, perishable: bool, until: timedelta
) -> None:
    """Else a claim could not be granted: the money would be gone. An hour later none can be on its way any more.

    Received at nine in the morning: fifteen hours are left of the day.
    """
    await grove.receive()
    await enter_account(grove)
    await set_perishable(grove, perishable=perishable)
    # The freight is not asked back.
    assert (await ask(grove, "1", after=until - timedelta(seconds=1))).amount_minor == 8_00
    assert (await ask(grove, "2", after=until)).amount_minor == 170_52


async def test_a_claim_before_release_keeps_nothing_back_of_other_money(grove: Grove) -> None:
    await enter_account(grove)
    await grove.claim(50, 100)
    assert await keep_back(grove) == 0
    await grove.receive()
    assert (await ask(grove, "1")).amount_minor == 178_52 - 48_00


async def test_a_payout_leaves_what_waits_for_a_second_person(grove: Grove) -> None:
    w = grove.shopping
    await grove.receive()
    await enter_account(grove)
    async with w.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO refund_requests (suborder_id, line_id, key, amount_fen, reason, requested_by, requested_at)"
            " VALUES ($1, $2, 'k', 5000, 'agreed', $3, $4)",
            grove.order.suborders[0].id, grove.line_id(0), grove.owner.account_id, NOW,
        )  # fmt: skip
    assert (await ask(grove, "1")).amount_minor == 178_52 - 50_00


async def make_buyer_member(farm: Farm) -> Actor:
    async with farm.shopping.db.transaction() as conn:
        buyer = farm.shopping.buyer.account_id
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange($3, NULL))",
            farm.product.producer_id, buyer, NOW.date() - timedelta(days=9),
        )  # fmt: skip
        return await load_actor(conn, buyer)


async def test_a_buyer_does_not_consent_to_the_own_refund(farm: Farm) -> None:
    w = farm.shopping
    request_id = await farm.request()
    async with w.db.transaction() as conn:
        buyers_name = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", w.buyer.account_id)
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, COUNTY, name=buyers_name))
        twin = await add_member(conn, farm.product.producer_id, buyers_name)
    for person in (await make_buyer_member(farm), finance, twin):
        with pytest.raises(SecondPersonNeeded):
            await farm.decide(request_id, person)
        async with w.db.transaction() as conn:
            with pytest.raises(asyncpg.PostgresError, match="second person"):
                await conn.execute(
                    "UPDATE refund_requests SET state = 'consented', decided_by = $2, decided_at = $3 WHERE id = $1",
                    request_id, person.account_id, NOW,
                )  # fmt: skip
    assert await farm.get_refunded_fen() == 0
    assert (await farm.decide(request_id, farm.member)).state == "consented"


async def test_a_member_does_not_refund_the_own_purchase_alone(farm: Farm) -> None:
    w = farm.shopping
    buyer = await make_buyer_member(farm)
    line_id = farm.order.suborders[0].lines[0].id
    refund = await refund_line(
        w.db, w.gateway, w.seal, buyer, line_id, key="1", reason=LineRefundReason.AGREED, amount_fen=1_00, now=NOW
    )
    assert refund.request_id is not None
    assert await farm.get_refunded_fen() == 0
    assert (await farm.decide(refund.request_id, farm.member)).state == "consented"


async def test_a_member_who_bought_the_goods_is_not_told_to_consent(farm: Farm) -> None:
    await make_buyer_member(farm)
    async with farm.shopping.db.transaction() as conn:
        await conn.execute(
            "UPDATE producer_members SET valid_during = daterange(lower(valid_during), $2) WHERE account_id = $1",
            farm.member.account_id, NOW.date(),
        )  # fmt: skip
        await make_official(conn, Role.FINANCE, COUNTY, name="样例财政", phone="17010009988")
    await farm.request()
    assert [name for name, _ in await farm.shopping.messages() if name.startswith("refund_waiting")] == [
        "refund_waiting_finance"
    ]


async def test_a_payout_leaves_what_is_held_while_a_claim_is_granted(
    grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = grove.shopping
    await enter_account(grove)
    await grove.receive()
    opened = await grove.claim(100, 100)
    await grove.answer(opened.case_id, agree=False, reason="没烂")
    later = timedelta(days=9)
    placed = await w.place([(grove.order.suborders[0].lines[0].variant_id, 3)], now=NOW + later)
    await w.pay(placed, now=NOW + later)
    parcel = (await w.see(placed)).suborders[0]
    async with w.db.transaction() as conn:
        await ship_suborder(
            conn, w.seal, grove.owner, parcel.id, carrier="邮政", tracking="XA1234567891CN", now=NOW + later
        )
        await confirm_receipt(conn, w.seal, w.buyer, placed.id, now=NOW + later)
    read_balance = pay_out.get_balance

    async def grant_after_the_balances(conn: Connection, code: str) -> int:
        balance = await read_balance(conn, code)
        if code.startswith("freight:"):
            await grove.decide(opened.case_id, bad=100)
        return balance

    monkeypatch.setattr(pay_out, "get_balance", grant_after_the_balances)
    await ask(grove, "1", after=later + timedelta(hours=1))
    async with w.db.connection() as conn:
        held = await sum_kept_back(
            conn, grove.owner.producers[0], PayoutHold(claim_hours=48, return_days=7), now=NOW + later
        )
        assert await read_balance(conn, f"payable:{grove.number}") >= held > 0
