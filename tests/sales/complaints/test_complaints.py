"""Complaints: who answers by when, what the seller learns, and how what nobody answers goes up, county by county."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome, LockedCase
from market.cases.casework.moves import escalate_late_cases, get_person_scope
from market.cases.casework.worklist import list_assigned_cases
from market.kernel import Connection
from market.people.identity.models import Actor, NotFound, Role
from market.sales.aftersales.case_moves import move_own_case, notify_late_case
from market.sales.complaints.complain import OpenedComplaint, answer_complaint, complain
from market.sales.complaints.models import (
    ComplaintCategory,
    InvalidComplaint,
    NothingToComplain,
    TooManyComplaints,
)
from market.sales.complaints.views import (
    Complaint,
    get_complaint,
    list_assigned_complaints,
    list_producer_complaints,
    list_suborder_complaints,
    sum_up_unanswered_complaints,
)
from tests.conftest import NOW
from tests.support.looks import list_case_looks
from tests.support.make import load_actor, load_owner, make_official, make_product
from tests.support.postgres import as_owner
from tests.support.shop import Shopping

DAY = timedelta(days=1)
GOODS, FRAUD = ComplaintCategory.GOODS, ComplaintCategory.FRAUD


class Bought(Struct, frozen=True):
    """A paid parcel, its seller, and officials of its county, another county and the platform."""

    shopping: Shopping
    suborder_id: UUID
    producer_id: UUID
    owner: Actor
    county: Actor
    elsewhere: Actor
    platform: Actor

    async def complain(self, category: ComplaintCategory = GOODS, *, text: str = "枣是去年的") -> OpenedComplaint:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            return await complain(conn, w.seal, w.buyer, self.suborder_id, category=category, text=text, now=NOW)

    async def answer(
        self, opened: OpenedComplaint, by: Actor, *, outcome: CaseOutcome = CaseOutcome.SOLVED, text: str = "补了一箱"
    ) -> Complaint:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(by)) as conn:
            return await answer_complaint(conn, w.seal, by, opened.case_id, outcome=outcome, text=text, now=NOW + DAY)

    async def escalate(self, now: datetime) -> int:
        w = self.shopping

        async def tell(conn: Connection, case: LockedCase) -> None:
            await notify_late_case(conn, w.seal, case, now=now)

        return await escalate_late_cases(w.db, w.seal, tell, now=now)

    async def see(self, opened: OpenedComplaint, by: Actor) -> Complaint | None:
        async with self.shopping.db.transaction(scope=get_person_scope(by)) as conn:
            return await get_complaint(conn, self.shopping.seal, opened.case_id)

    async def move(self, opened: OpenedComplaint, move: CaseMove) -> LockedCase:
        w = self.shopping
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            return await move_own_case(conn, w.seal, w.buyer, opened.case_id, move, text="还是旧枣", now=NOW + 2 * DAY)

    async def list_told(self) -> list[str]:
        return [name for name, _ in await self.shopping.messages() if name.startswith(("case_", "complaint_"))]


@pytest.fixture
async def bought(shopping: Shopping) -> Bought:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        owner = await load_owner(conn, product.producer_id)
        county, elsewhere, platform = [
            await load_actor(conn, await make_official(conn, role, scope))
            for role, scope in ((Role.COUNTY, "130624"), (Role.COUNTY, "130725"), (Role.PLATFORM, "13"))
        ]
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    suborder = (await shopping.see(order)).suborders[0]
    return Bought(shopping, suborder.id, product.producer_id, owner, county, elsewhere, platform)


async def test_what_the_seller_does_not_answer_goes_to_the_county_and_then_to_the_platform(bought: Bought) -> None:
    opened = await bought.complain()
    assert await bought.list_told() == ["complaint_opened_seller"]
    assert await bought.escalate(opened.due_at - timedelta(seconds=1)) == 0
    assert await bought.escalate(opened.due_at) == 1
    assert await bought.list_told() == ["complaint_opened_seller", "case_late", "case_assigned"]
    seen = await bought.see(opened, bought.county)
    assert seen is not None
    assert (seen.assignee, seen.text, seen.producer_id) == ("county", "枣是去年的", bought.producer_id)
    async with bought.shopping.db.transaction(scope=get_person_scope(bought.county)) as conn:
        [listed] = await list_assigned_complaints(conn, bought.shopping.seal, bought.county, now=NOW)
        assert listed.case_id == opened.case_id
        assert await list_case_looks(conn, bought.county) == [f"case:{listed.number}"]
        assert [each.id for each in await list_assigned_cases(conn, bought.county)] == [opened.case_id]
    assert await bought.see(opened, bought.elsewhere) is None
    with pytest.raises(NotFound):
        await bought.answer(opened, bought.owner)
    assert await bought.escalate(seen.due_at) == 1
    raised = await bought.see(opened, bought.platform)
    assert raised is not None
    assert raised.assignee == "platform"
    assert await bought.escalate(raised.due_at) == 0
    answered = await bought.answer(opened, bought.platform, outcome=CaseOutcome.UNSOLVED, text="没有凭据")
    assert (answered.outcome, answered.answer) == (CaseOutcome.UNSOLVED, "没有凭据")


async def test_a_fraud_goes_to_the_county_and_the_seller_does_not_learn_of_it(bought: Bought) -> None:
    opened = await bought.complain(FRAUD, text="要我加微信转钱")
    assert await bought.list_told() == ["case_assigned"]
    assert await bought.see(opened, bought.owner) is None
    async with bought.shopping.db.transaction(scope=get_person_scope(bought.owner)) as conn:
        page = await list_producer_complaints(conn, bought.shopping.seal, [bought.producer_id])
        assert page.items == []
        assert (await sum_up_unanswered_complaints(conn, bought.owner)).count == 0
    with pytest.raises(NotFound):
        await bought.answer(opened, bought.owner)
    async with bought.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
            bought.producer_id,
            bought.county.account_id,
        )
    with pytest.raises(CaseAnswererInvolved):
        await bought.answer(opened, bought.county)


async def test_after_an_answer_the_buyer_asks_the_next_level_once(bought: Bought) -> None:
    opened = await bought.complain()
    async with bought.shopping.db.transaction(scope=get_person_scope(bought.owner)) as conn:
        assert (await sum_up_unanswered_complaints(conn, bought.owner)).count == 1
    answered = await bought.answer(opened, bought.owner)
    assert (answered.outcome, answered.answer) == (CaseOutcome.SOLVED, "补了一箱")
    moved = await bought.move(opened, CaseMove.REOPEN)
    assert (moved.assignee, moved.level) == ("county", 2)
    with pytest.raises(NotFound):
        await bought.answer(opened, bought.platform)
    await bought.answer(opened, bought.county, text="卖家补了")
    with pytest.raises(CaseNotMovable):
        await bought.move(opened, CaseMove.REOPEN)
    assert sorted(await bought.list_told()) == [
        "case_assigned", "case_reopened_seller", "complaint_answered", "complaint_answered", "complaint_opened_seller",
    ]  # fmt: skip


async def test_each_thing_is_complained_of_once_and_five_at_a_time(bought: Bought) -> None:
    w = bought.shopping
    outcomes = await asyncio.gather(*(bought.complain() for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["ComplainedBefore"] * 3 + ["OpenedComplaint"]
    for wrong in ("", "话" * 501):
        with pytest.raises(InvalidComplaint):
            await bought.complain(FRAUD, text=wrong)
    for category in (FRAUD, ComplaintCategory.SERVICE, ComplaintCategory.OFFICE):
        await bought.complain(category)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        assert len(await list_suborder_complaints(conn, w.seal, w.buyer, bought.suborder_id)) == 4
    async with w.db.transaction() as conn:
        more = [await make_product(conn) for _ in range(2)]
    unpaid = await w.place([(more[0].variant_id, 1)])
    paid = await w.place([(more[1].variant_id, 1)])
    await w.pay(paid)
    ids = [(await w.see(each)).suborders[0].id for each in (unpaid, paid)]

    async def about(suborder_id: UUID, category: ComplaintCategory) -> None:
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            await complain(conn, w.seal, w.buyer, suborder_id, category=category, text="慢", now=NOW)

    with pytest.raises(NothingToComplain):
        await about(ids[0], GOODS)
    await about(ids[1], GOODS)
    with pytest.raises(TooManyComplaints):
        await about(ids[1], FRAUD)


async def test_only_the_buyer_complains(bought: Bought) -> None:
    w = bought.shopping
    for actor in (bought.owner, bought.county):
        async with w.db.transaction(scope=get_person_scope(actor)) as conn:
            with pytest.raises(NotFound):
                await complain(conn, w.seal, actor, bought.suborder_id, category=GOODS, text="慢", now=NOW)
