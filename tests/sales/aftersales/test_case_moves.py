"""What is done with a claim or a return besides answering it: questions, more time, another look, the next level."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from market.cases.casework.history import get_case, list_case_events
from market.cases.casework.models import CaseMove, CaseNotMovable, LockedCase
from market.cases.casework.moves import get_person_scope, tell_overdue_cases
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound, Role
from market.privacy.personal_data import export_personal_data
from market.sales.aftersales.case_moves import (
    list_answerer_moves,
    list_buyer_moves,
    move_assigned_case,
    move_own_case,
    notify_overdue_case,
)
from market.sales.aftersales.models import CaseTextInvalid, GoodsRefunded
from market.sales.aftersales.old_claim_photos import CLAIM_PHOTO_LIFETIME, delete_old_claim_photos
from market.sales.orders.money.refund import RefundAmountTooHigh
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove, grove
from tests.sales.aftersales.test_asked_back import ask as ask_for_money
from tests.sales.aftersales.test_asked_back import enter_account
from tests.sales.aftersales.test_goods_returns import WHERE, Parcel, parcel
from tests.support.make import load_actor, make_account, make_official
from tests.support.shop import Shopping

__all__ = ["grove", "parcel"]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def move_own(
    w: Shopping,
    case_id: UUID,
    move: CaseMove,
    text: str = "看这里",
    *,
    by: Actor | None = None,
    after: timedelta = 4 * HOUR,
) -> LockedCase:
    buyer = by or w.buyer
    async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
        return await move_own_case(conn, w.seal, buyer, case_id, move, text=text, now=NOW + after)


async def move_assigned(
    w: Shopping, by: Actor, case_id: UUID, move: CaseMove, text: str = "哪里烂了", *, after: timedelta = 3 * HOUR
) -> LockedCase:
    async with w.db.transaction(scope=get_person_scope(by)) as conn:
        return await move_assigned_case(conn, w.seal, by, case_id, move, text=text, now=NOW + after)


async def see(w: Shopping, case_id: UUID) -> LockedCase:
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        return await get_case(conn, case_id)


async def list_told(w: Shopping) -> list[str]:
    return [name for name, _ in await w.messages() if name.startswith("case_")]


async def test_a_question_stops_the_clock_until_the_buyer_answers(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    case = await move_assigned(w, grove.owner, claim.case_id, CaseMove.ASK)
    assert (case.stopped_at, case.due_at) == (NOW + 3 * HOUR, claim.due_at + 3 * DAY)
    assert await grove.escalate(3 * DAY) == 0
    with pytest.raises(CaseNotMovable):
        await move_assigned(w, grove.owner, claim.case_id, CaseMove.ASK)
    for text in ("", "长" * 301):
        with pytest.raises(CaseTextInvalid):
            await move_own(w, claim.case_id, CaseMove.SUPPLY, text)
    case = await move_own(w, claim.case_id, CaseMove.SUPPLY, "底下", after=5 * HOUR)
    assert case.due_at == claim.due_at + 2 * HOUR
    with pytest.raises(CaseNotMovable):
        await move_own(w, claim.case_id, CaseMove.SUPPLY)
    assert await list_told(w) == ["case_asked", "case_supplied_seller"]
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        events = await list_case_events(conn, w.seal, claim.case_id)
    assert [(each.move, each.actor, each.reason) for each in events] == [
        ("receive", "asker", ""), ("ask", "seller", "哪里烂了"), ("supply", "asker", "底下"),
    ]  # fmt: skip
    assert (await grove.answer(claim.case_id, agree=True, after=6 * HOUR)).granted_fen == 19_20


async def test_an_official_takes_more_time_once_and_gives_a_case_one_level_up(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    for move in (CaseMove.EXTEND, CaseMove.ESCALATE):
        with pytest.raises(CaseNotMovable):
            await move_assigned(w, grove.owner, claim.case_id, move)
    await grove.answer(claim.case_id, agree=False, reason="没烂")
    with pytest.raises(NotFound):
        await move_assigned(w, grove.owner, claim.case_id, CaseMove.ASK)
    with pytest.raises(NotFound):
        await move_assigned(w, grove.platform, claim.case_id, CaseMove.ASK)
    due_at = (await see(w, claim.case_id)).due_at
    # Two working days end on Tuesday; a third is Wednesday.
    case = await move_assigned(w, grove.finance, claim.case_id, CaseMove.EXTEND, "要问村里")
    assert case.due_at == due_at + DAY
    with pytest.raises(CaseNotMovable):
        await move_assigned(w, grove.finance, claim.case_id, CaseMove.EXTEND)
    case = await move_assigned(w, grove.finance, claim.case_id, CaseMove.ESCALATE, "定不了")
    assert case.assignee == "platform"
    with pytest.raises(CaseNotMovable):
        await move_assigned(w, grove.platform, claim.case_id, CaseMove.ESCALATE)
    assert [name for name in await list_told(w) if "finance" not in name] == ["case_extended", "case_raised"]
    assert (await grove.see()).seller_reason == "没烂"
    assert (await grove.decide(claim.case_id, bad=20, by=grove.platform)).granted_fen == 19_20


async def test_a_claim_is_withdrawn_before_its_end(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    for actor in (grove.owner, grove.finance):
        with pytest.raises(NotFound):
            await move_own(w, claim.case_id, CaseMove.WITHDRAW, by=actor)
    case = await move_own(w, claim.case_id, CaseMove.WITHDRAW, "")
    assert (case.state, case.outcome) == ("closed", "withdrawn")
    with pytest.raises(CaseNotMovable):
        await grove.answer(claim.case_id, agree=True)
    with pytest.raises(CaseNotMovable):
        await move_own(w, claim.case_id, CaseMove.REOPEN)
    assert await list_told(w) == ["case_withdrawn_seller"]


async def test_a_decision_of_nothing_is_looked_at_again_once(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    with pytest.raises(CaseNotMovable):
        await move_own(w, claim.case_id, CaseMove.REOPEN)
    await grove.answer(claim.case_id, agree=False, reason="没烂")
    await grove.decide(claim.case_id, bad=0)
    closed = NOW + 3 * HOUR
    with pytest.raises(CaseNotMovable):
        await move_own(w, claim.case_id, CaseMove.REOPEN, after=3 * HOUR + 7 * DAY + timedelta(seconds=1))
    case = await move_own(w, claim.case_id, CaseMove.REOPEN, after=closed - NOW + 7 * DAY)
    assert (case.state, case.assignee) == ("assigned", "platform")
    assert (await grove.decide(claim.case_id, bad=0, by=grove.platform)).granted_fen == 0
    with pytest.raises(CaseNotMovable):
        await move_own(w, claim.case_id, CaseMove.REOPEN)
    assert [name for name in await list_told(w) if "finance" not in name] == ["case_reopened_seller"]


async def test_a_granted_claim_is_not_looked_at_again(grove: Grove) -> None:
    claim = await grove.claim()
    await grove.answer(claim.case_id, agree=True)
    with pytest.raises(CaseNotMovable):
        await move_own(grove.shopping, claim.case_id, CaseMove.REOPEN)


async def test_a_refused_return_is_looked_at_again_and_reserves_its_price_again(parcel: Parcel) -> None:
    w = parcel.shopping
    opened = await parcel.ask()
    with pytest.raises(CaseNotMovable):
        await move_own(w, opened.case_id, CaseMove.WITHDRAW)
    await parcel.answer(opened.case_id, agree=False, text="拆封了")
    await parcel.decide(opened.case_id, grant=False)
    case = await move_own(w, opened.case_id, CaseMove.REOPEN, "没拆封", after=5 * DAY)
    assert case.assignee == "platform"
    with pytest.raises(RefundAmountTooHigh):
        await parcel.refund(1)
    seen = await parcel.decide(opened.case_id, grant=True, address=WHERE, by=parcel.platform)
    assert (seen.stage, seen.seller_reason) == ("accepted", "拆封了")
    await parcel.send(opened.case_id, after=6 * DAY)
    assert (await parcel.arrive(opened.case_id, after=7 * DAY)).stage == "refunded"


async def test_a_refused_return_that_was_refunded_meanwhile_is_not_looked_at_again(parcel: Parcel) -> None:
    opened = await parcel.ask()
    await parcel.answer(opened.case_id, agree=False, text="拆封了")
    await parcel.decide(opened.case_id, grant=False)
    await parcel.refund(1)
    with pytest.raises(GoodsRefunded):
        await move_own(parcel.shopping, opened.case_id, CaseMove.REOPEN, "没拆封", after=5 * DAY)


async def test_strangers_move_nothing(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim()
    async with w.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        elsewhere = await load_actor(conn, await make_official(conn, Role.FINANCE, "130725"))
    attempts: list[Awaitable[LockedCase]] = []
    for actor in (stranger, elsewhere):
        attempts += [move_own(w, claim.case_id, CaseMove.WITHDRAW, by=actor)]
        attempts += [move_assigned(w, actor, claim.case_id, CaseMove.ASK)]
    for attempt in [*attempts, move_own(w, UUID(int=1), CaseMove.WITHDRAW)]:
        with pytest.raises(NotFound):
            await attempt
    assert list_buyer_moves(await see(w, claim.case_id), now=NOW) == {CaseMove.WITHDRAW}
    assert list_answerer_moves(await see(w, claim.case_id)) == {CaseMove.ASK}


async def test_what_is_overdue_at_the_last_level_is_told_every_day(grove: Grove) -> None:
    w = grove.shopping
    claim = await grove.claim(after=timedelta())
    await grove.escalate(DAY)
    await grove.escalate(9 * DAY)

    async def tell(now: datetime) -> int:
        async def notify(conn: Connection, case: LockedCase) -> None:
            await notify_overdue_case(conn, w.seal, case, now=now)

        return await tell_overdue_cases(w.db, notify, now=now)

    assert await tell(NOW + 9 * DAY) == 0
    assert [await tell(NOW + after * DAY) for after in (20, 21)] == [1, 1]
    assert "case_overdue_finance" in await list_told(w)
    await grove.decide(claim.case_id, bad=0, by=grove.platform)
    assert await tell(NOW + 22 * DAY) == 0


async def test_reasons_are_encrypted_and_in_the_copy_of_the_person(grove: Grove, owner: Connection) -> None:
    w = grove.shopping
    claim = await grove.claim(text="底下烂了")
    await grove.answer(claim.case_id, agree=False, reason="样例买家乱说")
    sealed = await owner.fetchval("SELECT reason_sealed FROM case_events WHERE move = 'escalate'")
    assert "样例买家".encode() not in sealed
    buyer = w.buyer.account_id
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        data = await export_personal_data(conn, w.seal, buyer, by=str(buyer), now=NOW)
    [case] = data.cases
    assert (case.name, case.text, len(case.photo_ids)) == ("坏果包赔", "底下烂了", 1)
    assert [(each.move, each.reason) for each in case.events] == [("receive", ""), ("escalate", "样例买家乱说")]


async def test_photos_of_claims_are_deleted_after_three_years(grove: Grove, owner: Connection) -> None:
    w = grove.shopping
    claim, open_one = await grove.claim(), await grove.claim(line=1)
    await grove.answer(claim.case_id, agree=True)
    closed = NOW + 2 * HOUR
    assert timedelta(days=3 * 365) < CLAIM_PHOTO_LIFETIME < timedelta(days=3 * 367)
    assert await delete_old_claim_photos(w.db, closed) == 0
    assert await delete_old_claim_photos(w.db, closed + timedelta(seconds=1)) == 1
    assert await owner.fetch("SELECT case_id FROM claim_photos") == [(open_one.case_id,)]


async def test_a_payout_leaves_what_is_returned(parcel: Parcel) -> None:
    await parcel.receive()
    grove_ = Grove(parcel.shopping, parcel.order, parcel.owner, parcel.finance, parcel.platform, 1)
    await enter_account(grove_)
    opened = await parcel.ask(2)
    # Owed are 186.00 at 2 % and freight of 8.00; 64.00 are in return.
    assert (await ask_for_money(grove_, "1")).amount_minor == 190_28 - 64_00
    await parcel.withdraw(opened.case_id)
    assert (await ask_for_money(grove_, "2")).amount_minor == 64_00
