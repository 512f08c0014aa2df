"""Changes of lines in the story's county: who reports and who takes them, and what the months then are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor, NotAllowed
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.models import Case
from market.subsidies.lines.changes import refuse_change, report_change, take_change
from market.subsidies.lines.models import (
    ChangeDetails,
    LineChangeDecided,
    LineChangeInvalid,
    LineChangeWaiting,
    LineNotFound,
    LineVerb,
    NewLineChange,
    SecondChangePart,
)
from market.subsidies.lines.views import LineChange, list_versions, list_waiting_changes
from market.subsidies.month.build_case import load_case
from market.subsidies.names import Operator
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.support.make import SEAL
from tests.support.postgres import as_owner

NOW = nine_o_clock("2019-02-18")
JANUARY, FEBRUARY = date(2019, 1, 1), date(2019, 2, 1)
NEW_SIM, NEW_SIM_2, SIM_OF_YD_02 = "89860019000000009993", "89860119000000009992", "89860019000000000034"
OTHER = "130624197505059919"
"""样例李一 of H04, who has the broadband YD-K1."""


class Desk:
    """Reports and takes changes in one transaction of the county."""

    def __init__(self, conn: Connection, now: datetime = NOW) -> None:
        self.conn = conn
        self.now = now

    async def actor(self, handle: str) -> Actor:
        found = await find_actor_by_handle(self.conn, handle, day=self.now.date())
        assert found is not None
        return found

    async def report(
        self, line: str, verb: LineVerb, day: str, *, who: str = "zhen", note: str = "样例：看过受理单", **details: Any
    ) -> UUID:
        new = NewLineChange(
            line=line, verb=verb, effective_on=date.fromisoformat(day), note=note, details=ChangeDetails(**details)
        )
        return (await report_change(self.conn, SEAL, await self.actor(who), COUNTY, new, now=self.now)).id

    async def take(self, change_id: UUID, *, who: str = "gan") -> LineChange:
        return await take_change(self.conn, SEAL, await self.actor(who), COUNTY, change_id, now=self.now)

    async def refuse(self, change_id: UUID, reason: str, *, who: str = "gan") -> LineChange:
        return await refuse_change(
            self.conn, SEAL, await self.actor(who), COUNTY, change_id, reason=reason, now=self.now
        )

    async def change(self, line: str, verb: LineVerb, day: str, **details: Any) -> LineChange:
        return await self.take(await self.report(line, verb, day, **details))

    async def fail(self, work: Any) -> Refusal:
        """Return the refusal of a step, which changes nothing."""
        attempt = self.conn.transaction()
        await attempt.start()
        try:
            await work
        except Refusal as refusal:
            return refusal
        finally:
            await attempt.rollback()
        raise AssertionError("it was done")

    async def versions(self, line: str) -> list[tuple[str, str, str, bool]]:
        listed = await list_versions(self.conn, COUNTY, line)
        return [(str(each.start), str(each.until or ""), each.change, each.replaced_at is None) for each in listed]


def get_days(case: Case, line: str) -> list[tuple[str, str]]:
    [found] = [each for each in case.lines if each.id == line]
    return [(str(span.start), str(span.until or "")) for span in found.active]


def get_entitled(case: Case, line: str) -> int:
    [found] = [each for each in calculate(case).lines if each.id == line]
    return found.entitled_fen


async def test_each_verb_adds_a_version_and_only_its_days_change_the_month(county: Connection) -> None:
    desk = Desk(county)
    before = await load_case(county, SEAL, COUNTY, FEBRUARY)
    lines_before = {each.id for each in before.lines}
    done = await desk.change("YD-01", LineVerb.REPLACE_SIM, "2019-02-10", sim=NEW_SIM)
    assert (done.outcome, done.file) == ("taken", f"业务变更-{done.number}.csv")
    await desk.change("YD-01", LineVerb.REPLACE_DEVICE, "2019-02-12", device="353918051234567")
    # Neither changes a day, a charge or a hash, and what was open before is kept beside its end.
    assert await desk.versions("YD-01") == [
        ("2018-10-01", "", "新办", False),
        ("2018-10-01", "2019-02-10", "补换卡", True),
        ("2019-02-10", "", "补换卡", False),
        ("2019-02-10", "2019-02-12", "换机", True),
        ("2019-02-12", "", "换机", True),
    ]
    assert (
        calculate(await load_case(county, SEAL, COUNTY, FEBRUARY)).manifest_sha256 == calculate(before).manifest_sha256
    )

    await desk.change("YD-02", LineVerb.SUSPEND, "2019-02-05")
    suspended = await load_case(county, SEAL, COUNTY, FEBRUARY)
    assert get_days(suspended, "YD-02") == [("2018-10-01", "2019-02-05")]
    await desk.change("YD-02", LineVerb.RESUME, "2019-02-15")
    await desk.change("YD-03", LineVerb.CLOSE, "2019-02-11")
    await desk.change(
        "DX-04", LineVerb.PORT, "2019-02-12", sim=NEW_SIM_2, new_line="LT-94", operator=Operator.UNICOM, plan="LT18",
        realname="一致",
    )  # fmt: skip
    after = await load_case(county, SEAL, COUNTY, FEBRUARY)
    assert get_days(after, "YD-02") == [("2018-10-01", "2019-02-05"), ("2019-02-15", "")]
    assert get_days(after, "YD-03") == [("2018-10-01", "2019-02-11")]
    assert get_days(after, "DX-04") == [("2018-10-01", "2019-02-12")]
    # 9.00 × 18 of 28 days; 9.00 × 10 of 28; 19.00 × 11 of 28, rounded half up.
    assert [get_entitled(after, line) for line in ("YD-02", "YD-03", "DX-04")] == [579, 321, 746]
    # The ported number is a new line: nothing is reduced for it until it is enrolled.
    assert {each.id for each in after.lines} == lines_before
    assert await desk.versions("LT-94") == [("2019-02-12", "", "携号转入", True)]
    assert calculate(await load_case(county, SEAL, COUNTY, JANUARY)).result_sha256 == (
        await county.fetchval(
            "SELECT result_sha256 FROM runs JOIN cycles ON run_id = runs.id WHERE month = '2019-01-01'"
        )
    )


async def test_a_transferred_number_goes_on_as_a_line_of_the_other_person(county: Connection) -> None:
    desk = Desk(county)
    same = await desk.fail(
        desk.report("YD-05", LineVerb.TRANSFER, "2019-01-16", identity="130624195909099918", new_line="YD-95",
                    realname="一致")
    )  # fmt: skip
    assert [each.field for each in same.errors] == ["identity"]
    done = await desk.change(
        "YD-05", LineVerb.TRANSFER, "2019-01-16", identity=OTHER, new_line="YD-95", realname="一致"
    )
    assert done.details.identity == "130624********9919"
    case = await load_case(county, SEAL, COUNTY, JANUARY)
    # The bill is for the number: it stays with the line that is enrolled, for its days, and the other has none.
    [line] = [each for each in case.lines if each.id in {"YD-05", "YD-95"}]
    assert (line.id, get_days(case, "YD-05"), line.claimed_fen) == ("YD-05", [("2018-10-01", "2019-01-16")], 1500)
    assert get_entitled(case, "YD-05") == 919  # 19.00 × 15 of 31 days
    assert await county.fetchval("SELECT identity_index FROM bindings WHERE line_code = 'YD-95'") == SEAL.index(OTHER)
    # Once the other person is enrolled too, each has the claim of their own days: 15 and 16 of 31.
    await county.execute(
        "INSERT INTO enrolments (county_code, line_code, programme_code, identity_index, household_code, applied_on,"
        " notice, decided_on, entitled_from, status)"
        " SELECT county_code, 'YD-95', programme_code, $1, household_code, applied_on, notice, decided_on,"
        " entitled_from, status FROM enrolments WHERE line_code = 'YD-05'",
        SEAL.index(OTHER),
    )
    case = await load_case(county, SEAL, COUNTY, JANUARY)
    claims = {line.id: line.claimed_fen for line in case.lines if line.id in {"YD-05", "YD-95"}}
    assert claims == {"YD-05": 726, "YD-95": 774}
    assert [get_entitled(case, line) for line in claims] == [919, 981]
    approved = {each.id: (each.approved_fen, each.reasons) for each in calculate(case).lines if each.id in claims}
    assert approved == {"YD-05": (726, ("MATCHED", "ENDED")), "YD-95": (774, ("MATCHED",))}


async def test_a_change_is_reported_by_one_person_and_decided_once_by_another(county: Connection) -> None:
    desk = Desk(county)
    zhen = await desk.report("YD-01", LineVerb.CLOSE, "2019-02-10")
    assert isinstance(await desk.fail(desk.report("YD-01", LineVerb.SUSPEND, "2019-02-11")), LineChangeWaiting)
    assert isinstance(await desk.fail(desk.take(zhen, who="zhen")), NotAllowed)
    wrong = await desk.fail(desk.refuse(zhen, " "))
    assert isinstance(wrong, LineChangeInvalid)
    assert [each.field for each in wrong.errors] == ["reason"]
    refused = await desk.refuse(zhen, "样例：营业厅说没有销户")
    assert (refused.outcome, refused.reason, refused.file) == ("refused", "样例：营业厅说没有销户", "")
    assert await desk.versions("YD-01") == [("2018-10-01", "", "新办", True)]
    for again in (desk.take(zhen), desk.refuse(zhen, "样例")):
        assert isinstance(await desk.fail(again), LineChangeDecided)
    # The importer reports too; another importer has to take it, by whatever account.
    own = await desk.report("YD-01", LineVerb.CLOSE, "2019-02-10", who="gan")
    assert isinstance(await desk.fail(desk.take(own)), SecondChangePart)
    await desk.fail(desk.refuse(own, "样例"))
    assert [each.id for each in (await list_waiting_changes(county, SEAL, COUNTY, (COUNTY,)))[0]] == [own]
    # Who lives with the person of the line decides nothing about it.
    async with as_owner(county):
        await county.execute(
            "UPDATE accounts SET identity_index = $1, identity_sealed = '' WHERE handle = 'gan'", SEAL.index(OTHER)
        )
    near = await desk.report("YD-K1", LineVerb.CLOSE, "2019-02-10")
    assert isinstance(await desk.fail(desk.take(near)), SecondChangePart)
    assert isinstance(await desk.fail(desk.report("YD-999", LineVerb.CLOSE, "2019-02-10")), LineNotFound)


async def test_who_uses_a_line_or_lives_with_who_does_decides_no_change_of_it(county: Connection) -> None:
    """Each alone: who is enrolled or bound, in the register or not, and the household of either."""
    desk = Desk(county)
    change = await desk.report("YD-K1", LineVerb.CLOSE, "2019-02-10")
    enrolled = "UPDATE enrolments SET identity_index = $1 WHERE line_code = 'YD-K1'"
    bound = "UPDATE bindings SET identity_index = $1 WHERE line_code = 'YD-K1'"
    number = "UPDATE accounts SET identity_index = $1, identity_sealed = '' WHERE handle = 'gan'"
    stranger, son = SEAL.index("nobody"), SEAL.index("130624200303039914")
    neighbour = await county.fetchrow(
        "SELECT p.identity_index AS user, o.identity_index AS mate FROM memberships m"
        "  JOIN memberships n ON n.household_code = m.household_code AND n.person_id <> m.person_id"
        "  JOIN persons p ON p.id = m.person_id JOIN persons o ON o.id = n.person_id"
        " WHERE m.household_code <> 'H04' AND upper_inf(m.valid_during) AND upper_inf(n.valid_during) LIMIT 1"
    )
    assert neighbour is not None
    for statement, user, decider in (
        (enrolled, stranger, stranger),
        (bound, stranger, stranger),
        (bound, stranger, son),
        (enrolled, stranger, SEAL.index(OTHER)),
        (bound, neighbour["user"], neighbour["mate"]),
    ):
        attempt = county.transaction()
        await attempt.start()
        async with as_owner(county):
            await county.execute(statement, user)
            await county.execute(number, decider)
        assert isinstance(await desk.fail(desk.refuse(change, "样例")), SecondChangePart), (statement, user)
        await attempt.rollback()
    # One person under two accounts: by the name although only one has a number, and by the key of the name of then.
    same_name = "UPDATE accounts SET name = (SELECT name FROM accounts WHERE handle = 'zhen') WHERE handle = 'gan'"
    renamed = "UPDATE accounts SET name = '样例别某' WHERE handle = 'zhen'"
    for statement, values in ((number, [stranger]), (renamed, [])):
        attempt = county.transaction()
        await attempt.start()
        async with as_owner(county):
            await county.execute(same_name)
            await county.execute(statement, *values)
        assert isinstance(await desk.fail(desk.refuse(change, "样例")), SecondChangePart), statement
        await attempt.rollback()
    assert (await desk.refuse(change, "样例")).outcome == "refused"


async def test_what_is_in_the_way_when_a_change_is_taken_is_named(county: Connection) -> None:
    desk = Desk(county)
    taken = await desk.report("YD-01", LineVerb.REPLACE_SIM, "2019-02-10", sim=SIM_OF_YD_02)
    refusal = await desk.fail(desk.take(taken))
    assert [(each.field, each.message) for each in refusal.errors] == [("sim", "这一天已绑定在另一条业务")]
    faults = await desk.fail(
        desk.report("YD-02", LineVerb.PORT, "2019-02-10", note="", sim="12", new_line="YD-03", plan="YD18",
                    operator=Operator.UNICOM, realname="一致")
    )  # fmt: skip
    assert {each.field: each.message for each in faults.errors} == {
        "sim": "卡号是 19 或 20 位的 ICCID，印在卡上",
        "new_line": "这个业务编号已经有了",
        "plan": "套餐表里没有这一家的这个套餐",
        "note": "请写您怎么知道的",
    }
    # A file of the operator that came meanwhile counts: the change no longer follows.
    waits = await desk.report("YD-02", LineVerb.SUSPEND, "2019-02-10")
    async with as_owner(county):
        await county.execute(
            "UPDATE bindings SET valid_during = daterange(lower(valid_during), '2019-02-15'), change = '销户'"
            " WHERE line_code = 'YD-02' AND upper_inf(valid_during)"
        )
    refusal = await desk.fail(desk.take(waits))
    assert [(each.field, each.message) for each in refusal.errors] == [("verb", "这条业务 2019-02-15 已经销户")]


async def test_the_schema_keeps_a_change_as_it_was_reported(county: Connection) -> None:
    desk = Desk(county)
    change_id = await desk.report("YD-01", LineVerb.CLOSE, "2019-02-10")
    gan = (await desk.actor("gan")).account_id
    wrong = {
        "UPDATE line_changes SET verb = 'suspend'": "line_changes is append-only",
        "DELETE FROM line_changes": "line_changes is append-only",
        f"UPDATE line_changes SET outcome = 'taken', decided_by = '{gan}', decided_at = now()": "file_of_taken",
        f"UPDATE line_changes SET outcome = 'refused', decided_by = '{gan}', decided_at = now()": "reason_of_refused",
        "UPDATE line_changes SET outcome = 'refused', decided_by = reported_by, reason_sealed = ''": "involved in",
    }  # fmt: skip
    for statement, message in wrong.items():
        with pytest.raises(asyncpg.PostgresError, match=message):
            async with county.transaction(), as_owner(county):
                await county.execute(f"{statement} WHERE id = '{change_id}'")
    await desk.refuse(change_id, "样例")
    with pytest.raises(asyncpg.PostgresError, match="decided before"):
        async with county.transaction(), as_owner(county):
            await county.execute("UPDATE line_changes SET decided_at = now()")


async def test_a_closing_in_a_settled_month_leaves_it_and_is_adjusted_in_the_next(quarter: Player) -> None:
    postings = (
        "SELECT for_month::text, approved_fen, conceded_fen, public_fen FROM subsidy_postings WHERE line_code = 'YD-01'"
    )
    async with quarter.database.transaction(scope=COUNTY) as conn:
        before = set(map(tuple, await conn.fetch(postings)))
        runs = await conn.fetch("SELECT month, run_id FROM cycles ORDER BY month")
        await Desk(conn, nine_o_clock("2019-05-02")).change("YD-01", LineVerb.CLOSE, "2019-02-11")
        assert set(map(tuple, await conn.fetch(postings))) == before
        assert await conn.fetch("SELECT month, run_id FROM cycles ORDER BY month") == runs
    for month in ("2019-02", "2019-03"):
        answer = await quarter(["subsidies", "run", "--month", month, "--as", "gan"], "2019-05-02")
        assert "code" not in answer, answer
    async with quarter.database.transaction(scope=COUNTY) as conn:
        added = set(map(tuple, await conn.fetch(postings))) - before
    # February: 19.00 × 10 of 28 days instead of 19.00; March: nothing instead of 19.00. The operator bears 70 %.
    assert {(month, approved) for month, approved, *_ in added} == {("2019-02-01", -1221), ("2019-03-01", -1900)}
    assert all(conceded + public >= approved for _, approved, conceded, public in added)
