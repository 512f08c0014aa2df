"""Mediation: what is disputed stays with the market while it is open, and a share of it goes back, to the fen."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market.aftersales.case_moves import move_own_case
from market.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome
from market.casework.moves import get_person_scope
from market.identity.models import Actor, NotFound, Role
from market.kernel import Fen, divide_half_up
from market.mediation.mediate import OpenedMediation, ask_for_mediation, end_mediation
from market.mediation.models import InvalidMediation, MediatorInvolved, NothingLeftToMediate, NotMediable
from market.mediation.views import Mediation, get_mediation
from market.payouts.pay_out import PayoutHold, sum_kept_back
from payments.money import split
from tests.aftersales.test_bad_fruit import Grove, grove
from tests.conftest import NOW
from tests.support.make import load_actor, make_official
from tests.support.postgres import as_owner

__all__ = ["grove"]

DAY = timedelta(days=1)
HOLD = PayoutHold(claim_hours=48, return_days=7)


class Refused(Struct, frozen=True):
    """A claim of 20% of 96.00 that finance refused three hours after its receipt; a mediator of the county."""

    grove: Grove
    case_id: UUID
    mediator: Actor

    async def ask(
        self, *, by: Actor | None = None, text: str = "照片很清楚", after: timedelta = 10 * DAY
    ) -> OpenedMediation:
        w = self.grove.shopping
        buyer = by or w.buyer
        async with w.db.transaction(scope=get_person_scope(buyer)) as conn:
            return await ask_for_mediation(conn, w.seal, buyer, self.case_id, text=text, now=NOW + after)

    async def end(
        self,
        opened: OpenedMediation,
        *,
        share_bp: int,
        by: Actor | None = None,
        agreed: bool = False,
        reason: str = "各让一半",
    ) -> Mediation:
        w = self.grove.shopping
        return await end_mediation(
            w.db, w.gateway, w.seal, by or self.mediator, opened.case_id,
            share_bp=share_bp, agreed=agreed, reason=reason, now=NOW + 11 * DAY,
        )  # fmt: skip

    async def get_kept_back(self) -> int:
        """Return what payouts keep back of the seller long after the periods of claims and returns."""
        producer_id = self.grove.order.suborders[0].producer_id
        async with self.grove.shopping.db.connection() as conn:
            return await sum_kept_back(conn, producer_id, HOLD, now=NOW + 10 * DAY)


@pytest.fixture
async def refused(grove: Grove) -> Refused:
    await grove.receive()
    claim = await grove.claim(20, 100)
    await grove.answer(claim.case_id, agree=False, reason="装箱时都是好的")
    await grove.decide(claim.case_id, bad=0, reason="看不出烂")
    async with grove.shopping.db.transaction() as conn:
        mediator = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    return Refused(grove, claim.case_id, mediator)


async def test_what_is_disputed_is_kept_back_until_the_mediation_ends(refused: Refused) -> None:
    assert await refused.get_kept_back() == 0
    opened = await refused.ask()
    assert opened.amount_fen == 19_20
    assert await refused.get_kept_back() == 19_20
    w = refused.grove.shopping
    async with w.db.transaction(scope=get_person_scope(refused.mediator)) as conn:
        seen = await get_mediation(conn, w.seal, opened.case_id)
    assert seen is not None
    assert (seen.text, seen.refused, seen.amount_fen) == ("照片很清楚", "看不出烂", 19_20)
    before = await w.balances()
    ended = await refused.end(opened, share_bp=50_00)
    assert (ended.granted_fen, ended.outcome, ended.share_bp, ended.agreed) == (9_60, CaseOutcome.SOLVED, 50_00, False)
    assert await refused.get_kept_back() == 0
    after = await w.balances()
    changed = {code: after.get(code, 0) - before.get(code, 0) for code in before | after}
    # At 2% the platform gives back its commission on 9.60 too.
    assert {code.partition(":")[0]: fen for code, fen in changed.items() if fen} == {
        "clearing": 9_60, "commission": -19, "payable": -9_41,
    }  # fmt: skip


async def test_a_mediation_without_a_share_gives_the_money_to_the_seller(refused: Refused) -> None:
    opened = await refused.ask()
    before = await refused.grove.shopping.balances()
    ended = await refused.end(opened, share_bp=0)
    assert (ended.granted_fen, ended.outcome) == (0, CaseOutcome.UNSOLVED)
    assert await refused.grove.shopping.balances() == before
    assert await refused.get_kept_back() == 0


async def test_two_decisions_at_once_are_one(refused: Refused) -> None:
    opened = await refused.ask()
    outcomes = await asyncio.gather(
        *(refused.end(opened, share_bp=share) for share in (10_00, 50_00, 100_00)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["CaseNotMovable", "CaseNotMovable", "Mediation"]
    w = refused.grove.shopping
    async with w.db.connection() as conn:
        refunded = await conn.fetchval("SELECT sum(refunded_fen)::bigint FROM order_lines")
    assert refunded == next(each.granted_fen for each in outcomes if isinstance(each, Mediation))


async def test_a_refused_case_is_mediated_once_and_in_time(refused: Refused) -> None:
    outcomes = await asyncio.gather(*(refused.ask() for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NotMediable", "NotMediable", "OpenedMediation"]
    w = refused.grove.shopping
    with pytest.raises(CaseNotMovable):
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            await move_own_case(conn, w.seal, w.buyer, refused.case_id, CaseMove.REOPEN, text="再看", now=NOW + DAY)


async def test_only_what_was_refused_lately_is_mediated_and_only_for_its_buyer(refused: Refused) -> None:
    with pytest.raises(NotMediable):
        await refused.ask(after=16 * DAY)
    with pytest.raises(NotFound):
        await refused.ask(by=refused.grove.owner)
    with pytest.raises(InvalidMediation):
        await refused.ask(text="")
    pending = await refused.grove.claim(1, 10, line=1)
    with pytest.raises(NotMediable):
        await Refused(refused.grove, pending.case_id, refused.mediator).ask()
    async with refused.grove.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "UPDATE order_lines SET refunded_fen = amount_fen - 1 WHERE id = $1", refused.grove.line_id(0)
        )
    with pytest.raises(NothingLeftToMediate):
        await refused.ask()
    assert await refused.get_kept_back() == 7_80


async def test_the_mediator_is_an_official_of_the_county_who_is_not_a_party(refused: Refused) -> None:
    opened = await refused.ask()
    w = refused.grove.shopping
    async with w.db.transaction() as conn:
        elsewhere = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
        decider = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", refused.grove.finance.account_id)
        earlier = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name=decider))
        seller = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", refused.grove.owner.account_id)
        party = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name=seller))
    for actor in (elsewhere, refused.grove.finance, refused.grove.owner, w.buyer, refused.grove.platform):
        with pytest.raises(NotFound):
            await refused.end(opened, share_bp=0, by=actor)
    with pytest.raises(MediatorInvolved):
        await refused.end(opened, share_bp=0, by=earlier)
    with pytest.raises(CaseAnswererInvolved):
        await refused.end(opened, share_bp=0, by=party)
    for share in (-1, 10_001):
        with pytest.raises(InvalidMediation):
            await refused.end(opened, share_bp=share)
    assert await refused.get_kept_back() == 19_20


@given(amounts=st.lists(st.integers(1, 10_000_00), min_size=1, max_size=5), share_bp=st.integers(0, 10_000))
def test_the_parts_of_a_share_sum_to_it_and_none_exceeds_its_line(amounts: list[int], share_bp: int) -> None:
    total = divide_half_up(sum(amounts) * share_bp, 10_000)
    parts = split(total, amounts)
    assert sum(parts) == total
    assert all(0 <= part <= Fen(amount) for part, amount in zip(parts, amounts, strict=True))
