"""Tasks go from the province to the prefecture to the county, with a day; another person checks the evidence."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.people.notify.queue import FACTS_CONTEXT
from market.villages.coverage.models import Technology
from market.villages.coverage.register import count_uncovered_villages
from market.villages.supervision.issue import issue_supervision_task
from market.villages.supervision.models import (
    CheckerSentEvidence,
    NewSupervisionTask,
    SupervisionInvalid,
    SupervisionNotMovable,
    SupervisionState,
    SupervisionTask,
)
from market.villages.supervision.moves import check_evidence, return_evidence, send_evidence, withdraw_supervision_task
from market.villages.supervision.tell import DAYS_AFTER, tell_due_supervision
from market.villages.supervision.views import count_supervision, get_supervision_task, list_supervision
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, load_actor, make_official

TODAY, DUE = date(2019, 9, 20), date(2019, 9, 30)
DAY = timedelta(days=1)
NEW = NewSupervisionTask(
    issuer="130000000000", assignee="130600000000", title="没有 4G 的村都开通", text="每个村都能打电话、上网",
    basis="样例督〔2019〕1号", due_on=DUE, measure="villages_without_4g", target=0,
)  # fmt: skip
PASSED_ON = replace(NEW, issuer="1306", assignee="130624", due_on=DUE - DAY)
"""With a `parent`."""


class Desks:
    """The officials of a province, its prefectures and their counties."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self.database, self.seal = database, seal
        self.province: Actor
        self.prefecture: Actor
        self.other_prefecture: Actor
        self.county: Actor
        self.other_county: Actor

    async def issue(self, actor: Actor, new: NewSupervisionTask) -> SupervisionTask:
        async with self.database.transaction(scope=actor.grants[0].scope) as conn:
            return await issue_supervision_task(conn, self.seal, actor, new, now=NOW)

    async def send(self, actor: Actor, number: int, text: str = "装了基站，都通了") -> SupervisionTask:
        async with self.database.transaction(scope=actor.grants[0].scope) as conn:
            return await send_evidence(conn, actor, number, text, now=NOW)

    async def check(self, actor: Actor, number: int) -> SupervisionTask:
        async with self.database.transaction(scope=actor.grants[0].scope) as conn:
            return await check_evidence(conn, actor, number, now=NOW)

    async def give_back(self, actor: Actor, number: int, reason: str = "写清楚哪几个村") -> SupervisionTask:
        async with self.database.transaction(scope=actor.grants[0].scope) as conn:
            return await return_evidence(conn, self.seal, actor, number, reason, now=NOW)

    async def withdraw(self, actor: Actor, number: int, reason: str = "不用办了") -> SupervisionTask:
        async with self.database.transaction(scope=actor.grants[0].scope) as conn:
            return await withdraw_supervision_task(conn, self.seal, actor, number, reason, now=NOW)

    async def refuse(self, actor: Actor, new: NewSupervisionTask) -> list[str]:
        with pytest.raises(SupervisionInvalid) as refused:
            await self.issue(actor, new)
        return [each.field for each in refused.value.errors]


@pytest.fixture
async def desks(database: Database, seal: Seal) -> Desks:
    found = Desks(database, seal)
    async with database.transaction() as conn:
        found.province = await make_official_actor(conn, Role.SUPERVISOR, "13")
        found.prefecture = await make_official_actor(conn, Role.SUPERVISOR, "1306")
        found.other_prefecture = await make_official_actor(conn, Role.SUPERVISOR, "1307")
        found.county = await make_official_actor(conn, Role.COUNTY, "130624")
        found.other_county = await make_official_actor(conn, Role.COUNTY, "130633")
    return found


async def issue_with_refusals(desks: Desks) -> tuple[SupervisionTask, SupervisionTask]:
    """Issue a task to the prefecture and pass it on to the county, with every refusal before."""
    for new, fields in (
        (replace(NEW, assignee="13"), ["assignee"]),
        (replace(NEW, assignee="130699000000"), ["assignee"]),
        (replace(NEW, assignee="130624107221"), ["assignee"]),
        (replace(NEW, title="办", basis=""), ["title", "basis"]),
        (replace(NEW, text="找样例某 13800138000"), ["text"]),
        (replace(NEW, due_on=TODAY - DAY), ["due_on"]),
        (replace(NEW, measure="typed"), ["measure"]),
        (replace(NEW, measure=None), ["target"]),
        (replace(NEW, target=-1), ["target"]),
        (replace(NEW, parent=9), ["parent"]),
    ):
        assert await desks.refuse(desks.province, new) == fields
    for actor, new, refusal in (
        (desks.county, PASSED_ON, NotAllowed),
        (desks.prefecture, NEW, NotFound),
        (desks.province, PASSED_ON, NotFound),
        (desks.other_prefecture, PASSED_ON, NotFound),
    ):
        with pytest.raises(refusal):
            await desks.issue(actor, new)
    above = await desks.issue(desks.province, NEW)
    down = replace(PASSED_ON, parent=above.number)
    assert await desks.refuse(desks.prefecture, replace(down, due_on=DUE + DAY)) == ["due_on"]
    assert await desks.refuse(desks.prefecture, replace(down, assignee="130725")) == ["assignee"]
    assert await desks.refuse(desks.province, replace(NEW, parent=above.number)) == ["parent"]
    below = await desks.issue(desks.prefecture, down)
    assert (below.parent, below.assignee, below.state) == (above.number, "阜平县", SupervisionState.ISSUED)
    return above, below


async def send_with_refusals(desks: Desks, below: SupervisionTask) -> None:
    """Send the county's evidence, with every refusal before; the market counts the villages."""
    async with desks.database.transaction(scope="130624") as conn:
        await conn.execute(
            "INSERT INTO coverage (village_code, operator, technology, setting, share_bp, source, observed_on,"
            " valid_during) VALUES ($1, 'mobile', '4g', 'homes', 9000, '样例', '2019-09-01', '[2019-09-01,)')",
            VILLAGE,
        )
        villages = await conn.fetchval("SELECT count(*) FROM village_periods WHERE starts_with(code, '130624')")
        assert await count_uncovered_villages(conn, "130624", Technology.G4, day=TODAY) == villages - 1
    for text in ("", "装了基站，电话 138-0013-8000", "户主 130624199001011234", "户主 13062419900101123x", "长" * 2001):
        with pytest.raises(SupervisionInvalid) as refused:
            await desks.send(desks.county, below.number, text)
        assert [each.field for each in refused.value.errors] == ["text"]
    for actor in (desks.prefecture, desks.province, desks.other_county, desks.other_prefecture):
        with pytest.raises(NotFound):
            await desks.send(actor, below.number)
    with pytest.raises(SupervisionNotMovable):
        await desks.check(desks.prefecture, below.number)
    sent = await desks.send(desks.county, below.number)
    assert (sent.state, sent.evidence_figure, sent.sent_by) == ("evidence", villages - 1, desks.county.name)


async def test_a_task_goes_down_and_its_evidence_comes_up(desks: Desks) -> None:
    above, below = await issue_with_refusals(desks)
    await send_with_refusals(desks, below)
    for actor, refusal in ((desks.county, NotAllowed), (desks.province, NotFound), (desks.other_prefecture, NotFound)):
        with pytest.raises(refusal):
            await desks.check(actor, below.number)
    with pytest.raises(SupervisionInvalid):
        await desks.give_back(desks.prefecture, below.number, "")
    returned = await desks.give_back(desks.prefecture, below.number)
    assert (returned.state, returned.reason) == ("returned", "写清楚哪几个村")
    await desks.send(desks.county, below.number, "又装了两个")
    with pytest.raises(SupervisionNotMovable):
        await desks.send(desks.county, below.number)
    assert (await desks.check(desks.prefecture, below.number)).state is SupervisionState.CHECKED
    for move in (desks.give_back, desks.withdraw):
        with pytest.raises(SupervisionNotMovable):
            await move(desks.prefecture, below.number)

    async with desks.database.transaction(scope="1306") as conn:
        kinds = await conn.fetch("SELECT kind, text FROM supervision_events WHERE task_id = $1 ORDER BY id", below.id)
        for statement in ("UPDATE supervision_events SET text = ''", "DELETE FROM supervision_events"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with conn.transaction():
                    await conn.execute(statement)
    assert [row["kind"] for row in kinds] == ["issued", "evidence", "returned", "evidence", "checked"]
    assert kinds[1]["text"] == "装了基站，都通了"
    for actor, given, received in (
        (desks.province, 1, 0), (desks.prefecture, 1, 1), (desks.county, 0, 1), (desks.other_prefecture, 0, 0),
    ):  # fmt: skip
        async with desks.database.transaction(scope=actor.grants[0].scope) as conn:
            tasks = await list_supervision(conn, actor, today=TODAY)
            assert (len(tasks.given), len(tasks.received)) == (given, received)
            if not given and not received:
                with pytest.raises(NotFound):
                    await get_supervision_task(conn, actor, above.number)
    # Who sent the evidence does not check it, also with both roles, or another account of the same person.
    async with desks.database.transaction() as conn:
        account = await make_official(conn, [Role.SUPERVISOR], "1306", name=desks.province.name)
        both = await load_actor(conn, account)
        colleague = await make_official_actor(conn, Role.SUPERVISOR, "13")
    await desks.send(both, above.number)
    with pytest.raises(CheckerSentEvidence):
        await desks.check(desks.province, above.number)
    # What is withdrawn falls with what was passed on of it, and nothing is passed on of what is over.
    await desks.give_back(colleague, above.number)
    down = replace(PASSED_ON, parent=above.number)
    again = await desks.issue(desks.prefecture, down)
    await desks.withdraw(desks.province, above.number)
    async with desks.database.transaction(scope="130624") as conn:
        seen = await get_supervision_task(conn, desks.county, again.number)
        assert (seen.state, seen.reason) == (SupervisionState.WITHDRAWN, "不用办了")
    assert await desks.refuse(desks.prefecture, down) == ["parent"]


async def test_the_schema_holds_what_a_task_is(desks: Desks) -> None:
    """The service's role, with SQL that no function of the package writes."""
    above = await desks.issue(desks.province, NEW)
    row: dict[str, Any] = {
        "parent_id": above.id, "parent_due_on": DUE, "issuer_scope": "1306", "assignee_scope": "130624",
        "title": "样例", "text": "样例", "basis": "样例", "due_on": DUE,
        "issued_by": desks.prefecture.account_id, "issued_at": NOW,
    }  # fmt: skip

    async def insert(**changed: object) -> UUID:
        values = {**row, **changed}
        async with desks.database.transaction(scope="13") as conn:
            names = ", ".join(values)
            marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
            statement = f"INSERT INTO supervision_tasks ({names}) VALUES ({marks}) RETURNING id"
            return await conn.fetchval(statement, *values.values())

    for constraint, changed in (
        ("supervision_tasks_not_later", {"due_on": DUE + DAY}),
        ("supervision_tasks_parent", {"parent_due_on": DUE + DAY}),
        ("supervision_tasks_parent", {"issuer_scope": "1307", "assignee_scope": "130725"}),
        ("supervision_tasks_inside", {"assignee_scope": "130725"}),
        ("supervision_tasks_inside", {"parent_id": None, "parent_due_on": None, "assignee_scope": "1306"}),
        ("supervision_tasks_not_past", {"due_on": TODAY - DAY}),
        ("supervision_tasks_of_parent", {"parent_due_on": None}),
        ("supervision_tasks_target_of_measure", {"target": 1}),
        ("supervision_tasks_division", {"assignee_scope": "130699"}),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await insert(**changed)
        assert refused.value.constraint_name == constraint
    task = await insert()

    async def update(assignments: str) -> None:
        async with desks.database.transaction(scope="13") as conn:
            await conn.execute(f"UPDATE supervision_tasks SET {assignments} WHERE id = $1", task)

    sender, checker = desks.county.account_id, desks.prefecture.account_id
    sent = f"state = 'evidence', evidence_text = '样例', sent_by = '{sender}', sent_at = now()"
    decided = f"reason = '样例', decided_by = '{checker}', decided_at = now()"
    for moves, code in (
        ((f"state = 'checked', {decided}",), "P0261"),
        (("reason = '样例'",), "P0261"),
        ((sent, sent), "P0261"),
        ((sent, f"state = 'checked', evidence_text = '别的', {decided}"), "P0261"),
        ((sent, f"state = 'checked', {decided}".replace(str(checker), str(sender))), "P0263"),
        ((sent, f"state = 'checked', {decided}", f"state = 'returned', {decided}"), "P0261"),
    ):
        task = await insert()
        for each in moves[:-1]:
            await update(each)
        with pytest.raises(asyncpg.PostgresError) as failed:
            await update(moves[-1])
        assert failed.value.sqlstate == code, moves
    with pytest.raises(asyncpg.PostgresError) as failed:
        await insert(parent_id=task, parent_due_on=DUE, issuer_scope="1306", assignee_scope="130624")
    assert failed.value.sqlstate == "P0262"


async def test_the_assignee_is_reminded_before_once_and_after_daily(desks: Desks) -> None:
    """Three days before, once however often the job runs; then on each day that it is overdue, for ten days."""
    later = await desks.issue(desks.prefecture, replace(PASSED_ON, due_on=DUE + 60 * DAY))
    task = await desks.issue(desks.prefecture, PASSED_ON)

    async def count_told(day: date) -> list[int]:
        now = NOW + (day - TODAY)
        return [await tell_due_supervision(desks.database, desks.seal, now=now) for _ in range(2)]

    due = PASSED_ON.due_on
    for days, told in ((-4, 0), (-3, 1), (-1, 0), (0, 0), (1, 1), (2, 1), (DAYS_AFTER, 1), (DAYS_AFTER + 1, 0)):
        assert await count_told(due + days * DAY) == [told, 0], days
    async with desks.database.transaction(scope="130624") as conn:
        counts = await count_supervision(conn, desks.county, today=due + DAY)
        assert (counts.to_do, counts.late, counts.to_check) == (2, 1, 0)
        texts = await conn.fetch("SELECT DISTINCT template FROM messages WHERE template LIKE 'supervision%'")
        tasks = await list_supervision(conn, desks.county, today=due + DAY)
    assert {row[0] for row in texts} == {"supervision_issued", "supervision_due", "supervision_late"}
    assert [each.number for each in tasks.received] == [task.number, later.number]
    await desks.send(desks.county, task.number)
    assert await count_told(due + 3 * DAY) == [0, 0]


async def test_of_two_officials_at_once_one_moves_a_task_and_of_workers_one_reminds(desks: Desks) -> None:
    async with desks.database.transaction() as conn:
        colleague = await make_official_actor(conn, Role.COUNTY, "130624")
        second = await make_official_actor(conn, Role.SUPERVISOR, "1306")
    for _ in range(4):
        task = await desks.issue(desks.prefecture, PASSED_ON)
        now = NOW + (PASSED_ON.due_on - TODAY) - 3 * DAY
        told = await asyncio.gather(*(tell_due_supervision(desks.database, desks.seal, now=now) for _ in range(3)))
        assert sorted(told) == [0, 0, 2], "both officials of the county are told once"
        for moves in (
            (desks.send(desks.county, task.number), desks.send(colleague, task.number)),
            (desks.check(desks.prefecture, task.number), desks.give_back(second, task.number)),
        ):
            moved = await asyncio.gather(*moves, return_exceptions=True)
            assert sorted(type(each).__name__ for each in moved) == ["SupervisionNotMovable", "SupervisionTask"]


async def test_what_is_passed_on_while_the_task_above_is_withdrawn_falls_with_it(desks: Desks) -> None:
    for _ in range(8):
        above = await desks.issue(desks.province, NEW)
        down = replace(PASSED_ON, parent=above.number)
        moved = await asyncio.gather(
            desks.issue(desks.prefecture, down), desks.withdraw(desks.province, above.number), return_exceptions=True
        )
        below, withdrawn = moved
        assert isinstance(withdrawn, SupervisionTask)
        if isinstance(below, SupervisionTask):
            async with desks.database.transaction(scope="130624") as conn:
                seen = await get_supervision_task(conn, desks.county, below.number)
            assert seen.state is SupervisionState.WITHDRAWN
        else:
            assert isinstance(below, SupervisionInvalid)


async def test_who_had_to_do_a_withdrawn_task_is_told(desks: Desks) -> None:
    """Of the prefecture's task and of the county's, which falls with it; no reminder comes after."""
    above = await desks.issue(desks.province, NEW)
    below = await desks.issue(desks.prefecture, replace(PASSED_ON, parent=above.number))
    done = await desks.issue(desks.prefecture, replace(PASSED_ON, assignee="130633", parent=above.number))
    await desks.send(desks.other_county, done.number)
    await desks.check(desks.prefecture, done.number)
    await desks.withdraw(desks.province, above.number)
    async with desks.database.transaction() as conn:
        rows = await conn.fetch(
            "SELECT phone_index, facts_sealed FROM messages WHERE template = 'supervision_withdrawn'"
        )
        phones = {
            row["id"]: row["phone_index"]
            for row in await conn.fetch("SELECT id, phone_index FROM accounts WHERE phone_index IS NOT NULL")
        }
    told = {row["phone_index"]: desks.seal.open(row["facts_sealed"], FACTS_CONTEXT) for row in rows}
    assert len(rows) == len(told)
    assert told == {
        phones[desks.prefecture.account_id]: f'{{"number":"{above.number}"}}',
        phones[desks.county.account_id]: f'{{"number":"{below.number}"}}',
    }


async def test_every_due_task_gets_a_message(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.villages.supervision.tell.MAX_DUE", 2)
    for _ in range(3):
        await desks.issue(desks.prefecture, PASSED_ON)
    now = NOW + (PASSED_ON.due_on - TODAY) - 3 * DAY
    assert [await tell_due_supervision(desks.database, desks.seal, now=now) for _ in range(2)] == [3, 0]
