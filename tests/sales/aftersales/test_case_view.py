"""What each side can do with a case through the API, and the claims of one producer, page by page."""

from uuid import UUID

import pytest

from market.cases.casework.history import is_asker
from market.cases.casework.models import CaseMove, CaseNotMovable, CaseState
from market.cases.casework.moves import get_person_scope
from market.people.identity.models import Actor, NotFound, Role
from market.sales.aftersales.bad_fruit_views import list_producer_claims
from market.sales.aftersales.case_view import CaseView, load_case_view, make_case_move
from tests.conftest import NOW
from tests.sales.aftersales.grove import HOUR, Grove, grove
from tests.support.make import load_actor, make_account, make_official

__all__ = ["grove"]


async def see(grove: Grove, actor: Actor, case_id: UUID) -> CaseView:
    w = grove.shopping
    async with w.db.transaction(scope=get_person_scope(actor)) as conn:
        return await load_case_view(conn, w.seal, actor, case_id, now=NOW + 2 * HOUR)


async def move(grove: Grove, actor: Actor, case_id: UUID, what: CaseMove, text: str = "哪里") -> CaseState:
    w = grove.shopping
    async with w.db.transaction(scope=get_person_scope(actor)) as conn:
        moved = await make_case_move(conn, w.seal, actor, case_id, what, text=text, now=NOW + 2 * HOUR)
    return moved.state


async def test_each_side_sees_and_makes_its_own_moves(grove: Grove) -> None:
    await grove.receive()
    claim = await grove.claim(20, 100)
    buyer, owner, finance = grove.shopping.buyer, grove.owner, grove.finance
    assert (await see(grove, buyer, claim.case_id)).moves == [CaseMove.WITHDRAW]
    assert (await see(grove, owner, claim.case_id)).moves == [CaseMove.ASK]
    for actor in (finance, grove.platform):
        with pytest.raises(NotFound):
            await see(grove, actor, claim.case_id)
    with pytest.raises(CaseNotMovable):
        await move(grove, owner, claim.case_id, CaseMove.WITHDRAW)
    assert await move(grove, owner, claim.case_id, CaseMove.ASK) is CaseState.ASSIGNED
    seen = await see(grove, buyer, claim.case_id)
    assert (seen.moves, seen.stopped_at) == ([CaseMove.SUPPLY, CaseMove.WITHDRAW], NOW + 2 * HOUR)
    await move(grove, buyer, claim.case_id, CaseMove.SUPPLY, "底下")
    await grove.answer(claim.case_id, agree=False, reason="好的", after=3 * HOUR)
    assert (await see(grove, owner, claim.case_id)).moves == []
    assert (await see(grove, finance, claim.case_id)).moves == [CaseMove.ASK, CaseMove.ESCALATE, CaseMove.EXTEND]
    assert [each.move for each in (await see(grove, finance, claim.case_id)).events] == [
        CaseMove.RECEIVE, CaseMove.ASK, CaseMove.SUPPLY, CaseMove.ESCALATE,
    ]  # fmt: skip
    assert await move(grove, buyer, claim.case_id, CaseMove.WITHDRAW) is CaseState.CLOSED


async def test_a_stranger_sees_no_case_and_makes_no_move(grove: Grove) -> None:
    await grove.receive()
    claim = await grove.claim(20, 100)
    async with grove.shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        elsewhere = await load_actor(conn, await make_official(conn, Role.FINANCE, "130725"))
    for actor in (stranger, elsewhere):
        with pytest.raises(NotFound):
            await see(grove, actor, claim.case_id)
        with pytest.raises(NotFound):
            await move(grove, actor, claim.case_id, CaseMove.ASK)


async def test_the_claims_of_a_producer_continue_after_the_last_one(grove: Grove) -> None:
    await grove.receive()
    first, second = await grove.claim(20, 100), await grove.claim(1, 10, line=1)
    await grove.answer(first.case_id, agree=True)
    producer_id = grove.order.suborders[0].producer_id
    w = grove.shopping
    async with w.db.transaction(scope=get_person_scope(grove.owner)) as conn:
        listed = [each.case_id for each in await list_producer_claims(conn, w.seal, [producer_id])]
        assert listed == [second.case_id, first.case_id]
        after = await list_producer_claims(conn, w.seal, [producer_id], after=second.case_id)
        assert [each.case_id for each in after] == [first.case_id]
        assert await list_producer_claims(conn, w.seal, [producer_id], after=first.case_id) == []
        assert await list_producer_claims(conn, w.seal, [w.buyer.account_id]) == []
        assert not await is_asker(conn, grove.owner.account_id, second.case_id)
        assert await is_asker(conn, w.buyer.account_id, second.case_id)
