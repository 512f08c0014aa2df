"""Leads moved at random by everybody: the state follows the steps, one person has one duty, and no notice is cut."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from asyncpg.transaction import Transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from market.kernel import Connection, Database, Refusal, open_database
from market.kernel.clock import get_business_day
from market.kernel.database import APP_ROLE
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.intake.models import LEAD_MOVES, LeadKind, LeadStep, Vote
from market.subsidies.intake.report import NewLead, report_lead
from market.subsidies.intake.take_step import LeadStepRequest, take_step
from tests.conftest import EmbeddedServer, clone_database, drop_database
from tests.story.play import COUNTY
from tests.subsidies.intake.intake import SUDDEN, at, make_lead, step
from tests.support.make import SEAL

pytestmark = pytest.mark.long

PEOPLE = ("gan", "cun", "zhen", "xian")
NEXT = {
    "reported": ("visit", "cun"),
    "visited": ("match", "gan"),
    "matched": ("confirm", "cun"),
    "noticed": ("review", "zhen"),
    "reviewed": ("decide", "xian"),
}
"""By state: the step that is due, and who can take it."""
KINDS = (make_lead(LeadKind.IDENTIFY, "H01"), make_lead(LeadKind.EXIT, "H09"), make_lead(LeadKind.IDENTIFY, "H03"))


class World:
    """One county for all examples; each example rolls its transaction back."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.runner = asyncio.Runner()
        self.seen: Counter[str] = Counter()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def open(self) -> None:
        self.db: Database = await open_database(self.dsn, role=APP_ROLE, max_size=2)
        async with self.db.connection() as conn:
            found = [await find_actor_by_handle(conn, who, day=date(2019, 2, 18)) for who in PEOPLE]
        self.people = {who: actor for who, actor in zip(PEOPLE, found, strict=True) if actor is not None}


class Leads(RuleBasedStateMachine):
    """Officials report leads and take steps on them, some due and some not, as days go by."""

    world: World
    conn: Connection
    whole: Transaction

    @initialize()
    def begin(self) -> None:
        self.days = 0
        self.leads: list[UUID] = []
        self.stack = AsyncExitStack()

        async def start() -> None:
            self.conn = await self.stack.enter_async_context(self.world.db.connection())
            self.whole = self.conn.transaction()
            await self.whole.start()
            await self.conn.execute("SELECT set_config('market.scope', $1, true)", COUNTY)

        self.world.run(start())
        self.report(KINDS[0], "gan")

    def teardown(self) -> None:
        if hasattr(self, "whole"):

            async def end() -> None:
                await self.whole.rollback()
                await self.stack.aclose()

            self.world.run(end())

    def attempt(self, work: Coroutine[Any, Any, object]) -> Any:
        async def one() -> Any:
            savepoint = self.conn.transaction()
            await savepoint.start()
            try:
                result = await work
            except Refusal as refusal:
                await savepoint.rollback()
                self.world.seen[refusal.code] += 1
                return None
            await savepoint.commit()
            return result

        return self.world.run(one())

    @rule(new=st.sampled_from(KINDS), who=st.sampled_from(("gan", "gan", "cun")))
    def report(self, new: NewLead, who: str) -> None:
        lead_id = self.attempt(report_lead(self.conn, SEAL, self.world.people[who], COUNTY, new, now=at(self.days)))
        if lead_id is not None:
            self.leads.append(lead_id)

    @rule(days=st.integers(1, 7))
    def wait(self, days: int) -> None:
        self.days += days

    def build(self, name: LeadStep) -> LeadStepRequest:
        fields: dict[str, object] = {}
        if name is LeadStep.MATCH:
            fields["standing"] = SUDDEN
        if name is LeadStep.CONFIRM:
            fields["vote"] = Vote(attended=9, agreed=7)
        return step(name, **fields)

    @rule(
        position=st.integers(0, 2),
        far=st.integers(2, 5),
        who=st.sampled_from(("", "", "", "", "", *PEOPLE)),
        waits=st.sampled_from((2, 6, 6)),
    )
    def go_on(self, position: int, far: int, who: str, waits: int) -> None:
        """Take the steps that are due, each by whose turn it is, or one person all; a notice is waited for."""
        lead_id = self.leads[position % len(self.leads)]
        for _ in range(far):
            state = self.world.run(self.conn.fetchval("SELECT state FROM leads WHERE id = $1", lead_id))
            if state in NEXT:
                due, own = NEXT[state]
                self.days += waits if due == "review" else 0
                self.take(lead_id, LeadStep(due), who or own)

    @rule(
        position=st.integers(0, 5),
        name=st.sampled_from((LeadStep.RETURN, LeadStep.RETURN, *LeadStep)),
        who=st.sampled_from(PEOPLE),
    )
    def try_any(self, position: int, name: LeadStep, who: str) -> None:
        """Take any step."""
        self.take(self.leads[position % len(self.leads)], name, who)

    def take(self, lead_id: UUID, name: LeadStep, who: str) -> None:
        taken = self.attempt(
            take_step(
                self.conn,
                SEAL,
                self.world.people[who],
                lead_id,
                self.build(name),
                county=COUNTY,
                now=at(self.days),
            )
        )
        if taken is not None:
            self.world.seen[name] += 1

    @invariant()
    def the_history_explains_each_lead(self) -> None:
        if not hasattr(self, "conn"):
            return
        rows = self.world.run(
            self.conn.fetch(
                "SELECT l.id, l.state, lower(l.notice) AS first, upper(l.notice) AS until, s.step, s.before, s.after,"
                " a.handle, s.at, lower(s.notice) AS s_first, upper(s.notice) AS s_until"
                " FROM leads l JOIN lead_steps s ON s.lead_id = l.id JOIN accounts a ON a.id = s.account_id"
                " ORDER BY l.id, s.id"
            )
        )
        moves = {(str(move.step), str(move.before), str(move.after)): move.duty for move in LEAD_MOVES}
        state: dict[UUID, str] = {}
        duties: dict[tuple[UUID, str], set[str]] = {}
        until: dict[UUID, date] = {}
        for row in rows:
            assert state.get(row["id"], "new") == row["before"]
            state[row["id"]] = row["after"]
            duty = moves[row["step"], row["before"], row["after"]]
            if duty is not None:
                duties.setdefault((row["id"], row["handle"]), set()).add(duty)
            day = get_business_day(row["at"])
            if row["step"] == "confirm":
                assert row["s_first"] > day
                assert row["s_until"] - row["s_first"] >= timedelta(days=5)
                until[row["id"]] = row["s_until"]
            if row["step"] in {"review", "decide"}:
                assert day >= until[row["id"]]
        for row in rows:
            assert row["state"] == state[row["id"]]
        for held in duties.values():
            assert held in (
                {"report"},
                {"village"},
                {"match"},
                {"township"},
                {"county"},
                {"report", "match"},
                {"report", "village"},
            )
        reporters = {row["id"]: row["handle"] for row in rows if row["step"] == "report"}
        assert not [
            row for row in rows
            if row["step"] in {"confirm", "review", "decide"} and row["handle"] == reporters[row["id"]]
        ]  # fmt: skip


@pytest.fixture
def world(server: EmbeddedServer, calculated_template: str) -> Generator[World]:
    # In a loop of its own: each rule runs to its end before the next.
    runner = asyncio.Runner()
    name = runner.run(clone_database(server, calculated_template))
    made = World(server.dsn(name))
    made.run(made.open())
    yield made
    made.run(made.db.close())
    runner.run(drop_database(server, name))
    made.runner.close()
    runner.close()


def test_leads_at_random(world: World, seal: Seal) -> None:
    assert seal.index("x") == SEAL.index("x")
    Leads.world = world
    run_state_machine_as_test(
        Leads,
        settings=settings(
            max_examples=15, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow], deadline=None
        ),
    )
    for reached in ("confirm", "review", "decide", "return", "reject"):
        assert world.seen[reached], reached
    for refused in ("notice_not_ended", "second_lead_duty", "lead_moved", "lead_open_before", "not_allowed"):
        assert world.seen[refused], refused
