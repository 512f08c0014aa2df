"""Return a month to an earlier state (退回), with the reason: the steps after that state are taken again."""

from datetime import date, datetime

from market.kernel import Connection, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor
from market.subsidies.models import CYCLE_STATE_NAMES, CycleState, DecisionReasonMissing, StepResult, WrongState
from market.subsidies.month.budget_lines import release_month
from market.subsidies.month.cycles import MAX_OPINION_LENGTH, begin_step, find_cycle, require_state
from market.subsidies.month.steps import (
    CONFIRM,
    DECIDE,
    NEXT_STEPS,
    RETURNABLE_STATES,
    REVIEW,
    list_return_targets,
    list_states_before,
)

# Approvals are kept; those of an earlier round do not count any more.
RETURN_CYCLE = Query(
    None,
    """
    WITH returned AS (
        UPDATE cycles SET state = :state, village_round = village_round + :voids_village::boolean::integer,
               township_round = township_round + :voids_township::boolean::integer
         WHERE id = :cycle_id
        RETURNING id, county_code)
    INSERT INTO cycle_events (county_code, cycle_id, state, account_id, at, returned, opinion)
    SELECT county_code, id, :state, :account_id, :now, true, :why FROM returned
    """,
)


async def return_month(
    conn: Connection,
    actor: Actor | None,
    county: str,
    month: date,
    *,
    why: str,
    to: CycleState | None = None,
    now: datetime,
) -> StepResult:
    """Return a month to an earlier state, by default the one before; whose step is due returns it.

    The village returns a calculated month, the township a confirmed one, the county a reviewed one and finance a
    decided one. A settled month is not taken back, for its postings are never edited (R10); who reconciled it returns
    it to its settlement until it is closed, and what was recorded of that reconciliation stays. Approvals after that
    state do not count any more, and must be given again. Everyone keeps the duty they took, and may take its step again
    (R14). The caller owns the transaction.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor does not take the step that is due.
        SecondDuty: the actor holds another duty of this cycle (R14).
        CycleNotFound, CycleClosed, WrongState: the month is not calculated, is settled, or is closed; or `to` is
            none of `list_return_targets`.
        DecisionReasonMissing: the reason is missing or too long.
    """
    seen = await find_cycle(conn, county, month)
    require_state(seen, RETURNABLE_STATES)
    cycle, actor, _ = await begin_step(conn, NEXT_STEPS[seen.state], actor, county, month, now=now)
    require_state(cycle, [seen.state])
    targets = list_return_targets(cycle.state)
    target = to or targets[0]
    if target not in targets:
        needed = "、".join(CYCLE_STATE_NAMES[state] for state in reversed(targets))
        raise WrongState(month=cycle.name, state=CYCLE_STATE_NAMES[target], needed=needed)
    if not 1 <= len(why.strip()) <= MAX_OPINION_LENGTH:
        raise DecisionReasonMissing
    if cycle.state is DECIDE.after:
        await release_month(conn, cycle, now=now)
    await RETURN_CYCLE.run(
        conn,
        cycle_id=cycle.id,
        state=target,
        voids_village=target in list_states_before(CONFIRM.after),
        voids_township=target in list_states_before(REVIEW.after),
        account_id=actor.account_id,
        why=why.strip(),
        now=now,
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="return month",
        object=f"cycle:{county}:{cycle.name}",
        detail={"from": cycle.state, "state": target},
        now=now,
    )
    return StepResult(county=county, month=cycle.name, state=target)
