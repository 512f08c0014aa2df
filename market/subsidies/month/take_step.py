"""Take a step of the month given by its entry in the table of steps."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from market.identity.models import Actor
from market.kernel import Connection
from market.subsidies.models import StepResult
from market.subsidies.month.approve import confirm_month, decide_month, review_month
from market.subsidies.month.run import RunResult, run_month
from market.subsidies.month.settle import close_month, reconcile_month, settle_month
from market.subsidies.month.steps import CLOSE, CONFIRM, DECIDE, RECONCILE, REVIEW, RUN, SETTLE, MonthStep

type StepAction = Callable[..., Awaitable[StepResult | RunResult]]

_ACTIONS: dict[str, StepAction] = {
    RUN.name: run_month,
    CONFIRM.name: confirm_month,
    REVIEW.name: review_month,
    DECIDE.name: decide_month,
    SETTLE.name: settle_month,
    RECONCILE.name: reconcile_month,
    CLOSE.name: close_month,
}


async def take_step(
    conn: Connection, step: MonthStep, actor: Actor | None, county: str, month: date, *, now: datetime
) -> StepResult | RunResult:
    """Take a step of a county's month. The caller owns the transaction.

    Raises:
        Refusal: see the function of the step.
    """
    return await _ACTIONS[step.name](conn, actor, county, month, now=now)
