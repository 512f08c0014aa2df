"""Mediation: what is disputed stays with the market, both sides agree to a share of it or the platform decides."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Fen, divide_half_up
from market.people.identity.models import Actor, NotFound, Role
from market.sales.aftersales.case_moves import move_own_case
from market.sales.aftersales.receive import confirm_receipt
from market.sales.mediation.mediate import OpenedMediation
from market.sales.mediation.models import (
    InvalidMediation,
    MediationNotDecided,
    MediatorInvolved,
    NothingLeftToMediate,
    NotMediable,
)
from market.sales.mediation.views import Mediation, get_mediation
from market.sales.orders.escrow import get_payable_account
from payments import get_balance, verify_ledger
from payments.money import split
from tests.conftest import NOW
from tests.sales.aftersales.grove import Grove, grove
from tests.sales.aftersales.test_asked_back import ask as ask_for
from tests.sales.aftersales.test_asked_back import enter_account
from tests.sales.mediation.refused import DAY, Refused, refused
from tests.support.make import load_actor, make_account, make_official
from tests.support.postgres import as_owner, wait_for_blocked

__all__ = ["grove", "refused"]


async def test_both_sides_agree_to_what_the_mediator_proposes(refused: Refused) -> None:
    opened = await refused.ask()
    assert opened.amount_fen == 19_20
    assert await refused.get_kept_back() == 19_20
    proposed = await refused.propose(opened)
    assert (proposed.text, proposed.refused, proposed.proposal) == ("照片很清楚", "看不出烂", "各让一半")
    assert (proposed.proposed_bp, proposed.due_at) == (50_00, NOW + 9 * DAY)
    w, owner = refused.grove.shopping, refused.grove.owner
    before = await w.balances()
    half = await refused.answer(opened, w.buyer)
    assert (half.buyer_agreed, half.seller_agreed, half.share_bp) == (True, False, None)
    assert await refused.answer(opened, w.buyer) == half
    assert await w.balances() == before
    assert await refused.get_kept_back() == 19_20
    ended = await refused.answer(opened, owner)
    assert (ended.granted_fen, ended.outcome, ended.share_bp, ended.agreed) == (9_60, CaseOutcome.SOLVED, 50_00, True)
    assert await refused.get_kept_back() == 0
    after = await w.balances()
    changed = {code: after.get(code, 0) - before.get(code, 0) for code in before | after}
    # At 2% the platform gives back its commission on 9.60 too.
    assert {code.partition(":")[0]: fen for code, fen in changed.items() if fen} == {
        "clearing": 9_60, "commission": -19, "payable": -9_41,
    }  # fmt: skip
    assert await refused.list_told() == [
        "mediation_opened_seller", "mediation_proposed", "mediation_proposed_seller", "mediation_ended",
        "mediation_ended_seller",
    ]  # fmt: skip
    with pytest.raises(CaseNotMovable):
        await refused.answer(opened, owner, agree=False)


@pytest.mark.parametrize("refuser", ["buyer", "seller"])
async def test_one_side_refuses_and_the_platform_decides(refused: Refused, refuser: str) -> None:
    opened = await refused.ask()
    await refused.propose(opened)
    buyer, owner = refused.grove.shopping.buyer, refused.grove.owner
    one, other = (buyer, owner) if refuser == "buyer" else (owner, buyer)
    await refused.answer(opened, other)
    with pytest.raises(CaseNotMovable):
        await refused.answer(opened, other, agree=False)
    raised = await refused.answer(opened, one, agree=False, reason="太少" if one is buyer else "太多")
    assert (raised.assignee, raised.share_bp) == ("platform", None)
    with pytest.raises(CaseNotMovable):
        await refused.answer(opened, one)
    assert await refused.get_kept_back() == 19_20
    with pytest.raises(NotFound):
        await refused.decide(opened, share_bp=20_00, by=refused.mediator)
    ended = await refused.decide(opened, share_bp=20_00)
    assert (ended.granted_fen, ended.agreed, ended.decision) == (3_84, False, "看过了")
    assert await refused.get_kept_back() == 0
    assert (await refused.list_told()).count("mediation_raised") == 2


async def test_silence_agrees_to_nothing(refused: Refused) -> None:
    """民法典 140."""
    opened = await refused.ask()
    await refused.propose(opened)
    await refused.answer(opened, refused.grove.owner)
    assert await refused.raise_late(9 * DAY - timedelta(seconds=1)) == 0
    with pytest.raises(CaseNotMovable):
        await refused.answer(opened, refused.grove.shopping.buyer, after=9 * DAY)
    assert await refused.raise_late(9 * DAY) == 1
    assert (await refused.decide(opened, share_bp=0)).outcome is CaseOutcome.UNSOLVED
    assert await refused.get_kept_back() == 0


async def test_a_county_that_proposes_nothing_loses_the_case_to_the_platform(refused: Refused) -> None:
    opened = await refused.ask()
    with pytest.raises(CaseNotMovable):
        await refused.answer(opened, refused.grove.owner)
    assert await refused.raise_late(40 * DAY) == 1
    with pytest.raises(CaseNotMovable):
        await refused.propose(opened, by=refused.grove.platform)
    assert (await refused.decide(opened, share_bp=100_00)).granted_fen == 19_20


async def test_both_sides_at_once_end_it_once(refused: Refused) -> None:
    opened = await refused.ask()
    await refused.propose(opened)
    w = refused.grove.shopping
    await asyncio.gather(*(refused.answer(opened, each) for each in (w.buyer, refused.grove.owner, w.buyer)))
    async with w.db.connection() as conn:
        assert await conn.fetchval("SELECT sum(refunded_fen)::bigint FROM order_lines") == 9_60


async def test_a_refusal_beside_an_agreement_ends_in_one_of_both(refused: Refused) -> None:
    opened = await refused.ask()
    await refused.propose(opened)
    w, owner = refused.grove.shopping, refused.grove.owner
    await refused.answer(opened, w.buyer)
    outcomes = await asyncio.gather(
        refused.answer(opened, owner), refused.answer(opened, owner, agree=False), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["CaseNotMovable", "Mediation"]
    async with w.db.connection() as conn:
        refunded = await conn.fetchval("SELECT sum(refunded_fen)::bigint FROM order_lines")
    assert refunded == (9_60 if isinstance(outcomes[0], Mediation) else 0)


async def test_two_decisions_at_once_are_one(refused: Refused) -> None:
    opened = await refused.ask()
    await refused.raise_late(40 * DAY)
    outcomes = await asyncio.gather(
        *(refused.decide(opened, share_bp=share) for share in (10_00, 50_00, 100_00)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["CaseNotMovable", "CaseNotMovable", "Mediation"]
    async with refused.grove.shopping.db.connection() as conn:
        refunded = await conn.fetchval("SELECT sum(refunded_fen)::bigint FROM order_lines")
    assert refunded == next(each.granted_fen for each in outcomes if isinstance(each, Mediation))


async def test_a_withdrawn_mediation_keeps_nothing_back(refused: Refused) -> None:
    opened = await refused.ask()
    w = refused.grove.shopping
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        await move_own_case(conn, w.seal, w.buyer, opened.case_id, CaseMove.WITHDRAW, text="", now=NOW + 6 * DAY)
    assert await refused.get_kept_back() == 0
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        seen = await get_mediation(conn, w.seal, opened.case_id)
    assert seen is not None
    assert (seen.outcome, seen.granted_fen, seen.share_bp) == (CaseOutcome.WITHDRAWN, 0, None)


async def test_what_was_refused_is_kept_back_until_nobody_can_ask_for_mediation(refused: Refused) -> None:
    """For an hour longer, so that a request by a slow clock finds its money."""
    end = 7 * DAY + timedelta(hours=3)
    assert await refused.get_kept_back(end + timedelta(hours=1)) == 19_20
    assert await refused.get_kept_back(end + timedelta(hours=1, seconds=1)) == 0
    async with refused.grove.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO county_settings (county_code, name, value, valid_during, basis)"
            " VALUES ('130624', 'mediation_days', 10, daterange($1, NULL), '样例')",
            NOW.date() - DAY,
        )
    end += 3 * DAY
    assert await refused.get_kept_back(end + timedelta(hours=1)) == 19_20
    await refused.ask(after=end)
    assert await refused.get_kept_back() == 19_20


async def test_the_term_is_that_of_the_day_of_the_refusal(refused: Refused) -> None:
    with pytest.raises(NotMediable):
        await refused.ask(after=7 * DAY + timedelta(hours=3, seconds=1))
    await refused.ask(after=7 * DAY + timedelta(hours=3))


async def test_a_payout_beside_a_request_for_mediation_leaves_its_money(refused: Refused) -> None:
    w = refused.grove.shopping
    await enter_account(refused.grove)
    outcomes = await asyncio.gather(
        refused.ask(after=7 * DAY + timedelta(hours=3)),
        *(ask_for(refused.grove, str(key), after=7 * DAY + timedelta(hours=3, minutes=10)) for key in range(4)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], OpenedMediation)
    producer_id = refused.grove.order.suborders[0].producer_id
    async with w.db.connection() as conn:
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", producer_id)
        assert await get_balance(conn, get_payable_account(number)) == 19_20
        assert await verify_ledger(conn) == []


async def test_a_payout_leaves_what_a_receipt_releases_meanwhile(grove: Grove, owner: Connection) -> None:
    """What is kept back is read after the balance too, so that a receipt between them is not paid out."""
    w = grove.shopping
    await enter_account(grove)
    async with w.db.transaction() as blocking:
        async with as_owner(blocking):
            await blocking.execute("LOCK TABLE payments.balances IN ACCESS EXCLUSIVE MODE")
        paying = asyncio.create_task(ask_for(grove, "1", after=timedelta(minutes=5)))
        await wait_for_blocked(owner, await blocking.fetchval("SELECT pg_backend_pid()"))
        await confirm_receipt(blocking, w.seal, w.buyer, grove.order.id, now=NOW)
    assert (await paying).amount_minor == 8_00


async def test_a_refused_case_is_mediated_once_and_in_time(refused: Refused) -> None:
    outcomes = await asyncio.gather(*(refused.ask() for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NotMediable", "NotMediable", "OpenedMediation"]
    w = refused.grove.shopping
    with pytest.raises(CaseNotMovable):
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            await move_own_case(conn, w.seal, w.buyer, refused.case_id, CaseMove.REOPEN, text="再看", now=NOW + DAY)


async def test_only_what_was_refused_is_mediated_and_only_for_its_buyer(refused: Refused) -> None:
    with pytest.raises(NotFound):
        await refused.ask(by=refused.grove.owner)
    with pytest.raises(InvalidMediation):
        await refused.ask(text="")
    pending = await refused.grove.claim(1, 10, line=1)
    with pytest.raises(NotMediable):
        await Refused(refused.grove, pending.case_id, refused.mediator).ask()


async def test_a_seller_who_refunds_a_fen_does_not_stop_a_mediation(refused: Refused) -> None:
    """Of what was asked for, what is left is mediated, and of what is left at its end, at most that is refunded."""
    w = refused.grove.shopping

    async def leave(fen: int) -> None:
        async with w.db.transaction() as conn, as_owner(conn):
            await conn.execute(
                "UPDATE order_lines SET refunded_fen = amount_fen - $2 WHERE id = $1", refused.grove.line_id(0), fen
            )

    await leave(0)
    with pytest.raises(NothingLeftToMediate):
        await refused.ask()
    assert await refused.get_kept_back(7 * DAY + timedelta(hours=2)) == 0
    await leave(10_00)
    opened = await refused.ask()
    assert opened.amount_fen == 10_00
    await leave(2_00)
    await refused.raise_late(40 * DAY)
    assert (await refused.decide(opened, share_bp=50_00)).granted_fen == 2_00


async def test_the_mediator_is_an_official_of_the_county_who_is_not_a_party(refused: Refused) -> None:
    opened = await refused.ask()
    w = refused.grove.shopping
    async with w.db.transaction() as conn:
        elsewhere = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
        decider = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", refused.grove.finance.account_id)
        earlier = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name=decider))
        seller = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", refused.grove.owner.account_id)
        party = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name=seller))
        mediator = await conn.fetchval("SELECT name FROM accounts WHERE id = $1", refused.mediator.account_id)
        proposer = await load_actor(conn, await make_official(conn, Role.PLATFORM, "13", name=mediator))
    for actor in (elsewhere, refused.grove.finance, refused.grove.owner, w.buyer, refused.grove.platform):
        with pytest.raises(NotFound):
            await refused.propose(opened, by=actor)
    with pytest.raises(MediatorInvolved):
        await refused.propose(opened, by=earlier)
    with pytest.raises(CaseAnswererInvolved):
        await refused.propose(opened, by=party)
    for share in (-1, 10_001):
        with pytest.raises(InvalidMediation):
            await refused.propose(opened, share_bp=share)
    with pytest.raises(MediationNotDecided):
        await refused.decide(opened, share_bp=0, by=refused.mediator)
    await refused.propose(opened)
    with pytest.raises(CaseNotMovable):
        await refused.propose(opened, share_bp=10_00)
    with pytest.raises(NotFound):
        await refused.answer(opened, await make_stranger(refused))
    await refused.answer(opened, w.buyer, agree=False)
    with pytest.raises(MediatorInvolved):
        await refused.decide(opened, share_bp=0, by=proposer)
    assert await refused.get_kept_back() == 19_20


async def make_stranger(refused: Refused) -> Actor:
    async with refused.grove.shopping.db.transaction() as conn:
        return await load_actor(conn, await make_account(conn))


async def test_the_schema_knows_what_was_agreed_to(refused: Refused) -> None:
    """By any statement: no agreement without both sides or at another share; no closed case that keeps money."""
    opened = await refused.ask()
    await refused.propose(opened)
    await refused.answer(opened, refused.grove.owner)
    w = refused.grove.shopping
    for share, agreed in ((50_00, True), (20_00, True)):
        with pytest.raises(asyncpg.CheckViolationError, match="did not agree"):
            async with w.db.transaction(scope=get_person_scope(refused.mediator)) as conn:
                await conn.execute(
                    "UPDATE mediations SET share_bp = $2, agreed = $3 WHERE case_id = $1", opened.case_id, share, agreed
                )
    with pytest.raises(asyncpg.CheckViolationError, match="keeps money back"):
        async with w.db.transaction(scope=get_person_scope(refused.mediator)) as conn:
            await conn.execute(
                "UPDATE cases SET state = 'closed', outcome = 'solved', closed_at = $2 WHERE id = $1",
                opened.case_id,
                NOW,
            )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with w.db.transaction(scope=get_person_scope(refused.mediator)) as conn:
            await conn.execute("UPDATE mediation_proposals SET share_bp = 0")


@given(amounts=st.lists(st.integers(1, 10_000_00), min_size=1, max_size=5), share_bp=st.integers(0, 10_000))
def test_the_parts_of_a_share_sum_to_it_and_none_exceeds_its_line(amounts: list[int], share_bp: int) -> None:
    total = divide_half_up(sum(amounts) * share_bp, 10_000)
    parts = split(total, amounts)
    assert sum(parts) == total
    assert all(0 <= part <= Fen(amount) for part, amount in zip(parts, amounts, strict=True))
