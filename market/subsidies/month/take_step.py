"""Take a step of the month given by its entry in the table of steps."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.subsidies.models import OpinionTooLong, StepResult
from market.subsidies.month.approve import confirm_month, decide_month, review_month
from market.subsidies.month.cycles import MAX_OPINION_LENGTH
from market.subsidies.month.run import RunResult, run_month
from market.subsidies.month.settle import close_month, reconcile_month, settle_month
from market.subsidies.month.steps import CLOSE, CONFIRM, DECIDE, RECONCILE, REVIEW, RUN, SETTLE, MonthStep
from market.subsidies.progress import Report, report_nothing

type StepAction = Callable[..., Awaitable[StepResult]]

_ACTIONS: dict[str, StepAction] = {
    CONFIRM.name: confirm_month,
    RECONCILE.name: reconcile_month,
    CLOSE.name: close_month,
}


async def take_step(
    conn: Connection,
    step: MonthStep,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    opinion: str = "",
    void_approvals: bool = False,
    seal: Seal,
    now: datetime,
    report: Report = report_nothing,
    beside: Database | None = None,
) -> StepResult | RunResult:
    """Take a step of a county's month, with the official's opinion. The caller owns the transaction.

    `void_approvals` lets a calculation void approvals; it means nothing for other steps. `report` is told how far one
    of `LONG_STEPS` is; a calculation reads with a second connection of `beside`.

    Raises:
        OpinionTooLong: the opinion has more than 500 characters.
        Refusal: see the function of the step.
    """
    opinion = read_opinion(opinion)
    if step is RUN:
        return await run_month(
            conn,
            actor,
            county,
            month,
            opinion=opinion,
            void_approvals=void_approvals,
            seal=seal,
            now=now,
            report=report,
            beside=beside,
        )
    if step is REVIEW:
        return await review_month(conn, actor, county, month, opinion=opinion, seal=seal, now=now)
    if step is SETTLE:
        return await settle_month(conn, actor, county, month, opinion=opinion, seal=seal, now=now)
    if step is DECIDE:
        return await decide_month(conn, actor, county, month, opinion=opinion, seal=seal, now=now, report=report)
    return await _ACTIONS[step.name](conn, actor, county, month, opinion=opinion, now=now)


def read_opinion(text: str) -> str:
    """Return an official's opinion without outer whitespace.

    Raises:
        OpinionTooLong: it has more than 500 characters.
    """
    opinion = text.strip()
    if len(opinion) > MAX_OPINION_LENGTH:
        raise OpinionTooLong
    return opinion
