"""An operator's clawback is decided by two people, set off or repaid; a household's only for fraud, with an appeal."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct
from msgspec.structs import replace

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable
from market.kernel import Connection, Fen, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor, NotAllowed, NotFound
from market.people.identity.sign_in import PHONE_CONTEXT
from market.subsidies.clawbacks.appeals import (
    AppealRuling,
    appeal_own_clawback,
    list_own_clawbacks,
    require_own_clawback,
    rule_on_appeal,
    write_down_appeal,
)
from market.subsidies.clawbacks.decide import decide_clawback, post_due_clawbacks, serve_clawback
from market.subsidies.clawbacks.ledger import verify_receivables
from market.subsidies.clawbacks.models import (
    Clawback,
    ClawbackInvalid,
    ClawbackItem,
    ClawbackMoved,
    ClawbackNotFound,
    ClawbackOfOwnHousehold,
    Debtor,
    EntryKind,
    FraudGround,
    NewClawback,
    NothingToRecover,
    SecondClawbackPart,
    Service,
    TooManyClawbacks,
)
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.recover import NewEntry, decide_entry, record_entry
from market.subsidies.clawbacks.set_off import set_off_clawbacks
from market.subsidies.clawbacks.views import get_clawback, list_clawbacks, list_recoverable
from market.subsidies.models import FindingId
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from payments import list_balances
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.support.archive import archive_ledger
from tests.support.make import SEAL
from tests.support.postgres import as_owner

NOW = nine_o_clock("2019-05-06")
LINE = "YD-07"
MONTHS = [date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1)]


class Story(Struct):
    """The closed quarter, with a decided finding that stops a settled line of the operator 移动."""

    conn: Connection
    finding: FindingId
    now: datetime = NOW

    async def actor(self, handle: str) -> Actor:
        found = await find_actor_by_handle(self.conn, handle, day=self.now.date())
        assert found is not None
        return found

    async def grant(self, handle: str, role: str, scope: str = COUNTY) -> None:
        async with as_owner(self.conn):
            await self.conn.execute(
                "INSERT INTO grants (account_id, role, scope, valid_during)"
                " SELECT id, $2, $3, '[2018-01-01,)' FROM accounts WHERE handle = $1",
                handle, role, scope,
            )  # fmt: skip

    async def propose(self, new: NewClawback, *, who: str = "cai") -> UUID:
        return await propose_clawback(self.conn, SEAL, await self.actor(who), COUNTY, new, now=self.now)

    async def decide(self, clawback: UUID, *, who: str = "xian", agree: bool = True, opinion: str = "查实") -> None:
        actor = await self.actor(who)
        await decide_clawback(
            self.conn, SEAL, actor, COUNTY, clawback, agree=agree, opinion=opinion, now=self.now
        )  # fmt: skip

    async def serve(self, clawback: UUID, day: date, *, who: str = "zhen", how: Service | None = Service.POST) -> date:
        actor = await self.actor(who)
        return await serve_clawback(self.conn, actor, COUNTY, clawback, served_on=day, service=how, now=self.now)

    async def record(self, clawback: UUID, fen: int, *, who: str = "cai", kind: EntryKind = EntryKind.REPAID) -> UUID:
        day = self.now.date() if kind is EntryKind.REPAID else None
        new = NewEntry(kind=kind, fen=Fen(fen), note="流水 20190506001", paid_on=day)
        return await record_entry(self.conn, SEAL, await self.actor(who), COUNTY, clawback, new=new, now=self.now)

    async def confirm(self, clawback: UUID, entry: UUID, *, who: str = "dui", confirm: bool = True) -> None:
        actor = await self.actor(who)
        await decide_entry(self.conn, actor, COUNTY, clawback, entry_id=entry, confirm=confirm, now=self.now)

    async def rule(
        self, case_id: UUID, ruling: AppealRuling | None, *, who: str = "gan", text: str = "看过材料"
    ) -> None:
        actor = await self.actor(who)
        await rule_on_appeal(self.conn, SEAL, actor, case_id, ruling=ruling, text=text, now=self.now)

    async def get(self, clawback: UUID) -> Clawback:
        return await get_clawback(self.conn, SEAL, COUNTY, clawback, divisions=[COUNTY])

    async def fail(self, work: Any) -> Refusal:
        attempt = self.conn.transaction()
        await attempt.start()
        try:
            await work
        except Refusal as refusal:
            return refusal
        finally:
            await attempt.rollback()
        raise AssertionError("it was done")

    async def refuse(self, statement: str, *values: object, code: str) -> None:
        """Try a statement as the owner, whom no grant hinders, and check all constraints."""
        attempt = self.conn.transaction()
        await attempt.start()
        with pytest.raises(asyncpg.PostgresError) as refused:
            await self._execute(statement, *values)
        await attempt.rollback()
        assert refused.value.sqlstate == code, refused.value

    async def _execute(self, statement: str, *values: object) -> None:
        async with as_owner(self.conn):
            await self.conn.execute(statement, *values)
            await self.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")

    async def balances(self) -> dict[str, int]:
        """Return what the accounts of clawbacks hold, which is what the clawbacks say."""
        assert await verify_receivables(self.conn) == []
        kinds = ("receivable", "clawback", "recovered", "setoff")
        found = {each.code: each.minor for kind in kinds for each in await list_balances(self.conn, prefix=f"{kind}:")}
        return {code: fen for code, fen in found.items() if fen}


async def open_story(conn: Connection) -> Story:
    """Stop a line that is settled: the finding was decided after it was paid."""
    async with as_owner(conn):
        finding = await conn.fetchval(
            "UPDATE finding_lines l SET verdict = 'stop' FROM findings f"
            " WHERE f.id = l.finding_id AND f.check_code = 'one_device_many_sims' AND l.line_code = $1"
            " RETURNING f.id",
            LINE,
        )
        await conn.execute("UPDATE findings SET state = 'decided' WHERE id = $1", finding)
    return Story(conn, finding)


def items(story: dict[date, int]) -> list[ClawbackItem]:
    return [ClawbackItem(line=LINE, month=month, fen=Fen(fen)) for month, fen in story.items()]


async def sum_settled(conn: Connection) -> dict[date, int]:
    rows = await conn.fetch(
        "SELECT for_month, sum(public_fen)::bigint AS fen FROM subsidy_postings WHERE line_code = $1 GROUP BY for_month"
        " HAVING sum(public_fen) > 0 ORDER BY for_month",
        LINE,
    )
    return {row["for_month"]: row["fen"] for row in rows}


async def test_an_operator_owes_what_two_people_take_back(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        settled = await sum_settled(conn)
        offered = await list_recoverable(conn, COUNTY, finding_id=story.finding)
        assert [(each.line, each.month, each.fen) for each in offered] == [
            (LINE, month, fen) for month, fen in settled.items()
        ]
        new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=items(settled), reason="一机多卡")
        refusal = await story.fail(story.propose(replace(new, items=[], reason=" ", ground=FraudGround.FALSE_FACTS)))
        assert isinstance(refusal, ClawbackInvalid)
        assert [each.field for each in refusal.errors] == ["reason", "items", "ground"]
        assert isinstance(await story.fail(story.propose(replace(new, items=new.items * 2))), ClawbackInvalid)
        assert isinstance(await story.fail(story.propose(new, who="zhen")), NotAllowed)
        first = new.items[0]
        for wrong in (
            replace(first, fen=Fen(first.fen + 1)),
            replace(first, month=date(2018, 12, 1)),
            replace(first, line="YD-01"),
            replace(first, fen=Fen(0)),
        ):
            assert isinstance(await story.fail(story.propose(replace(new, items=[wrong]))), NothingToRecover)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("market.subsidies.clawbacks.propose.MAX_PROPOSED", 0)
            assert isinstance(await story.fail(story.propose(new)), TooManyClawbacks)

        clawback = await story.propose(new)
        assert await list_recoverable(conn, COUNTY, finding_id=story.finding) == []
        assert isinstance(await story.fail(story.propose(new)), NothingToRecover)
        assert isinstance(await story.fail(story.decide(clawback, who="cai")), NotAllowed)
        assert isinstance(await story.fail(story.decide(clawback, opinion="")), ClawbackInvalid)
        await story.grant("cai", "county")
        assert isinstance(await story.fail(story.decide(clawback, who="cai")), SecondClawbackPart)
        assert await story.balances() == {}
        await story.decide(clawback)
        total = sum(settled.values())
        assert await story.balances() == {
            f"receivable:{COUNTY}:mobile": total, f"clawback:{COUNTY}:2019": -total,
        }  # fmt: skip
        await conn.execute("SAVEPOINT archived")
        async with as_owner(conn):
            await archive_ledger(conn)
        assert await verify_receivables(conn) == []
        await conn.execute("ROLLBACK TO archived")
        assert isinstance(await story.fail(story.decide(clawback)), ClawbackMoved)
        assert isinstance(await story.fail(story.decide(UUID(int=0))), ClawbackNotFound)

        await recover_it(story, clawback, settled)


async def recover_it(story: Story, clawback: UUID, settled: dict[date, int]) -> None:
    """Repay a part, set the rest off, and take a part back twice."""
    conn, total = story.conn, sum(settled.values())
    # Part of it is repaid by transfer; what waits counts as spoken for, and the recorder does not confirm.
    refusal = await story.fail(story.record(clawback, total + 1))
    assert [each.field for each in refusal.errors] == ["fen"]
    entry = await story.record(clawback, 100)
    assert isinstance(await story.fail(story.record(clawback, total - 99)), ClawbackInvalid)
    await story.grant("cai", "reconciler")
    assert isinstance(await story.fail(story.confirm(clawback, entry, who="cai")), SecondClawbackPart)
    await story.confirm(clawback, entry)
    assert isinstance(await story.fail(story.confirm(clawback, entry)), ClawbackNotFound)
    refused = await story.record(clawback, 1, kind=EntryKind.WRITTEN_OFF)
    await story.confirm(clawback, refused, confirm=False)
    assert (await story.get(clawback)).left_fen == total - 100

    # The next settlements withhold the rest, the first as much as it pays.
    cai = await story.actor("cai")
    cycles = [await find_cycle(conn, COUNTY, month) for month in MONTHS]
    taken = await set_off_clawbacks(conn, cycles[0], cai, {Operator.MOBILE: 50, Operator.UNICOM: 900}, now=NOW)
    assert taken == {Operator.MOBILE: 50, Operator.UNICOM: 0}
    taken = await set_off_clawbacks(conn, cycles[1], cai, {Operator.MOBILE: 100_000}, now=NOW)
    assert taken == {Operator.MOBILE: total - 150}
    done = await story.get(clawback)
    assert (done.left_fen, done.state) == (0, "cleared")
    assert [(each.kind, each.fen) for each in done.entries] == [
        ("repaid", 100), ("written_off", 1), ("set_off", 50), ("set_off", total - 150),
    ]  # fmt: skip
    assert await story.balances() == {
        f"clawback:{COUNTY}:2019": -total, f"recovered:{COUNTY}:2019": 100, f"setoff:{COUNTY}:2019": total - 100,
    }  # fmt: skip
    # A later adjustment takes 30 of it back once more: the next settlement pays that back.
    async with as_owner(conn):
        await conn.execute(
            "INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator,"
            " kind, approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)"
            " SELECT cycle_id, line_code, for_month, 99, county_code, run_id, operator, kind, -30, 0, -30, 100000,"
            " '{}', posted_at FROM subsidy_postings WHERE line_code = $1 AND for_month = $2 LIMIT 1",
            LINE, MONTHS[0],
        )  # fmt: skip
    taken = await set_off_clawbacks(conn, cycles[2], cai, {Operator.MOBILE: 100}, now=NOW)
    assert taken == {Operator.MOBILE: -30}
    assert (await story.get(clawback)).left_fen == 0
    assert await story.balances() == {
        f"clawback:{COUNTY}:2019": 30 - total,
        f"recovered:{COUNTY}:2019": 100,
        f"setoff:{COUNTY}:2019": total - 130,
    }
    again = (
        "INSERT INTO clawback_entries (clawback_id, county_code, kind, fen, cycle_id, recorded_by, recorded_at,"
        " outcome) SELECT id, county_code, 'set_off', 1, (SELECT id FROM cycles ORDER BY month LIMIT 1),"
        " proposed_by, proposed_at, 'confirmed' FROM clawbacks"
    )
    more = (
        "INSERT INTO clawback_items SELECT clawback_id, county_code, line_code, '2019-06-01', fen"
        " FROM clawback_items LIMIT 1"
    )
    for statement, code in (
        ("UPDATE clawbacks SET amount_fen = amount_fen + 1", "P0211"),
        ("UPDATE clawbacks SET state = 'owed'", "P0211"),
        ("UPDATE clawback_entries SET outcome = 'refused' WHERE kind = 'repaid'", "P0211"),
        ("DELETE FROM clawback_entries", "P0100"),
        (again, "23505"),
        (more, "P0215"),
    ):
        await story.refuse(statement, code=code)


async def test_a_settlement_below_zero_becomes_a_clawback_of_the_operator(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = Story(conn, FindingId(UUID(int=0)))
        cai = await story.actor("cai")
        [january, february, _] = [await find_cycle(conn, COUNTY, month) for month in MONTHS]
        taken = await set_off_clawbacks(conn, january, cai, {Operator.TELECOM: -700, Operator.MOBILE: 9}, now=NOW)
        assert taken == {Operator.TELECOM: -700, Operator.MOBILE: 0}
        [owed] = await list_clawbacks(conn, COUNTY, [COUNTY])
        assert (owed.debtor_name, owed.left_fen, owed.state, owed.due_on) == ("电信", 700, "owed", date(2019, 6, 5))
        assert await list_clawbacks(conn, COUNTY, [f"{COUNTY}101"]) == []
        assert await set_off_clawbacks(conn, february, cai, {Operator.TELECOM: 400}, now=NOW) == {Operator.TELECOM: 400}
        entry = await story.record(owed.id, 300, kind=EntryKind.WRITTEN_OFF)
        await story.confirm(owed.id, entry)
        assert (await story.get(owed.id)).state == "cleared"
        assert await story.balances() == {f"clawback:{COUNTY}:2019": -400, f"setoff:{COUNTY}:2019": 400}
        await story.refuse(
            "INSERT INTO clawback_entries (clawback_id, county_code, kind, fen, cycle_id, recorded_by, recorded_at,"
            " outcome) SELECT id, county_code, 'set_off', 1, (SELECT id FROM cycles ORDER BY month DESC LIMIT 1),"
            " proposed_by, proposed_at, 'confirmed' FROM clawbacks",
            code="P0216",
        )
        await story.refuse("UPDATE settlements SET set_off_fen = pay_fen + 1", code="P0100")


async def test_of_two_proposals_of_a_line_at_once_one_is_refused(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        settled = await sum_settled(conn)
    new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=items(settled), reason="一机多卡")

    async def propose() -> str:
        async with quarter.database.transaction(scope=COUNTY) as conn:
            try:
                await Story(conn, story.finding).propose(new)
            except NothingToRecover as refusal:
                return refusal.code
            return "ok"

    assert sorted(await asyncio.gather(*(propose() for _ in range(4)))) == ["nothing_to_recover"] * 3 + ["ok"]


async def test_a_household_owes_nothing_but_for_fraud_after_its_appeal(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        settled = await sum_settled(conn)
        await story.grant("gan", "supervisor", "1306")
        new = NewClawback(
            debtor=Debtor.HOUSEHOLD, finding_id=story.finding, items=items(settled), reason="借身份证给别人",
            ground=FraudGround.LENT_IDENTITY, statement="本人说不知道",
        )  # fmt: skip
        refusal = await story.fail(story.propose(replace(new, ground=None, statement="")))
        assert [each.field for each in refusal.errors] == ["ground", "statement"]
        clawback = await story.propose(new)
        # The bound phone of the person is the account's, which is told, sees the decision, and appeals.
        async with as_owner(conn):
            buyer = await conn.fetchval(
                "INSERT INTO accounts (name, phone_sealed, phone_index, created_at)"
                " SELECT '样例用户', $1, i.value_index, now() FROM bindings b JOIN identifiers i ON i.id = b.number_id"
                "  WHERE b.line_code = $2 LIMIT 1 RETURNING id",
                SEAL.seal("17050000107", PHONE_CONTEXT), LINE,
            )  # fmt: skip
        assert await list_own_clawbacks(conn, SEAL, buyer, day=NOW.date()) == []
        await conn.execute("SAVEPOINT own")
        async with as_owner(conn):
            await conn.execute(
                "UPDATE accounts a SET identity_index = p.identity_index, identity_sealed = p.identity_sealed"
                " FROM persons p JOIN clawbacks ON person_id = p.id WHERE handle = 'xian'"
            )
        assert isinstance(await story.fail(story.decide(clawback)), ClawbackOfOwnHousehold)
        await conn.execute("ROLLBACK TO own")
        await story.decide(clawback, opinion="证据充分")
        assert await conn.fetchval("SELECT count(*) FROM messages WHERE template = 'clawback_decided'") == 1
        found = await story.get(clawback)
        assert (found.state, found.person[:2], found.statement) == ("decided", "样例", "本人说不知道")
        assert isinstance(await story.fail(story.record(clawback, 1)), ClawbackMoved)
        await story.refuse(
            "UPDATE clawbacks SET state = 'owed', posted_at = now(), due_on = '2019-07-01'", code="P0211"
        )
        refusal = await story.fail(story.serve(clawback, date(2019, 5, 7), how=None))
        assert [each.field for each in refusal.errors] == ["service", "served_on"]
        async with as_owner(conn):
            await conn.execute("UPDATE grants SET scope = '130624999' WHERE role = 'village'")
            await conn.execute(
                "DELETE FROM grants WHERE role <> 'village' AND account_id ="
                " (SELECT id FROM accounts WHERE handle = 'cun')"
            )
        assert isinstance(await story.fail(story.serve(clawback, date(2019, 5, 6), who="cun")), ClawbackNotFound)
        assert await story.serve(clawback, date(2019, 5, 6)) == date(2019, 7, 5)
        await story.refuse("UPDATE clawbacks SET state = 'owed', posted_at = $1, due_on = '2019-08-01'",
                           nine_o_clock("2019-07-05"), code="P0214")  # fmt: skip
        assert await story.balances() == {}

        [own] = await list_own_clawbacks(conn, SEAL, buyer, day=NOW.date())
        with pytest.raises(ClawbackNotFound):
            await require_own_clawback(conn, SEAL, (await story.actor("jiang")).account_id, clawback, day=NOW.date())
        actor = Actor(buyer, "样例用户")
        late = nine_o_clock("2019-07-06")
        assert own.may_appeal
        [later] = await list_own_clawbacks(conn, SEAL, buyer, day=late.date())
        assert not later.may_appeal
        appeal = appeal_own_clawback(conn, SEAL, actor, own, text="不是我借的", now=late)
        assert isinstance(await story.fail(appeal), ClawbackMoved)
        await conn.execute("SAVEPOINT written")
        assert await write_down_appeal(
            conn, SEAL, await story.actor("zhen"), COUNTY, clawback, text="老人来说", now=NOW
        )
        await conn.execute("ROLLBACK TO written")
        await appeal_own_clawback(conn, SEAL, actor, own, text="不是我借的", now=NOW)
        again = appeal_own_clawback(conn, SEAL, actor, own, text="再说一次", now=NOW)
        assert isinstance(await story.fail(again), ClawbackMoved)
        await rule_on_the_appeal(story, clawback, buyer, settled)


async def rule_on_the_appeal(story: Story, clawback: UUID, account_id: UUID, settled: dict[date, int]) -> None:
    """Annul the decision, and in its place let it stand: only then the household owes anything."""
    conn = story.conn
    late = nine_o_clock("2019-07-06")
    case_id = await conn.fetchval("SELECT case_id FROM clawback_appeals")
    await story.refuse("UPDATE clawbacks SET state = 'owed', posted_at = $1, due_on = '2019-09-01'", late, code="P0214")
    assert isinstance(await story.fail(story.rule(case_id, AppealRuling.STANDS, who="xian")), NotFound)
    refusal = await story.fail(story.rule(case_id, None, text=""))
    assert [each.field for each in refusal.errors] == ["ruling", "text"]
    await story.grant("cai", "supervisor", "1306")
    involved = await story.fail(story.rule(case_id, AppealRuling.STANDS, who="cai"))
    assert isinstance(involved, CaseAnswererInvolved)
    await conn.execute("SAVEPOINT ruled")
    await story.rule(case_id, AppealRuling.ANNULLED)
    assert (await story.get(clawback)).state == "annulled"
    assert await story.balances() == {}
    assert [each.month for each in await list_recoverable(conn, COUNTY, finding_id=story.finding)] == [*settled]
    await conn.execute("ROLLBACK TO ruled")
    await story.rule(case_id, AppealRuling.STANDS, text="证据属实")
    assert isinstance(await story.fail(story.rule(case_id, AppealRuling.ANNULLED)), CaseNotMovable)
    total = sum(settled.values())
    assert await story.balances() == {f"receivable:{COUNTY}:household": total, f"clawback:{COUNTY}:2019": -total}
    [shown] = await list_own_clawbacks(conn, SEAL, account_id, day=NOW.date())
    assert (shown.state, shown.left_fen, shown.ruling, shown.may_appeal) == ("owed", total, "证据属实", False)
    # No settlement takes it from an operator.
    cycle = await find_cycle(conn, COUNTY, MONTHS[0])
    cai = await story.actor("cai")
    assert await set_off_clawbacks(conn, cycle, cai, {Operator.MOBILE: 9_00}, now=NOW) == {Operator.MOBILE: 0}


async def test_a_decision_that_nobody_appeals_is_posted_after_its_term(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        new = NewClawback(
            debtor=Debtor.HOUSEHOLD, finding_id=story.finding, items=items(await sum_settled(conn)), reason="假材料",
            ground=FraudGround.FORGED_PAPERS, statement="没有找到人，上门两次",
        )  # fmt: skip
        clawback = await story.propose(new)
        await story.decide(clawback)
        until = await story.serve(clawback, NOW.date())
    for day, posted in ((until, 0), (until + timedelta(days=1), 1), (until + timedelta(days=2), 0)):
        summary = await post_due_clawbacks(quarter.database, SEAL, now=nine_o_clock(day.isoformat()))
        assert (summary.done, summary.failed) == (posted, 0)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = Story(conn, story.finding)
        assert (await story.get(clawback)).state == "owed"
        assert len(await story.balances()) == 2
