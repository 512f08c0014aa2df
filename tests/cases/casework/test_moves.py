"""Cases in the database: events, deadlines, who sees and who answers them, and the escalation of what is late."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from market.cases.casework.erase import CASE_TEXT_LIFETIME, ERASED_TEXT, erase_old_case_texts
from market.cases.casework.history import open_reason
from market.cases.casework.models import (
    CaseAnswererInvolved,
    CaseMove,
    CaseNotMovable,
    CaseOutcome,
    CaseReasonMissing,
    LockedCase,
)
from market.cases.casework.moves import (
    TEXT_CONTEXT,
    escalate_late_cases,
    get_person_scope,
    lock_case,
    move_case,
    open_case,
    tell_overdue_cases,
)
from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from tests.cases.casework.conftest import CaseWorld
from tests.conftest import NOW
from tests.support.make import VILLAGE, add_member, load_actor, make_account
from tests.support.postgres import as_owner

HOUR = timedelta(hours=1)


async def move(
    world: CaseWorld, case: LockedCase, move: CaseMove, by: Actor, *, reason: str = "",
    outcome: CaseOutcome | None = None, after: timedelta = HOUR,
) -> LockedCase:  # fmt: skip
    async with world.db.transaction(scope=get_person_scope(by)) as conn:
        locked = await lock_case(conn, case.id)
        return await move_case(conn, world.seal, locked, move, by=by, reason=reason, outcome=outcome, now=NOW + after)


async def list_events(owner: Connection, seal: Seal) -> list[tuple[str, int, str]]:
    rows = await owner.fetch("SELECT move, level, reason_sealed FROM case_events ORDER BY id")
    return [(row["move"], row["level"], open_reason(seal, row["reason_sealed"])) for row in rows]


async def test_each_move_is_an_event_with_its_deadlines(world: CaseWorld, owner: Connection) -> None:
    case = await world.open()
    assert (case.state, case.assignee, case.due_at) == ("assigned", "seller", NOW + 24 * HOUR)
    await move(world, case, CaseMove.ASK, world.seller, reason="照片不清楚", after=2 * HOUR)
    case = await move(world, case, CaseMove.SUPPLY, world.asker, after=5 * HOUR)
    assert case.due_at == NOW + 27 * HOUR
    case = await move(world, case, CaseMove.EXTEND, world.seller, reason="在外地")
    assert case.due_at == NOW + 28 * HOUR
    case = await move(world, case, CaseMove.ESCALATE, world.seller, reason="没见到烂的")
    # Friday 20 September 2019: two working days later is Tuesday, whole.
    assert (case.assignee, case.due_at.isoformat()) == ("finance", "2019-09-24T16:00:00+00:00")
    case = await move(world, case, CaseMove.ANSWER, world.finance, reason="退一半")
    case = await move(world, case, CaseMove.CLOSE, world.finance, outcome=CaseOutcome.SOLVED)
    assert (case.state, case.outcome, case.answered_by) == ("closed", "solved", world.finance.account_id)
    case = await move(world, case, CaseMove.REOPEN, world.asker, reason="少了")
    assert (case.state, case.assignee, case.outcome) == ("assigned", "platform", None)
    case = await move(world, case, CaseMove.WITHDRAW, world.asker)
    assert (case.state, case.outcome) == ("closed", "withdrawn")
    assert await list_events(owner, world.seal) == [
        ("receive", 1, ""), ("assign", 1, ""), ("ask", 1, "照片不清楚"), ("supply", 1, ""), ("extend", 1, "在外地"),
        ("escalate", 2, "没见到烂的"), ("answer", 2, "退一半"), ("close", 2, ""), ("reopen", 3, "少了"),
        ("withdraw", 3, ""),
    ]  # fmt: skip
    assert await owner.fetchval("SELECT count(*) FROM audit_entries WHERE action LIKE 'case.%'") == 8


async def test_a_question_needs_its_text(world: CaseWorld) -> None:
    case = await world.open()
    with pytest.raises(CaseReasonMissing):
        await move(world, case, CaseMove.ASK, world.seller)


async def test_a_case_is_seen_only_by_those_whom_it_concerns(world: CaseWorld) -> None:
    case = await world.open()
    async with world.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
    seen: dict[str, int] = {}
    for name, scope in {
        "asker": get_person_scope(world.asker), "seller": get_person_scope(world.seller),
        "finance": get_person_scope(world.finance), "platform": get_person_scope(world.platform),
        "elsewhere": get_person_scope(world.elsewhere), "stranger": get_person_scope(stranger),
        "county": "130624", "other county": "130725", "no scope": "",
    }.items():  # fmt: skip
        async with world.db.transaction(scope=scope) as conn:
            cases = await conn.fetchval("SELECT count(*) FROM cases")
            seen[name] = cases
            assert await conn.fetchval("SELECT count(*) FROM case_events") == cases * 2
    assert seen == {
        "asker": 1, "seller": 1, "finance": 1, "platform": 1, "county": 1,
        "elsewhere": 0, "stranger": 0, "other county": 0, "no scope": 0,
    }  # fmt: skip
    with pytest.raises(NotFound):
        await move(world, case, CaseMove.WITHDRAW, stranger)


async def test_nobody_answers_their_own_case_by_whatever_account(world: CaseWorld) -> None:
    case = await world.open()
    case = await move(world, case, CaseMove.ESCALATE, world.seller, reason="没有")
    async with world.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE accounts SET name = '样例买家' WHERE id = $1", world.finance.account_id)
    with pytest.raises(CaseAnswererInvolved):
        await move(world, case, CaseMove.ANSWER, world.finance)
    async with world.db.transaction() as conn:
        await add_member(conn, world.seller.producers[0], "样例合伙人")
        async with as_owner(conn):
            await conn.execute("UPDATE accounts SET name = '样例合伙人' WHERE id = $1", world.finance.account_id)
    with pytest.raises(CaseAnswererInvolved):
        await move(world, case, CaseMove.ANSWER, world.finance)


async def test_the_schema_keeps_the_invariants(world: CaseWorld, owner: Connection) -> None:
    await world.open()
    for change, constraint in (
        ("outcome = 'solved'", "cases_closed"),
        ("state = 'closed', closed_at = now()", "cases_closed"),
        ("state = 'answered'", "cases_answered"),
        ("state = 'received', stopped_at = now()", "cases_stopped"),
        ("level = 4", "cases_level"),
    ):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await owner.execute(f"UPDATE cases SET {change}")
        assert refused.value.as_dict()["constraint_name"] == constraint


async def test_events_are_only_added(world: CaseWorld) -> None:
    await world.open()
    for statement in ("DELETE FROM case_events", "UPDATE case_events SET level = 1", "DELETE FROM cases"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.db.transaction(scope=get_person_scope(world.asker)) as conn:
                await conn.execute(statement)


async def test_a_category_does_not_end_before_its_cases(world: CaseWorld, owner: Connection) -> None:
    await world.open()
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute("UPDATE case_categories SET valid_during = '[2015-01-01,2019-09-20)'")
    await owner.execute("UPDATE case_categories SET valid_during = '[2015-01-01,2019-09-21)'")


async def test_what_is_late_goes_one_level_up_and_no_further_than_the_last(world: CaseWorld, owner: Connection) -> None:
    late, stopped = await world.open(), await world.open()
    await move(world, stopped, CaseMove.ASK, world.seller, reason="照片不清楚")
    told: list[tuple[UUID, str]] = []

    async def tell(_conn: Connection, case: LockedCase) -> None:
        told.append((case.id, case.assignee))

    # The question stops the clock for three days and no longer.
    for days, expected in ((0.9, 0), (1, 1), (1.1, 0), (3.9, 0), (4.1, 1), (6, 1), (7, 1), (60, 0)):
        assert await escalate_late_cases(world.db, world.seal, tell, now=NOW + timedelta(days=days)) == expected, days
    assert told == [(late.id, "finance"), (stopped.id, "finance"), (late.id, "platform"), (stopped.id, "platform")]
    assert await owner.fetchval("SELECT array_agg(level ORDER BY number) FROM cases") == [3, 3]
    assert await owner.fetchval("SELECT count(*) FROM case_events WHERE move = 'escalate' AND account_id IS NULL") == 4


async def test_many_overdue_cases_hide_none(
    world: CaseWorld, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.cases.casework.moves.MAX_OVERDUE_CASES", 2)
    cases = [await world.open() for _ in range(5)]
    await owner.execute("UPDATE cases SET level = 3")
    told: list[UUID] = []

    async def tell(_conn: Connection, each: LockedCase) -> None:
        told.append(each.id)

    now = NOW + timedelta(days=30)
    assert await tell_overdue_cases(world.db, tell, now=now) == len(cases)
    assert sorted(told) == sorted(each.id for each in cases)


async def test_the_one_who_answers_asks_twice_at_a_level_and_no_more(world: CaseWorld) -> None:
    case = await world.open()
    for _ in range(2):
        await move(world, case, CaseMove.ASK, world.seller, reason="照片不清楚")
        case = await move(world, case, CaseMove.SUPPLY, world.asker)
    with pytest.raises(CaseNotMovable):
        await move(world, case, CaseMove.ASK, world.seller, reason="还是不清楚")
    case = await move(world, case, CaseMove.ESCALATE, world.seller)
    case = await move(world, case, CaseMove.ASK, world.finance, reason="有没有称过")
    assert (case.questions, case.stopped_at) == (1, NOW + HOUR)


async def test_an_overdue_case_is_told_of_though_its_question_has_no_answer(world: CaseWorld) -> None:
    case = await world.open()
    for _ in range(2):
        case = await move(world, case, CaseMove.ESCALATE, world.platform)
    case = await move(world, case, CaseMove.ASK, world.platform, reason="照片不清楚")
    told: list[UUID] = []

    async def tell(_conn: Connection, each: LockedCase) -> None:
        told.append(each.id)

    assert await tell_overdue_cases(world.db, tell, now=case.due_at - HOUR) == 0
    assert await tell_overdue_cases(world.db, tell, now=case.due_at) == 1
    assert told == [case.id]


async def test_a_case_that_fails_delays_no_other(world: CaseWorld, owner: Connection) -> None:
    first, second = await world.open(), await world.open()

    async def tell(_conn: Connection, case: LockedCase) -> None:
        if case.id == first.id:
            raise ValueError("no phone")

    now = NOW + timedelta(days=2)
    assert await escalate_late_cases(world.db, world.seal, tell, now=now) == 1
    assert await escalate_late_cases(world.db, world.seal, tell, now=now) == 0
    assert await owner.fetchval("SELECT level FROM cases WHERE id = $1", second.id) == 2
    assert await owner.fetchval("SELECT item FROM jobs.failures WHERE job = 'escalate_case'") == first.id


async def test_an_overdue_case_that_cannot_be_told_of_delays_no_other(world: CaseWorld) -> None:
    first, second = await world.open(), await world.open()
    told: list[UUID] = []

    async def tell(_conn: Connection, case: LockedCase) -> None:
        if case.id == first.id:
            raise ValueError("no phone")
        told.append(case.id)

    for days in (2, 12):
        await escalate_late_cases(world.db, world.seal, tell_nobody, now=NOW + timedelta(days=days))
    assert await tell_overdue_cases(world.db, tell, now=NOW + timedelta(days=30)) == 1
    assert told == [second.id]


async def tell_nobody(_conn: Connection, _case: LockedCase) -> None:
    pass


async def test_texts_about_the_reduction_are_erased_years_after_their_case_ended(
    world: CaseWorld, owner: Connection
) -> None:
    """Of two grievances and a claim that ended, only the older grievance; open ones and those of a sale stay."""
    claim = await world.open()
    for text, at in {"old": NOW - HOUR, "young": NOW + HOUR, "open": NOW - 2 * HOUR}.items():
        async with world.db.transaction(scope=get_person_scope(world.asker)) as conn:
            case = await open_case(
                conn, world.seal, world.asker.account_id, by=world.asker, category="grievance", division_code=VILLAGE,
                against_producer_id=None, text=text, now=at,
            )  # fmt: skip
            if text != "open":
                answered = await move_case(
                    conn, world.seal, case, CaseMove.ANSWER, by=world.platform, reason=text, now=at
                )
                await move_case(conn, world.seal, answered, CaseMove.CLOSE, by=None, outcome=CaseOutcome.SOLVED, now=at)
    await owner.execute("UPDATE cases SET received_at = $1, state = 'closed', outcome = 'solved', closed_at = $1"
                        " WHERE id = $2", NOW, claim.id)  # fmt: skip
    assert await erase_old_case_texts(world.db, world.seal, now=NOW + CASE_TEXT_LIFETIME) == 1
    assert await erase_old_case_texts(world.db, world.seal, now=NOW + CASE_TEXT_LIFETIME) == 0
    rows = await owner.fetch("SELECT text_sealed, outcome, text_erased_at FROM cases ORDER BY number")
    assert [(world.seal.open(row["text_sealed"], TEXT_CONTEXT), row["outcome"]) for row in rows] == [
        ("枣烂了", "solved"), (ERASED_TEXT, "solved"), ("young", "solved"), ("open", None),
    ]  # fmt: skip
    reasons = [reason for move, _, reason in await list_events(owner, world.seal) if move == "answer"]
    assert reasons == [ERASED_TEXT, "young"]
