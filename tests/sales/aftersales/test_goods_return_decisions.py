"""Returns that someone else decides: the county after a refusal or an objection, silence, and a dispute."""

import asyncio
import json
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from market.cases.casework.models import CaseMove, CaseNotMovable, LockedCase
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.kernel import Connection
from market.people.identity.models import AccountId, NotFound
from market.privacy.close_account import list_obstacles
from market.sales.aftersales.answer_goods_return import erase_return_addresses, notify_late_return
from market.sales.aftersales.case_moves import move_own_case
from market.sales.aftersales.goods_return import send_goods_return
from market.sales.aftersales.goods_return_views import (
    list_assigned_returns,
)
from market.sales.aftersales.models import (
    GoodsReturnedBefore,
    GoodsReturnInvalid,
)
from market.sales.orders.models import PaymentDisputed
from market.sales.orders.money.verification import verify_orders
from payments import RefundExceedsPayment
from payments.errors import InsufficientBalance
from tests.conftest import NOW
from tests.sales.aftersales.goods_return import DAY, HOUR, WHERE, Parcel, parcel
from tests.support.postgres import wait_for_blocked

__all__ = ["parcel"]


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
        assert await list_assigned_returns(conn, w.seal, parcel.finance, now=NOW) == []


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
        patched.setattr(import_module("market.sales.aftersales.answer_goods_return"), "refund_suborder", refuse)
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


async def test_what_is_sent_at_the_moment_in_which_it_would_lapse_is_not_taken_as_arrived(
    parcel: Parcel, owner: Connection
) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    late = 15 * DAY
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        await send_goods_return(
            conn, w.seal, w.buyer, opened.case_id, carrier="邮政", tracking="XB0000000001CN", now=NOW + late
        )
        ending = asyncio.create_task(parcel.end(late))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert (await ending, await parcel.refunded()) == (0, 0)
    assert (await parcel.see(opened.case_id)).stage == "sent"


async def test_the_address_of_a_household_is_erased_when_it_closes_its_account_after_the_return(
    parcel: Parcel, owner: Connection
) -> None:
    w, seller = parcel.shopping, AccountId(parcel.owner.account_id)
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await owner.execute("UPDATE producers SET kind = 'household'")

    async def erase() -> tuple[list[str], str]:
        async with w.db.transaction(scope=get_person_scope(parcel.owner)) as conn:
            obstacles = [each.field for each in await list_obstacles(conn, seller, now=NOW + DAY)]
            await erase_return_addresses(conn, seller)
        return [each for each in obstacles if each == "returns"], (await parcel.see(opened.case_id)).address

    assert await erase() == (["returns"], WHERE)
    await parcel.send(opened.case_id)
    await parcel.arrive(opened.case_id)
    await owner.execute("UPDATE producers SET kind = 'company'")
    assert await erase() == ([], WHERE)
    await owner.execute("UPDATE producers SET kind = 'household'")
    assert await erase() == ([], "")


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


async def test_a_return_after_a_lost_dispute_is_refused_and_goes_to_the_county(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    await parcel.answer(opened.case_id)
    await parcel.send(opened.case_id)
    await parcel.open_dispute(outcome="lost")
    await parcel.receive()
    with pytest.raises(RefundExceedsPayment):
        await parcel.arrive(opened.case_id)
    assert await parcel.end(20 * DAY) == 1
    assert (await parcel.see(opened.case_id)).assignee == "finance"
    assert await parcel.refunded() == 0
    async with w.db.connection() as conn:
        assert await verify_orders(conn) == []


async def test_the_seller_objects_to_a_return_that_was_accepted_at_the_second_look(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    await parcel.answer(opened.case_id, agree=False, text="拆封了")
    await parcel.decide(opened.case_id, grant=False, reason="照片里拆封了")
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        await move_own_case(conn, w.seal, w.buyer, opened.case_id, CaseMove.REOPEN, text="没拆封", now=NOW + 5 * DAY)
    seen = await parcel.decide(opened.case_id, grant=True, address=WHERE, by=parcel.platform)
    assert seen.stage == "accepted"
    await parcel.send(opened.case_id, after=6 * DAY)
    seen = await parcel.arrive(opened.case_id, objection="寄回来的是空箱", after=8 * DAY)
    assert (seen.stage, seen.assignee, seen.seller_reason) == ("contested", "platform", "寄回来的是空箱")
    assert (await parcel.decide(opened.case_id, grant=False, by=parcel.platform)).stage == "refused"
    assert await parcel.refunded() == 0
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        with pytest.raises(CaseNotMovable):
            await move_own_case(conn, w.seal, w.buyer, opened.case_id, CaseMove.REOPEN, text="再看", now=NOW + 9 * DAY)
