"""The steps of a month, with the states before and after, the duty, the role and the names of each.

This table is their only definition: API, command line, desk, reports and, through parameters, the SQL read it.
"""

from msgspec import Struct

from market.people.identity.models import Role
from market.subsidies.models import CycleState, Duty


class MonthStep(Struct, frozen=True, kw_only=True):
    """One step of a month.

    `name` is its command and the last segment of its URL. It is due in the state `before`, leads to the state `after`,
    and may be repeated in the states of `repeats`. `zh` names the step on pages, `en` describes it in help texts.
    `by_division`: several officials take it, each for their own divisions.
    """

    name: str
    before: CycleState
    after: CycleState
    duty: Duty
    role: Role
    zh: str
    en: str
    repeats: tuple[CycleState, ...] = ()
    by_division: bool = False

    @property
    def froms(self) -> tuple[CycleState, ...]:
        """The states in which the step may be taken."""
        return (self.before, *self.repeats)


RUN = MonthStep(
    name="run",
    before=CycleState.OPEN,
    after=CycleState.CALCULATED,
    repeats=(CycleState.CALCULATED, CycleState.CONFIRMED, CycleState.REVIEWED),
    duty=Duty.IMPORT,
    role=Role.IMPORTER,
    zh="计算",
    en="Calculate a month and match the claims; for a closed month, post the differences in the open cycle.",
)
CONFIRM = MonthStep(
    name="confirm",
    before=CycleState.CALCULATED,
    after=CycleState.CONFIRMED,
    duty=Duty.VILLAGE,
    role=Role.VILLAGE,
    zh="村级评议核实",
    en="Village: confirm that the month's lines match reality.",
    by_division=True,
)
REVIEW = MonthStep(
    name="review",
    before=CycleState.CONFIRMED,
    after=CycleState.REVIEWED,
    duty=Duty.TOWNSHIP,
    role=Role.TOWNSHIP,
    zh="乡镇审核",
    en="Township: review the exceptions and a sample.",
    by_division=True,
)
DECIDE = MonthStep(
    name="decide",
    before=CycleState.REVIEWED,
    after=CycleState.DECIDED,
    duty=Duty.COUNTY,
    role=Role.COUNTY,
    zh="县级审定",
    en="County: decide the month against its budget; the importer of its files may not.",
)
SETTLE = MonthStep(
    name="settle",
    before=CycleState.DECIDED,
    after=CycleState.SETTLED,
    duty=Duty.SETTLEMENT,
    role=Role.FINANCE,
    zh="结算",
    en="Finance: post the decided amounts and store each operator's control totals.",
)
RECONCILE = MonthStep(
    name="reconcile",
    before=CycleState.SETTLED,
    after=CycleState.RECONCILED,
    duty=Duty.RECONCILIATION,
    role=Role.RECONCILER,
    zh="对账",
    en="Compare the postings with the control totals; no difference of an operator's return file may be open.",
)
CLOSE = MonthStep(
    name="close",
    before=CycleState.RECONCILED,
    after=CycleState.CLOSED,
    duty=Duty.RECONCILIATION,
    role=Role.RECONCILER,
    zh="关账",
    en="Close a reconciled month permanently.",
)
STEPS = (RUN, CONFIRM, REVIEW, DECIDE, SETTLE, RECONCILE, CLOSE)
"""All steps, in order; each leads to the state that the next one needs."""

LONG_STEPS = (RUN, DECIDE)
"""Steps that read all facts of the county: the worker takes them, not a request."""

STEPS_BY_NAME = {step.name: step for step in STEPS}
NEXT_STEPS = {step.before: step for step in STEPS}
"""The step that is due in a state; a closed month has none."""
DUTY_ROLES = {Duty.TERMS: Role.POLICY} | {step.duty: step.role for step in STEPS}
"""The role of each duty."""


def _list_states(first: CycleState, last: CycleState) -> tuple[CycleState, ...]:
    states = [STEPS[0].before, *(step.after for step in STEPS)]
    return tuple(states[states.index(first) : states.index(last) + 1])


def list_states_before(state: CycleState) -> tuple[CycleState, ...]:
    """Return the states before a state, in order."""
    return _list_states(RUN.before, state)[:-1]


UNDECIDED_STATES = RUN.froms
"""States before the county's decision: the month may be calculated again, and changes void the reviews."""
REVIEWABLE_STATES = _list_states(RUN.after, REVIEW.after)
"""States of a calculated month before the county's decision: findings are decided in them."""
UNSETTLED_STATES = _list_states(RUN.before, DECIDE.after)
"""States in which nothing of the month is posted yet."""
HOLDABLE_STATES = _list_states(RUN.after, DECIDE.after)
"""States of a calculated month that is not settled: a line may be held in them."""
RETURNABLE_STATES = (*HOLDABLE_STATES, RECONCILE.after)
"""States from which a month may be returned to an earlier one; from the last of them only to the settlement."""
SETTLED_STATES = _list_states(SETTLE.after, CLOSE.after)
"""States in which the month is posted."""


def list_return_targets(state: CycleState) -> tuple[CycleState, ...]:
    """Return the states to which a month may be returned from a state, the one before first.

    A settled month is never edited (R10): what is posted stays, a later fact makes adjustments. Its reconciliation may
    be taken again until the month is closed.
    """
    if state not in RETURNABLE_STATES:
        return ()
    earlier = list_states_before(state)[::-1]
    return tuple(each for each in earlier if (each in UNSETTLED_STATES) == (state in UNSETTLED_STATES))
