"""Two sales from their order to the bank, to the fen: goods by weight with bad ones, and a stay on other days.

Prices, ceiling and weight are those of O3 and O4 of the golden story.
"""

from datetime import date, datetime, timedelta

from market.cases.casework.moves import get_person_scope
from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.people.identity.models import Actor
from market.sales.aftersales.bad_fruit import NewClaim, open_claim
from market.sales.aftersales.check_in import check_in_guest
from market.sales.aftersales.decide_bad_fruit import answer_claim
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.weigh import WeighedLine, weigh_parcel
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.sales.payouts.account import enter_payout_account
from market.sales.payouts.pay_out import PayoutHold, ask_for_payout
from market.sales.visits.change_booking import answer_change, propose_change
from market.sales.visits.changeable_stay import NewDays
from payments import AccountKind, Method, Payout, poll_payout
from payments.ledger.verification import verify_ledger
from tests.conftest import NOW
from tests.sales.aftersales.grove import make_photo
from tests.sales.orders.invariants import find_violations
from tests.support.make import load_owner, make_product, make_stay
from tests.support.shop import Shopping, make_october_nights

HOLD = PayoutHold(claim_hours=48, return_days=7)
SEASONS = [(date(2019, 10, 1), date(2019, 10, 4), 420_00), (date(2019, 10, 4), date(2019, 10, 8), 360_00)]


async def ask(w: Shopping, seller: Actor, key: str, *, now: datetime) -> Payout:
    """Let a seller ask for everything that is owed."""
    return await ask_for_payout(w.db, w.gateway, seller, seller.producers[0], key=key, hold=HOLD, now=now)


async def decide(w: Shopping, payout: Payout, status: str, reason: str | None = None) -> None:
    """Let the bank pay a payout or return it."""
    payout = await poll_payout(w.db, w.gateway, payout.id)
    assert payout.provider_ref is not None
    await w.sandbox.set_payout(payout.provider_ref, status, reason)
    await poll_payout(w.db, w.gateway, payout.id)


async def enter_account(w: Shopping, seller: Actor) -> None:
    """Let the provider check a seller's account."""
    await enter_payout_account(
        w.db, w.gateway, w.seal, seller, seller.producers[0], kind=AccountKind.BANK, number="6222000000123456",
        now=NOW,
    )  # fmt: skip


async def verify(w: Shopping) -> None:
    """Check every invariant of orders and ledger; those about stock expect the goods of the state machine."""
    async with w.db.connection() as conn:
        assert {name for name in await find_violations(conn) if not name.startswith("14")} == set()
        assert await verify_ledger(conn, prefixes=ORDER_PREFIXES) == []
        assert await verify_orders(conn) == []


async def test_goods_by_weight_are_paid_weighed_sent_claimed_and_paid_out(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        dates = await make_product(conn, price_fen=9_80, unit="斤", net_g=500, gross_g=530, left=200, ceiling_bp=10_500)
        farmer = await load_owner(conn, dates.producer_id)
        photo = await make_photo(conn, w.buyer)
    order = await w.place([(dates.variant_id, 10)])
    assert order.total_fen == 102_90
    await w.pay(order)
    [parcel] = (await w.see(order)).suborders
    [line] = parcel.lines
    [price] = await weigh_parcel(
        w.db, w.gateway, w.seal, farmer, parcel.id, weights=[WeighedLine(line.id, 4_950)], now=NOW
    )
    assert (price.final_fen, price.refund_fen) == (97_02, 5_88)
    async with w.db.transaction() as conn:
        await ship_suborder(conn, w.seal, farmer, parcel.id, carrier="邮政", tracking="XA1234567890CN", now=NOW)
    received = NOW + timedelta(days=3)
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, order.id, now=received)
    number = int(next(code for code in await w.balances() if code.startswith("payable:")).partition(":")[2])
    assert await w.balances() == {"clearing:alipay": -97_02, f"payable:{number}": 95_08, "commission": 1_94}

    claim = NewClaim(line_id=line.id, bad=1, total=5)
    later = received + timedelta(hours=40)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        opened = await open_claim(conn, w.seal, w.buyer, claim, photo_ids=[photo], hours=48, now=later)
    # 97.02 × 1/5 = 19.404; of it 95.08/97.02 from the farmer, 19.0121, and 1.94/97.02 of the commission, 0.3879.
    assert opened.amount_fen == 19_40
    await answer_claim(w.db, w.gateway, w.seal, farmer, opened.case_id, agree=True, reason="", now=later)
    assert await w.balances() == {"clearing:alipay": -77_62, f"payable:{number}": 76_07, "commission": 1_55}

    await enter_account(w, farmer)
    payout = await ask(w, farmer, "1", now=received + timedelta(days=8))
    assert payout.amount_minor == 76_07
    assert await w.balances() == {"clearing:alipay": -77_62, f"transit:{number}": 76_07, "commission": 1_55}
    await decide(w, payout, "paid")
    assert await w.balances() == {"clearing:alipay": -77_62, "clearing:stripe": 76_07, "commission": 1_55}
    await verify(w)


async def test_a_stay_is_paid_in_two_parts_moved_lived_in_and_paid_out_at_the_second_try(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn, seasons=SEASONS)
        host = await load_owner(conn, stay.producer_id)
        await set_stay_deposit(conn, host, stay.listing_id, StayDeposit(share_bp=3_000, days_before=7), now=NOW)
    order = await w.place(nights=[make_october_nights(stay.listing_id)])
    escrow = f"escrow:{order.number}-1"
    assert order.total_fen == 780_00
    await w.pay(order)
    assert await w.balances() == {"clearing:alipay": -234_00, escrow: 234_00}
    await w.pay(order, method=Method.WECHAT, now=NOW + timedelta(days=1))
    assert await w.balances() == {"clearing:alipay": -234_00, "clearing:wechat": -546_00, escrow: 780_00}

    # Eleven days before, half would come back, so the host has to agree. Two nights at 360.00: the balance gives 60.00.
    moved = NOW + timedelta(days=2)
    days = NewDays(arrive_on=date(2019, 10, 4), leave_on=date(2019, 10, 6))
    change = await propose_change(w.db, w.gateway, w.seal, w.buyer, order.id, position=1, days=days, now=moved)
    await answer_change(w.db, w.gateway, w.seal, host, change.id, accept=True, now=moved)
    assert await w.balances() == {"clearing:alipay": -234_00, "clearing:wechat": -486_00, escrow: 720_00}

    arrived = datetime.fromisoformat("2019-10-04T15:00:00+08:00")
    [suborder] = (await w.see(order)).suborders
    code = suborder.bookings[0].code
    assert code is not None
    async with w.db.transaction() as conn:
        await check_in_guest(conn, w.seal, host, code, now=arrived)
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, order.id, now=arrived + timedelta(days=2))
    paid = {"clearing:alipay": -234_00, "clearing:wechat": -486_00, "commission": 21_60}
    number = int(next(code for code in await w.balances() if code.startswith("payable:")).partition(":")[2])
    assert await w.balances() == {**paid, f"payable:{number}": 698_40}

    await enter_account(w, host)
    for key, status, reason, where in (
        ("1", "failed", "account_closed", f"payable:{number}"),
        ("2", "paid", None, "clearing:stripe"),
    ):
        payout = await ask(w, host, key, now=arrived + timedelta(days=12))
        assert (payout.amount_minor, (await w.balances())[f"transit:{number}"]) == (698_40, 698_40)
        await decide(w, payout, status, reason)
        assert await w.balances() == {**paid, where: 698_40}
    await verify(w)
