"""Random moves of a case: each is refused or leaves a case that keeps the invariants of the schema."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from market.cases.casework.models import CASE_MOVES, CaseMove, CaseOutcome, CaseState, LockedCase
from market.cases.casework.rules import apply_move, check_move
from market.kernel import Refusal

START = datetime(2019, 9, 20, tzinfo=UTC)
PERSON = UUID(int=1)
DAYS = timedelta(days=3)
CASE = LockedCase(
    id=PERSON, number=1, category="bad_fruit", name="坏果包赔", county_code="130624", division_code="130624101209",
    asker_id=PERSON, against_producer_id=None, against_account_id=None, for_producer_id=None,
    path=["seller", "finance", "platform"], units=["hour", "hour", "hour"], dues=[24, 24, 24], extension=12, level=1,
    received_at=START, due_at=START + timedelta(hours=24), stopped_at=None, questions=0, proposed=False,
    extended_at=None, reopened_at=None, state=CaseState.RECEIVED, outcome=None, answered_by=None, closed_at=None,
)  # fmt: skip


class CaseMoves(RuleBasedStateMachine):
    """One case, moved at random while the clock advances; a second reading of the rules predicts each refusal."""

    def __init__(self) -> None:
        super().__init__()
        self.case = CASE
        self.now = START
        self.moves: list[CaseMove] = []
        self.running = timedelta()
        """How long the clock ran at this level."""
        self.asked = 0
        self.proposed = False

    @rule(
        move=st.sampled_from([each for each in CaseMove if each not in {CaseMove.RECEIVE, CaseMove.RESCHEDULE}]),
        hours=st.integers(0, 90),
    )
    def move(self, move: CaseMove, hours: int) -> None:
        if self.case.state in {CaseState.RECEIVED, CaseState.ASSIGNED}:
            stops = timedelta()
            if self.case.stopped_at is not None:
                stops = max(min(self.now + timedelta(hours=hours), self.case.stopped_at + DAYS) - self.now, timedelta())
            self.running += timedelta(hours=hours) - stops
        self.now += timedelta(hours=hours)
        before = self.case
        possible = self.is_possible(move)
        try:
            check_move(before, move, reason="缺照片")
        except Refusal:
            assert not possible, move
            return
        assert possible, move
        due_at = (before.due_at if move is CaseMove.EXTEND else self.now) + timedelta(
            hours=12 if move is CaseMove.EXTEND else 24
        )
        self.case = apply_move(before, move, due_at=due_at, outcome=CaseOutcome.SOLVED, now=self.now)
        if move is CaseMove.ANSWER:
            self.case = replace(self.case, answered_by=UUID(int=2))
        self.asked += move is CaseMove.ASK
        if move in {CaseMove.ESCALATE, CaseMove.REFUSE, CaseMove.REOPEN}:
            self.running, self.asked, self.proposed = timedelta(), 0, False
        if move is CaseMove.PROPOSE:
            self.running, self.proposed = timedelta(), True
        self.moves.append(move)

    def is_possible(self, move: CaseMove) -> bool:
        open_ = self.case.state is CaseState.ASSIGNED
        stopped = self.case.stopped_at is not None
        return {
            CaseMove.ASSIGN: self.case.state is CaseState.RECEIVED,
            CaseMove.EXTEND: open_ and not self.proposed and CaseMove.EXTEND not in self.moves,
            CaseMove.ASK: open_ and not self.proposed and not stopped and self.asked < 2,
            CaseMove.SUPPLY: open_ and stopped,
            CaseMove.ESCALATE: open_ and self.case.level < 3,
            CaseMove.ANSWER: open_ and not self.proposed,
            CaseMove.PROPOSE: open_ and not self.proposed,
            CaseMove.AGREE: open_ and self.proposed,
            CaseMove.REFUSE: open_ and self.proposed and self.case.level < 3,
            CaseMove.CLOSE: self.case.state is CaseState.ANSWERED,
            CaseMove.REOPEN: self.case.state is CaseState.ANSWERED
            or (self.case.state is CaseState.CLOSED and CaseMove.REOPEN not in self.moves),
            CaseMove.SETTLE: open_,
            CaseMove.WITHDRAW: self.case.state in {CaseState.RECEIVED, CaseState.ASSIGNED},
        }[move]

    @invariant()
    def closed_has_an_outcome(self) -> None:
        closed = self.case.state is CaseState.CLOSED
        assert (self.case.outcome is not None, self.case.closed_at is not None) == (closed, closed)
        if self.moves and self.moves[-1] is CaseMove.WITHDRAW:
            assert self.case.outcome is CaseOutcome.WITHDRAWN

    @invariant()
    def the_clock_stops_only_while_assigned(self) -> None:
        assert self.case.stopped_at is None or self.case.state is CaseState.ASSIGNED

    @invariant()
    def questions_put_the_answer_off_by_six_days_at_most(self) -> None:
        if self.case.state is CaseState.ASSIGNED and len(self.moves) > 1:
            assert self.running + (self.case.due_at - self.now) <= timedelta(hours=36) + 2 * DAYS

    @invariant()
    def levels_rise_by_one(self) -> None:
        raises = sum(each in {CaseMove.ESCALATE, CaseMove.REFUSE, CaseMove.REOPEN} for each in self.moves)
        assert self.case.level == min(1 + raises, 3)

    @invariant()
    def time_that_stood_still_is_given_back(self) -> None:
        if self.case.state is CaseState.ASSIGNED and len(self.moves) > 1:
            left = self.case.due_at - self.now
            if self.case.stopped_at is not None:
                left -= max(self.case.stopped_at + DAYS - self.now, timedelta())
            granted = self.running + left
            assert granted in {timedelta(hours=24), timedelta(hours=36)}, granted


CaseMoves.TestCase.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
test_random_moves = CaseMoves.TestCase


def test_every_move_has_a_rule() -> None:
    assert set(CASE_MOVES) == set(CaseMove)
