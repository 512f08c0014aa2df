"""七天无理由退货: what may be returned, who answers, and where the money comes from, to the fen."""

from datetime import timedelta
from uuid import UUID

import pytest

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection
from market.people.identity.models import NotFound, Role
from market.sales.aftersales.bad_fruit import NewClaim, open_claim
from market.sales.aftersales.goods_return import (
    ReturnedLine,
)
from market.sales.aftersales.goods_return_views import (
    get_goods_return,
    list_order_returns,
    list_producer_returns,
    sum_up_waiting_returns,
)
from market.sales.aftersales.models import (
    GoodsClaimed,
    GoodsPerishable,
    GoodsRefunded,
    GoodsReturnedBefore,
    GoodsReturnInvalid,
    GoodsReturnTooEarly,
    GoodsReturnTooLate,
    InvalidTracking,
    NothingLeftToClaim,
    TooManyGoodsReturns,
)
from market.sales.orders.money.refund import RefundAmountTooHigh
from tests.conftest import NOW
from tests.sales.aftersales.goods_return import DAY, HOUR, WHERE, Parcel, parcel
from tests.sales.aftersales.grove import make_photo
from tests.support.make import (
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_product,
)

__all__ = ["parcel"]


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
    assert late.value.text("zh") == "收到已经过了 7 天，不能退货了。回到订单，按“问卖家”商量；谈不成，按“有事要投诉”。"
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


async def test_returns_that_are_withdrawn_again_and_again_end(parcel: Parcel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.sales.aftersales.goods_return.MAX_WITHDRAWN_RETURNS", 2)
    for _ in range(2):
        await parcel.withdraw((await parcel.ask(1)).case_id)
    with pytest.raises(TooManyGoodsReturns):
        await parcel.ask(1)


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


async def test_what_can_be_returned_is_kept_back_until_the_last_day_is_over(parcel: Parcel) -> None:
    await parcel.receive()
    # Received at nine in the morning: midnight after seven more days is fifteen hours later.
    last = 7 * DAY + 15 * HOUR
    assert await parcel.keep_back(last) > 0
    with pytest.raises(GoodsReturnTooLate):
        await parcel.ask(after=last)
    await parcel.ask(after=last - timedelta(seconds=1))


async def test_what_nobody_can_return_any_more_is_paid_out_an_hour_later(parcel: Parcel) -> None:
    await parcel.receive()
    last = 7 * DAY + 15 * HOUR
    assert await parcel.keep_back(last + HOUR - timedelta(seconds=1)) > 0
    assert await parcel.keep_back(last + HOUR) == 0
