"""The table of the month's steps: an unbroken chain of states, and a role for every duty."""

from itertools import pairwise

from market.people.identity.models import Role
from market.subsidies.models import CycleState, Duty
from market.subsidies.month.steps import (
    CLOSE,
    DUTY_ROLES,
    NEXT_STEPS,
    REVIEWABLE_STATES,
    RUN,
    SETTLED_STATES,
    STEPS,
    UNDECIDED_STATES,
    UNSETTLED_STATES,
)


def test_each_step_leads_to_the_state_before_the_next() -> None:
    assert [step.before for step in STEPS] + [CLOSE.after] == list(CycleState)
    assert all(earlier.after is later.before for earlier, later in pairwise(STEPS))
    assert {NEXT_STEPS[step.before].after for step in STEPS} == set(CycleState) - {CycleState.OPEN}


def test_only_the_run_is_repeated() -> None:
    assert [step.name for step in STEPS if step.repeats] == ["run"]
    assert RUN.froms == UNDECIDED_STATES == ("open", "calculated", "confirmed", "reviewed")


def test_every_duty_has_its_own_role() -> None:
    assert DUTY_ROLES.keys() == set(Duty)
    assert len(set(DUTY_ROLES.values())) == len(Duty)
    assert DUTY_ROLES[Duty.TERMS] is Role.POLICY


def test_states_are_grouped_by_what_has_happened() -> None:
    assert REVIEWABLE_STATES == ("calculated", "confirmed", "reviewed")
    assert (*UNSETTLED_STATES, *SETTLED_STATES) == tuple(CycleState)
    assert SETTLED_STATES == ("settled", "reconciled", "closed")
