"""Three months moved at random by everybody, with crashes, repetition, sending back and late facts.

After each rule: a cycle's events lead to its state, one person has one duty, a settled month is posted once and to the
fen, the budget lines are what the cycles say, and a closed month is the same row by row.
"""

import asyncio
import json
from collections.abc import Generator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from asyncpg.transaction import Transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from market.kernel import Connection, Database, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.canonical import hash_case
from market.subsidies.engine.models import Case
from market.subsidies.models import CycleState
from market.subsidies.month.budget_lines import verify_budget_lines
from market.subsidies.month.build_case import load_case
from market.subsidies.month.return_month import return_month
from market.subsidies.month.run import get_run_case
from market.subsidies.month.steps import NEXT_STEPS, RETURNABLE_STATES, SETTLED_STATES, STEPS, STEPS_BY_NAME
from market.subsidies.month.take_step import take_step
from payments import verify_ledger
from tests.conftest import EmbeddedServer, clone_database, drop_database
from tests.story.play import COUNTY, STORY, Answer, Player, nine_o_clock
from tests.story.test_month import PLAN
from tests.subsidies.month.random_months import CLOSED_ROWS, Savepoints, World, count_rows
from tests.support.make import SEAL

pytestmark = pytest.mark.long

MONTHS = ("2019-01", "2019-02", "2019-03")
PEOPLE = ("gan", "cun", "zhen", "xian", "cai", "dui")
HOLDERS = {
    "run": "gan", "confirm": "cun", "review": "zhen", "decide": "xian", "settle": "cai", "reconcile": "dui",
    "close": "dui",
}  # fmt: skip
ORDER = [CycleState.OPEN, *(step.after for step in STEPS)]
REGISTER = (STORY / "input/register/register-2019-03-18.csv").read_text("utf-8")
STAYED = "H01,1,样例赵一,户主,130624196202029910,1962-02-02,男,130624101209,骆驼湾村,是,,,2,2016-01-01,,,,"
LEFT = STAYED.replace("2016-01-01,,", "2016-01-01,2019-01-16,迁出", 1)
VERDICTS = [
    command
    for step in PLAN["steps"]
    for command in step["commands"]
    if command[1] == "finding" and step["outcome"] == "ok"
]
"""What the township of the story decides."""


class Months(RuleBasedStateMachine):
    """Officials take and return the steps of three months, some due and some not, while facts come in late."""

    world: World
    conn: Connection
    whole: Transaction

    @initialize(far=st.sampled_from((7, 4, 3, 2)))
    def begin(self, far: int) -> None:
        self.files = 0
        self.closed: dict[Any, str] = {}
        self.stack = AsyncExitStack()

        async def start() -> None:
            self.conn = await self.stack.enter_async_context(self.world.db.connection())
            self.whole = self.conn.transaction()
            await self.whole.start()
            await self.conn.execute("SELECT set_config('market.scope', $1, true)", COUNTY)

        self.world.run(start())
        self.player = Player(cast("Database", Savepoints(self.conn)), SEAL, self.world.folder)
        self.go_on(MONTHS[0], far)

    def teardown(self) -> None:
        if hasattr(self, "whole"):

            async def end() -> None:
                await self.whole.rollback()
                await self.stack.aclose()

            self.world.run(end())

    def day(self) -> str:
        """A later day for each file, so that its facts are later than the last."""
        return str(date(2019, 4, 10) + timedelta(days=self.files))

    async def find_actor(self, who: str) -> Any:
        return await find_actor_by_handle(self.conn, who, day=date(2019, 4, 10))

    async def take(self, month: str, name: str, who: str, to: CycleState | None = None) -> object:
        day, now = date.fromisoformat(f"{month}-01"), nine_o_clock(self.day())
        actor = await self.find_actor(who)
        if name == "return":
            return await return_month(self.conn, actor, COUNTY, day, why="样例", to=to, now=now)
        step = STEPS_BY_NAME[name]
        return await take_step(self.conn, step, actor, COUNTY, day, void_approvals=True, seal=SEAL, now=now)

    def attempt(self, month: str, name: str, who: str, **given: Any) -> Answer | None:
        async def one() -> Answer | None:
            savepoint = self.conn.transaction()
            await savepoint.start()
            try:
                answer = await self.take(month, name, who, **given)
            except Refusal as refusal:
                await savepoint.rollback()
                self.world.seen[refusal.code] += 1
                return None
            if name == "decide":
                await self.check_facts(month)
            await savepoint.commit()
            plain: Answer = msgspec.to_builtins(answer)
            self.world.seen[name] += 1
            self.world.seen["adjusted"] += plain.get("postings", 0)
            return plain

        return self.world.run(one())

    async def check_facts(self, month: str) -> None:
        """What is decided is what today's facts give."""
        day = date.fromisoformat(f"{month}-01")
        case = await load_case(self.conn, SEAL, COUNTY, day)
        manifest = "SELECT manifest_sha256 FROM runs JOIN cycles c ON c.run_id = runs.id WHERE c.month = $1"
        assert hash_case(case) == await self.conn.fetchval(manifest, day)

    def find_state(self, month: str) -> CycleState:
        day = date.fromisoformat(f"{month}-01")
        found = self.world.run(self.conn.fetchval("SELECT state FROM cycles WHERE month = $1", day))
        return CycleState(found) if found else CycleState.OPEN

    def decide_findings(self, month: str) -> None:
        for command in VERDICTS:
            if command[command.index("--month") + 1] == month:
                self.world.run(self.player(command, self.day()))

    @rule(month=st.sampled_from(MONTHS), far=st.integers(1, 4))
    def go_on(self, month: str, far: int) -> None:
        """Take the steps that are due, each by whose duty it is; earlier months may have to come first."""
        for _ in range(far):
            state = self.find_state(month)
            if state in NEXT_STEPS:
                step = NEXT_STEPS[state].name
                if step == "review":
                    self.decide_findings(month)
                self.attempt(month, step, HOLDERS[step])

    @rule(
        month=st.sampled_from(MONTHS), name=st.sampled_from(list(HOLDERS)), who=st.sampled_from(("cun", "gan", *PEOPLE))
    )
    def try_any(self, month: str, name: str, who: str) -> None:
        """Take any step."""
        self.attempt(month, name, who)

    @rule(month=st.sampled_from(MONTHS), first=st.integers(0, 3), to=st.sampled_from((None, None, *ORDER[:4])))
    def send_back(self, month: str, first: int, to: CycleState | None) -> None:
        self.go_on(month, first)
        month = next((each for each in MONTHS if self.find_state(each) in RETURNABLE_STATES), month)
        state = self.find_state(month)
        who = HOLDERS[NEXT_STEPS[state].name] if state in NEXT_STEPS else "dui"
        if self.attempt(month, "return", who, to=to) is not None:
            assert state in RETURNABLE_STATES
            assert ORDER.index(self.find_state(month)) < ORDER.index(state)

    @rule(month=st.sampled_from(MONTHS), queries=st.integers(2, 25))
    def crash(self, month: str, queries: int) -> None:
        """The due step stops after some queries: nothing of it is there, and it is taken as if it were the first."""
        state = self.find_state(month)
        step = NEXT_STEPS.get(state, NEXT_STEPS[CycleState.OPEN]).name
        before = self.world.run(count_rows(self.conn))
        if self.world.run(self._crash(month, step, queries)):
            self.world.seen["crash"] += 1
            assert self.world.run(count_rows(self.conn)) == before
        self.attempt(month, step, HOLDERS[step])

    async def _crash(self, month: str, step: str, queries: int) -> bool:
        savepoint = self.conn.transaction()
        await savepoint.start()
        work = asyncio.ensure_future(self.take(month, step, HOLDERS[step]))
        left = queries

        def count(_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                work.cancel()

        self.conn.add_query_logger(count)
        try:
            await work
        except asyncio.CancelledError:
            return True
        except Refusal:
            return False
        finally:
            self.conn.remove_query_logger(count)
            await savepoint.rollback()
        return False

    @rule(month=st.sampled_from(MONTHS))
    def repeat(self, month: str) -> None:
        """The same run again, and the step that was just taken: nothing is there twice."""
        state = self.find_state(month)
        if state is CycleState.OPEN:
            return
        if state not in {CycleState.DECIDED, CycleState.SETTLED, CycleState.RECONCILED}:
            first = self.attempt(month, "run", "gan")
            rows = self.world.run(count_rows(self.conn))
            second = self.attempt(month, "run", "gan")
            if first is not None:
                assert second is not None
                assert (second["postings"], second["result_sha256"]) == (0, first["result_sha256"])
                assert self.world.run(count_rows(self.conn)) == rows
                self.world.seen["repeated"] += 1
        last = next(step for step in STEPS if step.after is self.find_state(month))
        again = self.attempt(month, last.name, HOLDERS[last.name])
        assert again is None or again["outcome"] == "no-op"

    @rule(
        month=st.sampled_from(MONTHS),
        first=st.integers(0, 3),
        stays=st.booleans(),
        fen=st.sampled_from((15_000, 4_000)),
    )
    def learn(self, month: str, first: int, stays: bool, fen: int) -> None:
        """A person of a paid line turns out to have left in January, or to have stayed; February's budget changes."""
        self.go_on(month, first)
        self.files += 1
        register = self.world.folder / f"register-{self.files}.csv"
        register.write_text(REGISTER if stays else REGISTER.replace(STAYED, LEFT), "utf-8")
        budget = self.world.folder / f"budget-{self.files}.json"
        months = {"2019-01": 15_000, "2019-02": fen, "2019-03": 8_000}
        budget.write_text(json.dumps({"unit": "fen", "months": months}), "utf-8")
        for kind, path, who in (("register", register, "gan"), ("budget", budget, "jiang")):
            command = ["import", kind, path.name, "--county", COUNTY, "--as", who, "--take-changes"]
            answer = self.world.run(self.player(command, self.day()))
            self.world.seen[f"{kind} {answer.get('code', answer['outcome'])}"] += 1
        for each in MONTHS:
            if self.find_state(each) is CycleState.REVIEWED:
                self.attempt(each, "decide", "xian")
            elif self.find_state(each) is CycleState.CLOSED:
                self.repeat(each)

    @invariant()
    def the_events_lead_to_the_state(self) -> None:
        if not hasattr(self, "player"):
            return
        rows = self.world.run(
            self.conn.fetch(
                "SELECT c.month, c.state AS now, e.state, e.returned FROM cycles c JOIN cycle_events e"
                " ON e.cycle_id = c.id ORDER BY c.month, e.id"
            )
        )
        state: dict[date, CycleState] = {}
        for row in rows:
            after = CycleState(row["state"])
            before = state.get(row["month"])
            if before is None:
                assert after is CycleState.OPEN
            elif row["returned"]:
                assert before in RETURNABLE_STATES
                assert ORDER.index(after) < ORDER.index(before)
            else:
                assert [step for step in STEPS if step.after is after and before in step.froms], (before, after)
            state[row["month"]] = after
        assert all(row["now"] == state[row["month"]] for row in rows)

    @invariant()
    def one_person_has_one_duty(self) -> None:
        if not hasattr(self, "player"):
            return
        rows = self.world.run(
            self.conn.fetch(
                "SELECT cycle_id, account_id, state, '' AS duty FROM cycle_events"
                " WHERE NOT returned AND state <> 'open'"
                " UNION ALL SELECT cycle_id, account_id, '', duty FROM cycle_approvals"
            )
        )
        duties: dict[tuple[Any, Any], set[str]] = {}
        for row in rows:
            duty = row["duty"] or next(str(step.duty) for step in STEPS if step.after == row["state"])
            duties.setdefault((row["cycle_id"], row["account_id"]), set()).add(duty)
        assert all(len(taken) == 1 for taken in duties.values()), duties

    @invariant()
    def approvals_stand_behind_a_decision(self) -> None:
        if not hasattr(self, "player"):
            return
        assert not self.world.run(
            self.conn.fetch(
                """
                SELECT FROM cycles c JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = c.county_code
                 CROSS JOIN unnest(ARRAY['village', 'township']) AS duty
                 WHERE c.state = ANY($1) AND r.village_code IS NOT NULL
                   AND NOT (duty = 'township' AND c.state = 'confirmed')
                   AND NOT EXISTS (SELECT FROM cycle_approvals a
                                    WHERE a.cycle_id = c.id AND a.run_id = c.run_id AND a.duty = duty
                                      AND starts_with(r.village_code, a.scope)
                                      AND a.round = CASE duty WHEN 'village' THEN c.village_round
                                                              ELSE c.township_round END)
                """,
                ORDER[2:],
            )
        )

    @invariant()
    def settled_months_are_posted_once_to_the_fen(self) -> None:
        if not hasattr(self, "player"):
            return
        wrong = self.world.run(
            self.conn.fetch(
                """
                WITH own AS (
                    SELECT c.id, c.state, r.line_code, r.approved_fen, r.public_fen, p.posted, p.public
                      FROM cycles c JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = c.county_code
                      LEFT JOIN LATERAL (SELECT count(*) AS posted, sum(public_fen) AS public FROM subsidy_postings
                                          WHERE cycle_id = c.id AND for_month = c.month
                                            AND line_code = r.line_code) AS p ON true)
                SELECT line_code, 'line' FROM own
                 WHERE posted > 1 OR (posted = 1 AND (public <> public_fen OR NOT state = ANY($1)))
                 UNION ALL
                SELECT operator, 'operator' FROM settlements s
                 WHERE pay_fen <> (SELECT coalesce(sum(public_fen), 0) FROM subsidy_postings p
                                    WHERE p.cycle_id = s.cycle_id AND p.operator = s.operator)
                """,
                SETTLED_STATES,
            )
        )
        assert not wrong, wrong
        assert self.world.run(verify_budget_lines(self.conn)) == []
        assert self.world.run(verify_ledger(self.conn)) == []

    @invariant()
    def a_closed_month_stays_as_it_is(self) -> None:
        if not hasattr(self, "player"):
            return
        for row in self.world.run(self.conn.fetch("SELECT id, run_id FROM cycles WHERE state = 'closed'")):
            digest = self.world.run(self.conn.fetchval(CLOSED_ROWS, row["id"], row["run_id"]))
            if row["id"] not in self.closed:
                self.world.run(self.check_hash(row["run_id"]))
            assert self.closed.setdefault(row["id"], digest) == digest

    async def check_hash(self, run_id: Any) -> None:
        case = msgspec.json.decode(await get_run_case(self.conn, SEAL, COUNTY, run_id), type=Case)
        stored = await self.conn.fetchval("SELECT result_sha256 FROM runs WHERE id = $1", run_id)
        assert calculate(case).result_sha256 == stored


@pytest.fixture
def world(server: EmbeddedServer, template: str, tmp_path: Path) -> Generator[World]:
    # In a loop of its own: each rule runs to its end before the next.
    runner = asyncio.Runner()
    name = runner.run(clone_database(server, template))
    made = World(server.dsn(name), tmp_path)
    made.run(made.open())
    yield made
    made.run(made.db.close())
    runner.run(drop_database(server, name))
    made.runner.close()
    runner.close()


def test_months_at_random(world: World) -> None:
    Months.world = world
    run_state_machine_as_test(
        Months,
        settings=settings(
            max_examples=18, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow], deadline=None
        ),
    )
    for reached in (*HOLDERS, "return", "crash", "repeated", "adjusted", "register ok", "budget ok"):
        assert world.seen[reached], reached
    for refused in ("second_duty", "wrong_state", "findings_undecided", "facts_changed", "cycle_closed"):
        assert world.seen[refused], refused
