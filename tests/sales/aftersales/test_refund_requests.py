"""Refunds above the limit: a second person decides, and until then the request reserves its sum of the line."""

import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from market.kernel import Connection
from market.people.identity.models import Actor, NotFound, Role
from market.places.counties.change import change_county_setting
from market.sales.aftersales import late_refund_requests
from market.sales.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.sales.aftersales.late_refund_requests import end_late_refund_requests
from market.sales.aftersales.models import (
    LineRefundReason,
    RefundRequestEnded,
    SecondPersonNeeded,
    TooManyRefundRequests,
)
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.refund import LineRefund, refund_line
from market.sales.orders.cancel import cancel_order
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PaymentDisputed
from market.sales.orders.money.refund import RefundAmountTooHigh
from market.sales.orders.money.refund_requests import RequestedRefund
from market.sales.orders.queries import OrderView
from payments import list_payments, poll_payment, verify_ledger
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove
from tests.support.make import (
    ProductIds,
    add_member,
    load_actor,
    load_owner,
    make_account,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

COUNTY = "130624"


class Farm(Struct, frozen=True):
    """A seller with two people, and one paid order of two lines of 1,000 yuan; the limit is the default, 500 yuan."""

    shopping: Shopping
    product: ProductIds
    order: OrderView
    owner: Actor
    member: Actor

    async def refund(
        self, amount_fen: int, *, key: str = "1", by: Actor | None = None, line: int = 0,
        order: OrderView | None = None, after: timedelta = timedelta(),
    ) -> LineRefund:  # fmt: skip
        """Refund an amount of a line, by the owner unless given."""
        w = self.shopping
        line_id = (order or self.order).suborders[0].lines[line].id
        return await refund_line(
            w.db, w.gateway, w.seal, by or self.owner, line_id, key=key, reason=LineRefundReason.AGREED,
            amount_fen=amount_fen, now=NOW + after,
        )  # fmt: skip

    async def request(self, amount_fen: int = 600_00, *, key: str = "1") -> UUID:
        """Request a refund that waits for a second person."""
        refund = await self.refund(amount_fen, key=key)
        assert refund.request_id is not None
        return refund.request_id

    async def decide(self, request_id: UUID, by: Actor, *, consent: bool = True) -> RequestedRefund:
        """Decide on a request."""
        w = self.shopping
        return await decide_refund_request(w.db, w.gateway, by, request_id, consent=consent, note="问过了", now=NOW)

    async def get_refunded_fen(self) -> int:
        """Return what the order has been refunded."""
        return (await self.shopping.see_id(self.order.id)).refunded_fen

    async def get_state(self) -> tuple[str, str | None]:
        """Return the state of the only request, and why it lapsed."""
        async with self.shopping.db.connection() as conn:
            (request,) = await list_refund_requests(conn, self.owner, self.product.producer_id)
        return request.state, request.lapse_reason


async def make_finance(conn: Connection, *, scope: str = COUNTY, name: str | None = None) -> Actor:
    """Create an official of finance."""
    return await load_actor(conn, await make_official(conn, Role.FINANCE, scope, name=name))


async def sell(shopping: Shopping, product: ProductIds, other: ProductIds) -> OrderView:
    """Sell one of each product."""
    order = await shopping.place([(product.variant_id, 1), (other.variant_id, 1)])
    await shopping.pay(order)
    return await shopping.see(order)


@pytest.fixture
async def farm(shopping: Shopping) -> Farm:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=1_000_00, gross_g=300)
        other = await make_product(conn, product.producer_id, price_fen=1_000_00, gross_g=300)
        await make_freight_template(conn, product.producer_id, first_fen=0)
        owner = await load_owner(conn, product.producer_id)
        member = await add_member(conn, product.producer_id, "样例合伙人")
    return Farm(shopping, product, await sell(shopping, product, other), owner, member)


async def test_a_refund_above_the_limit_waits_and_a_second_person_releases_it_once(farm: Farm) -> None:
    w = farm.shopping
    before = await w.balances()
    refund = await farm.refund(500_01)
    assert (refund.amount_fen, refund.left_fen, refund.request_state) == (500_01, 499_99, "waiting")
    assert await farm.refund(500_01) == refund
    assert (await w.balances(), await farm.get_refunded_fen()) == (before, 0)
    assert (await w.see_id(farm.order.id)).refund_requested_fen == 500_01
    assert refund.request_id is not None
    for _ in range(2):
        assert (await farm.decide(refund.request_id, farm.member)).state == "consented"
    assert await farm.get_refunded_fen() == 500_01
    assert (await w.balances())["clearing:alipay"] == before["clearing:alipay"] + 500_01
    assert (await w.see_id(farm.order.id)).refund_requested_fen == 0
    again = await farm.refund(500_01)
    assert (again.request_state, again.left_fen) == ("consented", 499_99)
    async with w.db.transaction() as conn:
        rows = await conn.fetch(
            "SELECT actor, action FROM audit_entries WHERE action LIKE 'refund.%' ORDER BY at, action"
        )
        assert await verify_ledger(conn) == []
        by = await conn.fetchval("SELECT requested_by FROM line_refunds")
    assert {(row["actor"], row["action"]) for row in rows} == {
        (str(farm.owner.account_id), "refund.request"), (str(farm.member.account_id), "refund.consent"),
    }  # fmt: skip
    assert by == farm.owner.account_id


async def test_a_refund_at_the_limit_is_executed_at_once(farm: Farm) -> None:
    refund = await farm.refund(500_00)
    assert (refund.request_id, await farm.get_refunded_fen()) == (None, 500_00)


async def test_nobody_consents_to_their_own_request_with_another_account(farm: Farm, owner: Connection) -> None:
    request_id = await farm.request()
    async with farm.shopping.db.transaction() as conn:
        same_person = await add_member(conn, farm.product.producer_id, "村会计 样例农户（二）")
        as_finance = await make_finance(conn, name="样例农户")
        stranger = await load_actor(conn, await make_account(conn, name="样例路人"))
        elsewhere = await make_finance(conn, scope="130725")
    for actor in (farm.owner, same_person, as_finance):
        with pytest.raises(SecondPersonNeeded):
            await farm.decide(request_id, actor)
    for actor in (stranger, elsewhere, farm.shopping.buyer):
        with pytest.raises(NotFound):
            await farm.decide(request_id, actor)
    assert (await farm.get_state(), await farm.get_refunded_fen()) == (("waiting", None), 0)
    with pytest.raises(asyncpg.PostgresError, match="needs a second person"):
        await owner.execute(
            "UPDATE refund_requests SET state = 'consented', decided_by = $1, decided_at = now()",
            same_person.account_id,
        )


async def test_the_countys_finance_decides_and_is_told_if_nobody_else_can(farm: Farm, owner: Connection) -> None:
    await owner.execute("DELETE FROM producer_members WHERE account_id = $1", farm.member.account_id)
    async with farm.shopping.db.transaction() as conn:
        finance = await make_finance(conn)
        await make_finance(conn, scope="130725")
    request_id = await farm.request()
    told = [each for each in await farm.shopping.messages() if each[0].startswith("refund_waiting")]
    assert [(name, json.loads(facts)["amount"]) for name, facts in told] == [("refund_waiting_finance", "600.00")]
    assert (await farm.decide(request_id, finance)).state == "consented"
    assert await farm.get_refunded_fen() == 600_00


async def test_another_member_is_told(farm: Farm) -> None:
    async with farm.shopping.db.transaction() as conn:
        await add_member(conn, farm.product.producer_id, "样例农户")
        await make_finance(conn)
    await farm.request()
    told = [name for name, _ in await farm.shopping.messages() if name.startswith("refund_waiting")]
    assert told == ["refund_waiting_seller"]


async def test_slices_of_an_order_and_of_a_day_count_together(farm: Farm) -> None:
    w = farm.shopping
    assert (await farm.refund(300_00)).request_id is None
    assert (await farm.refund(200_01, key="2", line=1)).request_state == "waiting"
    # Another member's slice of the same order, and the same member's of another order.
    assert (await farm.refund(200_01, key="3", line=1, by=farm.member)).request_state == "waiting"
    async with w.db.connection() as conn:
        variants = await conn.fetch("SELECT id FROM variants ORDER BY id")
    placed = await w.place([(row["id"], 1) for row in variants])
    await w.pay(placed)
    second = await w.see(placed)
    assert (await farm.refund(200_01, key="4", order=second)).request_state == "waiting"
    assert (await farm.refund(200_01, key="5", order=second, by=farm.member)).request_id is None
    # The same person, a day later, and by another account.
    async with w.db.transaction() as conn:
        same_person = await add_member(conn, farm.product.producer_id, "样例农户")
    assert (await farm.refund(200_01, key="6", order=second, by=same_person)).request_state == "waiting"
    assert (await farm.refund(250_00, key="7", line=1, order=second, after=timedelta(days=1))).request_id is None


async def test_what_somebody_consented_to_does_not_count(farm: Farm) -> None:
    await farm.decide(await farm.request(700_00), farm.member)
    assert (await farm.refund(300_00, key="2")).request_id is None
    assert await farm.get_refunded_fen() == 1_000_00


async def test_the_limit_is_the_countys_from_its_day(farm: Farm) -> None:
    async with farm.shopping.db.transaction() as conn:
        decider = await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY))
        await change_county_setting(
            conn, decider, COUNTY, "refund_limit_fen", 0, starts_on=(NOW + timedelta(days=1)).date(), basis="县里的会",
            now=NOW,
        )  # fmt: skip
    assert (await farm.refund(1)).request_id is None
    assert (await farm.refund(1, key="2", after=timedelta(days=2))).request_state == "waiting"


async def test_a_request_reserves_its_sum_until_it_is_refused(farm: Farm) -> None:
    request_id = await farm.request(600_00)
    with pytest.raises(RefundAmountTooHigh) as refused:
        await farm.refund(400_01, key="2")
    assert refused.value.facts == {"left_fen": 400_00}
    assert (await farm.decide(request_id, farm.member, consent=False)).state == "refused"
    with pytest.raises(RefundRequestEnded):
        await farm.decide(request_id, farm.member)
    assert (await farm.refund(400_01, key="2")).left_fen == 599_99
    assert await farm.get_refunded_fen() == 400_01


async def test_who_requested_it_may_withdraw_it(farm: Farm) -> None:
    assert (await farm.decide(await farm.request(), farm.owner, consent=False)).state == "refused"
    assert await farm.get_refunded_fen() == 0


async def test_a_cancelled_order_ends_the_request(farm: Farm) -> None:
    w = farm.shopping
    request_id = await farm.request()
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, farm.order.id, now=NOW)
    assert (await farm.get_state(), await farm.get_refunded_fen()) == (("lapsed", "cancelled"), 2_000_00)
    with pytest.raises(RefundRequestEnded):
        await farm.decide(request_id, farm.member)
    assert await farm.get_refunded_fen() == 2_000_00


@pytest.mark.parametrize("heard", [True, False])
async def test_a_disputed_order_ends_the_request(farm: Farm, *, heard: bool) -> None:
    w = farm.shopping
    request_id = await farm.request()
    async with w.db.connection() as conn:
        (payment,) = await list_payments(conn, str(farm.order.number))
    await w.sandbox.open_dispute(payment.provider_ref or "")
    await poll_payment(w.db, w.gateway, payment.id, at=NOW)
    if heard:
        await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    else:
        assert (await farm.decide(request_id, farm.member)).lapse_reason == "disputed"
    assert (await farm.get_state(), await farm.get_refunded_fen()) == (("lapsed", "disputed"), 0)
    with pytest.raises(PaymentDisputed):
        await farm.refund(600_00, key="2")


async def test_a_request_ends_if_its_money_went_back_otherwise(farm: Farm, owner: Connection) -> None:
    request_id = await farm.request()
    await owner.execute("UPDATE order_lines SET refunded_fen = 500_00")
    assert (await farm.decide(request_id, farm.member)).lapse_reason == "refunded"
    assert await farm.get_state() == ("lapsed", "refunded")


async def test_consent_after_receipt_takes_what_the_producer_is_owed(farm: Farm) -> None:
    w = farm.shopping
    request_id = await farm.request()
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, farm.order.id, positions=[1], now=NOW)
    before = await w.balances()
    await farm.decide(request_id, farm.member)
    after = await w.balances()
    changes = {code.partition(":")[0]: after.get(code, 0) - minor for code, minor in before.items()}
    assert changes == {"clearing": 600_00, "payable": -588_00, "commission": -12_00}


async def test_requests_that_are_withdrawn_again_and_again_end(farm: Farm) -> None:
    for number in range(10):
        await farm.decide(await farm.request(key=str(number)), farm.owner, consent=False)
    with pytest.raises(TooManyRefundRequests):
        await farm.request(key="one more")
    async with farm.shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM messages WHERE template = 'refund_waiting_seller'") == 10


async def test_a_request_that_nobody_decides_goes_to_finance_and_lapses(farm: Farm) -> None:
    w = farm.shopping
    async with w.db.transaction() as conn:
        await make_finance(conn)
    await farm.request()

    async def end(**after: int) -> int:
        return await end_late_refund_requests(w.db, w.seal, now=NOW + timedelta(**after))

    async def count_told() -> int:
        return [template for template, _ in await w.messages()].count("refund_waiting_finance")

    assert [await end(days=3, seconds=-1), await count_told()] == [0, 0]
    assert [await end(days=3), await end(days=4), await count_told()] == [1, 0, 1]
    assert await farm.get_state() == ("waiting", None)
    assert [await end(days=7, seconds=-1), await end(days=7), await end(days=8)] == [0, 1, 0]
    assert await farm.get_state() == ("lapsed", "expired")
    told = [template for template, _ in await w.messages()]
    assert [told.count(name) for name in ("refund_lapsed", "refund_lapsed_seller")] == [1, 1]
    assert (await farm.refund(400_00, key="2")).left_fen == 600_00


async def test_a_claim_does_not_wait_for_a_request_and_comes_before_it(farm: Farm) -> None:
    w = farm.shopping
    await farm.request()
    grove = Grove(w, farm.order, farm.owner, farm.owner, farm.owner, 0)
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, farm.order.id, positions=[1], now=NOW)
    # 1,000.00 less the 600.00 that nobody consented to would leave 400.00.
    claim = await grove.claim(45, 100)
    assert (await grove.answer(claim.case_id, agree=True)).granted_fen == 450_00
    assert await farm.get_state() == ("lapsed", "refunded")
    assert await farm.get_refunded_fen() == 450_00


async def test_every_late_request_is_told_of_although_there_are_more_than_a_batch(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_refund_requests, "MAX_LATE", 1)
    w = farm.shopping
    await farm.request(key="1")
    await farm.refund(600_00, key="2", line=1)
    assert await end_late_refund_requests(w.db, w.seal, now=NOW + timedelta(days=3)) == 2
