"""七天无理由退货: what may be returned, who answers, and where the money comes from, to the fen."""

import json
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from market.aftersales.answer_goods_return import (
    answer_goods_return,
    confirm_goods_arrival,
    decide_goods_return,
    notify_late_return,
)
from market.aftersales.bad_fruit import NewClaim, open_claim
from market.aftersales.end_goods_returns import end_due_returns
from market.aftersales.goods_return import (
    OpenedGoodsReturn,
    ReturnedLine,
    open_goods_return,
    send_goods_return,
    withdraw_goods_return,
)
from market.aftersales.goods_return_views import (
    GoodsReturn,
    get_goods_return,
    list_assigned_returns,
    list_order_returns,
    list_producer_returns,
    sum_up_waiting_returns,
)
from market.aftersales.models import (
    GoodsClaimed,
    GoodsPerishable,
    GoodsRefunded,
    GoodsReturnedBefore,
    GoodsReturnInvalid,
    GoodsReturnTooEarly,
    GoodsReturnTooLate,
    InvalidTracking,
    LineRefundReason,
    NothingLeftToClaim,
)
from market.aftersales.receive import confirm_receipt
from market.aftersales.refund import refund_line
from market.aftersales.ship import ship_suborder
from market.casework.models import CaseAnswererInvolved, CaseNotMovable, LockedCase
from market.casework.moves import escalate_late_cases, get_person_scope
from market.counties.change import change_county_setting
from market.identity.models import Actor, NotFound, Role
from market.kernel import Connection
from market.orders.models import PaymentDisputed
from market.orders.money.refund import RefundAmountTooHigh
from market.orders.queries import OrderView
from payments import list_payments, poll_payment
from payments.errors import InsufficientBalance
from tests.aftersales.test_bad_fruit import make_photo
from tests.conftest import NOW
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WHERE = "样例农户 17010009002 阜平县样例村 1 号"


class Parcel(Struct, frozen=True):
    """A shipped parcel of three bags of millet, 96.00, and two of dates that are perishable, 90.00, at 2%."""

    shopping: Shopping
    order: OrderView
    owner: Actor
    finance: Actor
    platform: Actor

    async def receive(self) -> None:
        w = self.shopping
        async with w.db.transaction() as conn:
            await confirm_receipt(conn, w.seal, w.buyer, self.order.id, now=NOW)

    def line_id(self, line: int = 0) -> UUID:
        return self.order.suborders[0].lines[line].id

    async def ask(
        self, quantity: int = 3, *, line: int = 0, by: Actor | None = None, text: str = "", after: timedelta = HOUR
    ) -> OpenedGoodsReturn:
        return await self.ask_lines(
            ReturnedLine(line_id=self.line_id(line), quantity=quantity), by=by, text=text, after=after
        )

    async def ask_lines(
        self, *lines: ReturnedLine, by: Actor | None = None, text: str = "", after: timedelta = HOUR
    ) -> OpenedGoodsReturn:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            return await open_goods_return(conn, w.seal, buyer, lines, text=text, days=7, now=NOW + after)

    async def answer(
        self,
        case_id: UUID,
        *,
        agree: bool = True,
        text: str = WHERE,
        by: Actor | None = None,
        after: timedelta = 2 * HOUR,
    ) -> GoodsReturn:
        w = self.shopping
        return await answer_goods_return(
            w.db, w.seal, by or self.owner, case_id, agree=agree, text=text, now=NOW + after
        )

    async def send(
        self, case_id: UUID, *, tracking: str = "XB0000000001CN", by: Actor | None = None, after: timedelta = DAY
    ) -> None:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            await send_goods_return(conn, w.seal, buyer, case_id, carrier="邮政", tracking=tracking, now=NOW + after)

    async def withdraw(self, case_id: UUID, *, by: Actor | None = None) -> None:
        w = self.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            await withdraw_goods_return(conn, w.seal, buyer, case_id, now=NOW + 3 * HOUR)

    async def arrive(
        self, case_id: UUID, *, objection: str = "", by: Actor | None = None, after: timedelta = 3 * DAY
    ) -> GoodsReturn:
        w = self.shopping
        return await confirm_goods_arrival(
            w.db, w.gateway, w.seal, by or self.owner, case_id, objection=objection, now=NOW + after
        )

    async def decide(
        self, case_id: UUID, *, grant: bool, reason: str = "问过两家", address: str = "", by: Actor | None = None
    ) -> GoodsReturn:
        w = self.shopping
        return await decide_goods_return(
            w.db, w.gateway, w.seal, by or self.finance, case_id, grant=grant, reason=reason, address=address,
            now=NOW + 4 * DAY,
        )  # fmt: skip

    async def end(self, after: timedelta) -> int:
        w = self.shopping
        return await end_due_returns(w.db, w.gateway, w.seal, days=10, now=NOW + after)

    async def see(self, case_id: UUID) -> GoodsReturn:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            found = await get_goods_return(conn, w.seal, case_id)
        assert found is not None
        return found

    async def list_told(self) -> list[str]:
        """Return the templates about returns, in order."""
        return [name for name, _ in await self.shopping.messages() if name.startswith("goods_return_")]

    async def refund(self, amount_fen: int, *, line: int = 0) -> None:
        w = self.shopping
        await refund_line(
            w.db, w.gateway, w.seal, self.owner, self.line_id(line), key=str(amount_fen),
            reason=LineRefundReason.AGREED, amount_fen=amount_fen, now=NOW,
        )  # fmt: skip

    async def refunded(self) -> int:
        return (await self.shopping.see_id(self.order.id)).refunded_fen

    async def set_limit(self, fen: int) -> None:
        async with self.shopping.db.transaction() as conn:
            county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
            await change_county_setting(
                conn, county, "130624", "refund_limit_fen", fen, starts_on=NOW.date(), basis="样例", now=NOW
            )

    async def open_dispute(self) -> None:
        w = self.shopping
        async with w.db.connection() as conn:
            [payment] = await list_payments(conn, str(self.order.number))
        assert payment.provider_ref is not None
        await w.sandbox.open_dispute(payment.provider_ref)
        await poll_payment(w.db, w.gateway, payment.id, at=NOW)


@pytest.fixture
async def parcel(shopping: Shopping) -> Parcel:
    async with shopping.db.transaction() as conn:
        millet = await make_product(conn, title="小米", category="coarse_grain", price_fen=32_00, gross_g=100)
        dates = await make_product(conn, millet.producer_id, title="大枣", gross_g=100)
        await conn.execute("UPDATE listings SET perishable = id <> $1", millet.listing_id)
        await make_freight_template(conn, millet.producer_id)
        owner = await load_owner(conn, millet.producer_id)
        finance = await load_actor(conn, await make_official(conn, Role.FINANCE, "130624"))
        platform = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))
    placed = await shopping.place([(millet.variant_id, 3), (dates.variant_id, 2)])
    await shopping.pay(placed)
    order = await shopping.see(placed)
    async with shopping.db.transaction() as conn:
        # The seller corrects the listing after the sale: what was bought keeps what it was.
        await conn.execute("UPDATE listings SET perishable = id = $1", millet.listing_id)
        await ship_suborder(
            conn, shopping.seal, owner, order.suborders[0].id, carrier="邮政", tracking="XA1234567890CN", now=NOW
        )
    return Parcel(shopping, order, owner, finance, platform)


async def test_a_return_is_asked_accepted_sent_received_and_refunded_after_release(parcel: Parcel) -> None:
    await parcel.receive()
    opened = await parcel.ask(2, text=" 颜色不对 ")
    assert (opened.amount_fen, opened.due_at) == (64_00, NOW + 49 * HOUR)
    seen = await parcel.see(opened.case_id)
    assert (seen.stage, seen.assignee, seen.text, seen.address) == ("asked", "seller", "颜色不对", "")
    assert (await parcel.answer(opened.case_id)).stage == "accepted"
    assert (await parcel.see(opened.case_id)).address == WHERE
    await parcel.send(opened.case_id)
    seen = await parcel.see(opened.case_id)
    assert (seen.stage, seen.carrier, seen.tracking) == ("sent", "邮政", "XB0000000001CN")
    before = await parcel.shopping.balances()
    assert await parcel.refunded() == 0
    assert (await parcel.arrive(opened.case_id)).stage == "refunded"
    after = await parcel.shopping.balances()
    assert await parcel.refunded() == 64_00
    moved = {code.partition(":")[0]: after.get(code, 0) - before.get(code, 0) for code in before | after}
    assert {code: fen for code, fen in moved.items() if fen} == {
        "payable": -62_72, "commission": -1_28, "clearing": 64_00,
    }  # fmt: skip
    assert await parcel.shopping.lots() == [(47, 0, 3), (48, 0, 2)]
    assert await parcel.list_told() == [
        "goods_return_opened_seller", "goods_return_accepted", "goods_return_sent_seller", "goods_return_refunded",
        "goods_return_refunded_seller",
    ]  # fmt: skip
    with pytest.raises(CaseNotMovable):
        await parcel.arrive(opened.case_id)


async def test_before_receipt_the_refund_comes_from_escrow(parcel: Parcel) -> None:
    opened = await parcel.ask(3)
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id)
    before = await parcel.shopping.balances()
    await parcel.arrive(opened.case_id)
    after = await parcel.shopping.balances()
    moved = {code.partition(":")[0]: after.get(code, 0) - before.get(code, 0) for code in before | after}
    assert {code: fen for code, fen in moved.items() if fen} == {"escrow": -96_00, "clearing": 96_00}


async def test_the_period_ends_with_the_seventh_day_after_receipt(parcel: Parcel) -> None:
    await parcel.receive()
    for after in (8 * DAY, 9 * DAY):
        with pytest.raises(GoodsReturnTooLate) as late:
            await parcel.ask(after=after)
    assert late.value.text("zh") == "收到已经过了 7 天，不能退货了。请打电话跟卖家商量。"
    assert (await parcel.ask(after=7 * DAY)).amount_fen == 96_00


async def test_what_was_not_shipped_is_cancelled_and_not_returned(parcel: Parcel, owner: Connection) -> None:
    await owner.execute("UPDATE suborders SET state = 'paid', shipped_at = NULL, carrier = NULL, tracking = NULL")
    with pytest.raises(GoodsReturnTooEarly):
        await parcel.ask()


async def test_perishable_goods_and_more_than_was_bought_are_refused(parcel: Parcel) -> None:
    with pytest.raises(GoodsPerishable) as refused:
        await parcel.ask(1, line=1)
    assert "“大枣”是鲜货" in refused.value.text("zh")
    for quantity in (0, 4):
        with pytest.raises(GoodsReturnInvalid) as invalid:
            await parcel.ask(quantity)
        assert [each.field for each in invalid.value.errors] == ["lines"]
    with pytest.raises(GoodsReturnInvalid) as invalid:
        await parcel.ask(text="退" * 301)
    assert [each.field for each in invalid.value.errors] == ["text"]
    with pytest.raises(GoodsReturnInvalid):
        await parcel.ask_lines()
    line = ReturnedLine(line_id=parcel.line_id(), quantity=1)
    with pytest.raises(GoodsReturnInvalid):
        await parcel.ask_lines(line, line)
    with pytest.raises(NotFound):
        await parcel.ask_lines(line, ReturnedLine(line_id=UUID(int=1), quantity=1))
    assert await parcel.list_told() == []


async def test_lines_of_two_parcels_are_not_one_return(parcel: Parcel) -> None:
    w = parcel.shopping
    async with w.db.transaction() as conn:
        other = await make_product(conn, title="白面", category="coarse_grain", gross_g=100)
    placed = await w.place([(other.variant_id, 1)])
    line_id = (await w.see(placed)).suborders[0].lines[0].id
    with pytest.raises(GoodsReturnInvalid) as invalid:
        await parcel.ask_lines(
            ReturnedLine(line_id=parcel.line_id(), quantity=1), ReturnedLine(line_id=line_id, quantity=1)
        )
    assert [each.message for each in invalid.value.errors] == ["一次退一家的"]


async def test_a_line_is_returned_once_unless_withdrawn(parcel: Parcel) -> None:
    first = await parcel.ask(1)
    with pytest.raises(GoodsReturnedBefore):
        await parcel.ask(1)
    await parcel.withdraw(first.case_id)
    assert (await parcel.see(first.case_id)).stage == "withdrawn"
    second = await parcel.ask(1)
    await parcel.answer(second.case_id)
    await parcel.withdraw(second.case_id)
    third = await parcel.ask(1)
    await parcel.answer(third.case_id)
    await parcel.send(third.case_id)
    with pytest.raises(CaseNotMovable):
        await parcel.withdraw(third.case_id)
    await parcel.arrive(third.case_id)
    with pytest.raises(GoodsReturnedBefore):
        await parcel.ask(1)


async def test_what_was_refunded_or_claimed_is_not_returned_and_the_other_way_round(parcel: Parcel) -> None:
    w = parcel.shopping
    await parcel.refund(32_01)
    with pytest.raises(GoodsRefunded):
        await parcel.ask(2)
    opened = await parcel.ask(1)
    # 96.00 less 32.01 refunded and 32.00 in return.
    with pytest.raises(RefundAmountTooHigh) as refused:
        await parcel.refund(32_00)
    assert refused.value.facts == {"left_fen": 31_99}
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        claim = NewClaim(line_id=parcel.line_id(), bad=1, total=2)
        photos = [await make_photo(conn, w.buyer)]
        with pytest.raises(NothingLeftToClaim):
            await open_claim(conn, w.seal, w.buyer, claim, photo_ids=photos, hours=48, now=NOW)
    await parcel.withdraw(opened.case_id)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        photos = [await make_photo(conn, w.buyer)]
        claim = NewClaim(line_id=parcel.line_id(), bad=1, total=9)
        await open_claim(conn, w.seal, w.buyer, claim, photo_ids=photos, hours=48, now=NOW)
    with pytest.raises(GoodsClaimed):
        await parcel.ask(1)


async def test_a_refused_return_is_decided_by_the_county(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    with pytest.raises(GoodsReturnInvalid) as missing:
        await parcel.answer(opened.case_id, text=" ")
    assert [each.field for each in missing.value.errors] == ["address"]
    with pytest.raises(GoodsReturnInvalid) as long:
        await parcel.answer(opened.case_id, text="址" * 121)
    assert [each.message for each in long.value.errors] == ["最多 120 字"]
    with pytest.raises(GoodsReturnInvalid):
        await parcel.answer(opened.case_id, agree=False, text="")
    seen = await parcel.answer(opened.case_id, agree=False, text="拆封了")
    assert (seen.stage, seen.assignee, seen.seller_reason) == ("asked", "finance", "拆封了")
    with pytest.raises(CaseNotMovable):
        await parcel.answer(opened.case_id)
    with pytest.raises(NotFound):
        await parcel.decide(opened.case_id, grant=True, address=WHERE, by=parcel.platform)
    for reason, address, field in (("", WHERE, "reason"), ("没拆封", "", "address")):
        with pytest.raises(GoodsReturnInvalid) as invalid:
            await parcel.decide(opened.case_id, grant=True, reason=reason, address=address)
        assert [each.field for each in invalid.value.errors] == [field]
    seen = await parcel.decide(opened.case_id, grant=True, reason="没拆封", address=WHERE)
    assert (seen.stage, seen.address, seen.decision) == ("accepted", WHERE, "没拆封")
    with pytest.raises(CaseNotMovable):
        await parcel.decide(opened.case_id, grant=False)
    await parcel.set_limit(1)
    await parcel.send(opened.case_id)
    assert (await parcel.arrive(opened.case_id)).stage == "refunded"
    assert await parcel.refunded() == 96_00
    async with w.db.transaction(scope=get_person_scope(parcel.finance)) as conn:
        assert await list_assigned_returns(conn, w.seal, parcel.finance) == []


async def test_the_county_refuses_and_the_line_stays_answered(parcel: Parcel) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id, agree=False, text="拆封了")
    seen = await parcel.decide(opened.case_id, grant=False, reason="照片里拆封了")
    assert (seen.stage, seen.outcome, seen.decision) == ("refused", "unsolved", "照片里拆封了")
    with pytest.raises(GoodsReturnedBefore):
        await parcel.ask()
    await parcel.refund(96_00)
    assert await parcel.refunded() == 96_00
    assert (await parcel.list_told())[-2:] == ["goods_return_rejected", "goods_return_rejected_seller"]


async def test_an_objection_at_the_arrival_is_decided_by_the_county(parcel: Parcel) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    with pytest.raises(CaseNotMovable):
        await parcel.arrive(opened.case_id)
    await parcel.send(opened.case_id)
    with pytest.raises(GoodsReturnInvalid):
        await parcel.arrive(opened.case_id, objection="少" * 301)
    seen = await parcel.arrive(opened.case_id, objection="少了一袋")
    assert (seen.stage, seen.assignee, seen.seller_reason) == ("contested", "finance", "少了一袋")
    assert await parcel.refunded() == 0
    with pytest.raises(CaseNotMovable):
        await parcel.arrive(opened.case_id)
    assert (await parcel.decide(opened.case_id, grant=True)).stage == "refunded"
    assert await parcel.refunded() == 96_00


async def test_a_refund_above_what_one_person_gives_alone_goes_to_the_county(parcel: Parcel) -> None:
    await parcel.set_limit(95_99)
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id)
    seen = await parcel.arrive(opened.case_id)
    assert (seen.stage, seen.assignee) == ("contested", "finance")
    assert "数目超过" in seen.seller_reason
    assert await parcel.refunded() == 0
    assert (await parcel.decide(opened.case_id, grant=True)).stage == "refunded"


@pytest.mark.parametrize("limit", [96_00, 95_99])
async def test_silence_about_the_arrival_refunds_up_to_the_limit(parcel: Parcel, limit: int) -> None:
    await parcel.set_limit(limit)
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id, after=DAY)
    await parcel.send(opened.case_id, tracking="XB0000000002CN", after=2 * DAY)
    assert await parcel.end(11 * DAY - HOUR) == 0
    assert await parcel.end(11 * DAY) == 1
    seen = await parcel.see(opened.case_id)
    assert seen.tracking == "XB0000000002CN"
    assert (seen.stage, await parcel.refunded()) == (("refunded", 96_00) if limit == 96_00 else ("contested", 0))
    assert await parcel.end(12 * DAY) == 0


async def test_a_refund_that_cannot_be_paid_goes_to_the_county(parcel: Parcel, monkeypatch: pytest.MonkeyPatch) -> None:
    await parcel.receive()
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id)

    async def refuse(*_: Any, **__: Any) -> None:
        raise InsufficientBalance

    with monkeypatch.context() as patched:
        patched.setattr(import_module("market.aftersales.answer_goods_return"), "refund_suborder", refuse)
        with pytest.raises(InsufficientBalance):
            await parcel.arrive(opened.case_id)
        assert (await parcel.see(opened.case_id)).stage == "sent"
        assert await parcel.end(11 * DAY) == 1
    seen = await parcel.see(opened.case_id)
    assert (seen.stage, seen.assignee) == ("contested", "finance")
    assert "退不出来" in seen.seller_reason
    assert await parcel.refunded() == 0


async def test_a_dispute_stops_the_refund_until_it_ends(parcel: Parcel) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id)
    await parcel.open_dispute()
    with pytest.raises(PaymentDisputed):
        await parcel.arrive(opened.case_id)
    assert await parcel.end(11 * DAY) == 0
    assert (await parcel.see(opened.case_id)).stage == "sent"


async def test_what_is_never_sent_lapses(parcel: Parcel) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id, after=2 * HOUR)
    assert await parcel.end(14 * DAY) == 0
    assert await parcel.end(14 * DAY + 2 * HOUR) == 1
    assert (await parcel.see(opened.case_id)).stage == "withdrawn"
    with pytest.raises(CaseNotMovable):
        await parcel.send(opened.case_id)
    [(_, facts)] = [each for each in await parcel.shopping.messages() if each[0] == "goods_return_lapsed"]
    assert json.loads(facts)["days"] == "14"


async def test_a_return_without_an_answer_goes_up_level_by_level(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask(after=timedelta())

    async def escalate(after: timedelta) -> int:
        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_return(conn, w.seal, case, now=NOW + after)

        return await escalate_late_cases(w.db, w.seal, tell, now=NOW + after)

    assert await escalate(47 * HOUR) == 0
    assert await escalate(48 * HOUR) == 1
    assert (await parcel.see(opened.case_id)).assignee == "finance"
    with pytest.raises(CaseNotMovable):
        await parcel.answer(opened.case_id)
    assert await escalate(12 * DAY) == 1
    assert (await parcel.see(opened.case_id)).assignee == "platform"
    assert [each for each in await parcel.list_told() if "late" in each] == [
        "goods_return_late", "goods_return_late_seller",
    ] * 2  # fmt: skip
    seen = await parcel.decide(opened.case_id, grant=False, by=parcel.platform)
    assert seen.stage == "refused"


async def test_the_number_of_a_parcel_is_checked(parcel: Parcel) -> None:
    opened = await parcel.ask()
    with pytest.raises(CaseNotMovable):
        await parcel.send(opened.case_id)
    await parcel.answer(opened.case_id)
    with pytest.raises(InvalidTracking) as refused:
        await parcel.send(opened.case_id, tracking="?")
    assert [each.message for each in refused.value.errors] == ["快递单号是 4 到 40 位字母和数字"]


async def test_only_buyer_seller_and_deciding_officials_see_a_return(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    async with w.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        elsewhere = await load_actor(conn, await make_official(conn, Role.FINANCE, "130725"))
        other = await make_product(conn)
        other_seller = await load_owner(conn, other.producer_id)
    for actor in (w.buyer, parcel.owner, parcel.finance, parcel.platform):
        async with w.db.transaction(scope=get_person_scope(actor)) as conn:
            assert await get_goods_return(conn, w.seal, opened.case_id) is not None
    for actor in (stranger, elsewhere, other_seller):
        async with w.db.transaction(scope=get_person_scope(actor)) as conn:
            assert await get_goods_return(conn, w.seal, opened.case_id) is None
            assert await list_order_returns(conn, w.seal, actor, parcel.order.id) == []
            assert await list_producer_returns(conn, w.seal, actor.producers) == []
            assert (await sum_up_waiting_returns(conn, actor)).count == 0
        for attempt in (
            parcel.answer(opened.case_id, by=actor),
            parcel.arrive(opened.case_id, by=actor),
            parcel.decide(opened.case_id, grant=True, by=actor),
            parcel.send(opened.case_id, by=actor),
            parcel.withdraw(opened.case_id, by=actor),
            parcel.ask(by=actor),
        ):
            with pytest.raises(NotFound):
                await attempt
    # Who sees it does not have everybody's part.
    for actor in (w.buyer, parcel.finance):
        for attempt in (parcel.answer(opened.case_id, by=actor), parcel.arrive(opened.case_id, by=actor)):
            with pytest.raises(NotFound):
                await attempt
    for attempt in (parcel.send(opened.case_id, by=parcel.owner), parcel.withdraw(opened.case_id, by=parcel.owner)):
        with pytest.raises(NotFound):
            await attempt
    async with w.db.transaction(scope=get_person_scope(parcel.owner)) as conn:
        assert (await sum_up_waiting_returns(conn, parcel.owner)).count == 1
        assert [each.case_id for each in await list_producer_returns(conn, w.seal, parcel.owner.producers)] == [
            opened.case_id
        ]


async def test_an_official_who_bought_it_does_not_decide(parcel: Parcel, owner: Connection) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id, agree=False, text="没有")
    await owner.execute(
        "UPDATE accounts SET name = (SELECT name FROM accounts WHERE id = $1) WHERE id = $2",
        parcel.shopping.buyer.account_id, parcel.finance.account_id,
    )  # fmt: skip
    for grant in (True, False):
        with pytest.raises(CaseAnswererInvolved):
            await parcel.decide(opened.case_id, grant=grant, address=WHERE)
