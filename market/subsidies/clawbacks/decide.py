"""Decide a clawback as a second person; deliver a decision to a household, and post it when its term is over."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_county_role, require_county_scopes
from market.people.identity.models import Actor
from market.subsidies.clawbacks.ledger import post_claim
from market.subsidies.clawbacks.lock import LOCK_CLAWBACK, LockedClawback, lock_clawback, record_move
from market.subsidies.clawbacks.models import (
    APPEAL_DAYS,
    DECIDER,
    MAX_TEXT_LENGTH,
    PAYMENT_PERIOD,
    SERVERS,
    ClawbackInvalid,
    ClawbackNotFound,
    ClawbackOfOwnHousehold,
    ClawbackState,
    Debtor,
    SecondClawbackPart,
    Service,
)
from market.subsidies.clawbacks.tell import tell_household, tell_operator
from market.subsidies.clawbacks.views import OPINION_CONTEXT
from payments.retries import BatchSummary, describe_error, run_listed

log = structlog.get_logger()

MAX_DUE_CLAWBACKS = 1_000
_OTHER_PERSON, _OWN_HOUSEHOLD = "P0212", "P0213"
"""The errors of the trigger `check_clawback`."""


class _DueClawback(Struct, frozen=True):
    id: UUID
    county_code: str


DECIDE_CLAWBACK = Query(
    None,
    """
    UPDATE clawbacks
       SET state = :state, decided_by = :account_id, decided_at = :now, opinion_sealed = :opinion_sealed,
           posted_at = :posted_at, due_on = :due_on
     WHERE id = :clawback_id
    """,
)
SERVE_CLAWBACK = Query(
    None,
    """
    UPDATE clawbacks
       SET state = 'served', served_on = :served_on, service = :service, served_by = :account_id,
           appeal_until = :appeal_until
     WHERE id = :clawback_id
    """,
)
POST_CLAWBACK = Query(
    None, "UPDATE clawbacks SET state = 'owed', posted_at = :now, due_on = :due_on WHERE id = :clawback_id"
)
GET_DECISION_DAY = Query(date, "SELECT business_day(decided_at) FROM clawbacks WHERE id = :clawback_id")
LIST_DUE_CLAWBACKS = Query(_DueClawback, "SELECT id, county_code FROM list_due_clawbacks(:day::date, :most::integer)")


async def decide_clawback(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    clawback_id: UUID,
    *,
    agree: bool,
    opinion: str,
    now: datetime,
) -> None:
    """Agree to a proposed clawback or refuse it, with the reason, in the caller's transaction of the county.

    An operator owes it from now on and is told. A household is told of the decision and how to appeal; it owes nothing
    until the decision was delivered and the term of the appeal passed, or an appeal was dismissed.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `DECIDER` for the county.
        ClawbackNotFound, ClawbackMoved: see `lock_clawback`.
        ClawbackInvalid: the reason is missing or too long.
        SecondClawbackPart: the actor proposed it.
        ClawbackOfOwnHousehold: the actor is of the household.
    """
    require_county_role(actor, DECIDER, county)
    written = clean_text(opinion)
    if not 0 < len(written) <= MAX_TEXT_LENGTH:
        raise ClawbackInvalid(errors=(FieldFault("opinion", f"请写为什么这样定，最多 {MAX_TEXT_LENGTH} 字"),))
    clawback = await lock_clawback(conn, county, clawback_id, ClawbackState.PROPOSED)
    owes = agree and clawback.debtor is Debtor.OPERATOR
    state = ClawbackState.OWED if owes else ClawbackState.DECIDED if agree else ClawbackState.REFUSED
    attempt = conn.transaction()
    await attempt.start()
    try:
        await DECIDE_CLAWBACK.run(
            conn, clawback_id=clawback_id, state=state, account_id=actor.account_id, now=now,
            opinion_sealed=seal.seal(written, OPINION_CONTEXT), posted_at=now if owes else None,
            due_on=get_business_day(now + PAYMENT_PERIOD) if owes else None,
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _OTHER_PERSON:
            raise SecondClawbackPart from error
        if error.sqlstate == _OWN_HOUSEHOLD:
            raise ClawbackOfOwnHousehold from error
        raise
    await attempt.commit()
    if owes:
        await _post_claim(conn, clawback, now=now)
        await tell_operator(conn, seal, clawback, now=now)
    elif agree:
        await tell_household(conn, seal, clawback, "clawback_decided", now=now)
    await record_move(conn, str(actor.account_id), clawback, state, now=now)


async def serve_clawback(
    conn: Connection,
    actor: Actor,
    county: str,
    clawback_id: UUID,
    *,
    served_on: date,
    service: Service | None,
    now: datetime,
) -> date:
    """Record that a decision was delivered to the household, from when its appeal counts; return the last day of that.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has none of the roles `SERVERS` in the county.
        ClawbackNotFound: there is none, or it is of a household of other divisions.
        ClawbackMoved: it is not decided, or was delivered before.
        ClawbackInvalid: the day is before the decision or in the future, or the way is missing.
    """
    scopes = require_county_scopes(actor, SERVERS, county)
    clawback = await lock_clawback(conn, county, clawback_id, ClawbackState.DECIDED)
    if not any((clawback.village_code or county).startswith(scope) for scope in scopes):
        raise ClawbackNotFound
    decided_on = await GET_DECISION_DAY.one(conn, clawback_id=clawback_id)
    faults = [
        *([] if service else [FieldFault("service", "请选怎么送的")]),
        *(
            []
            if decided_on <= served_on <= get_business_day(now)
            else [FieldFault("served_on", f"应在 {decided_on} 到今天之间")]
        ),
    ]
    if faults:
        raise ClawbackInvalid(errors=tuple(faults))
    until = served_on + timedelta(days=APPEAL_DAYS)
    await SERVE_CLAWBACK.run(
        conn, clawback_id=clawback_id, served_on=served_on, service=service, account_id=actor.account_id,
        appeal_until=until,
    )  # fmt: skip
    await record_move(conn, str(actor.account_id), clawback, ClawbackState.SERVED, now=now)
    return until


async def post_due_clawbacks(db: Database, seal: Seal, *, now: datetime) -> BatchSummary:
    """Post the decisions whose term of appeal is over, one transaction each; the households are told."""
    failed = 0

    async def list_due(most: int) -> list[_DueClawback]:
        async with db.connection() as conn:
            return await LIST_DUE_CLAWBACKS.all(conn, day=get_business_day(now), most=most)

    async def work(each: _DueClawback) -> int:
        async with db.transaction(scope=each.county_code) as conn:
            clawback = await LOCK_CLAWBACK.one(conn, clawback_id=each.id, county=each.county_code)
            until = clawback.appeal_until
            if clawback.state is not ClawbackState.SERVED or until is None or until >= get_business_day(now):
                return 0
            await post_clawback(conn, seal, clawback, by="clock", now=now)
        return 1

    async def fail(each: _DueClawback, error: Exception) -> None:
        nonlocal failed
        failed += 1
        log.error("clawback_not_posted", county=each.county_code, clawback=str(each.id), error=describe_error(error))

    done = await run_listed(list_due, work, fail, most=MAX_DUE_CLAWBACKS)
    return BatchSummary(done=done, failed=failed)


async def post_clawback(conn: Connection, seal: Seal, clawback: LockedClawback, *, by: str, now: datetime) -> None:
    """Post a locked decision against a household as a receivable, and tell the household that it stands."""
    await POST_CLAWBACK.run(conn, clawback_id=clawback.id, now=now, due_on=get_business_day(now + PAYMENT_PERIOD))
    await _post_claim(conn, clawback, now=now)
    await tell_household(conn, seal, clawback, "clawback_final", now=now)
    await record_move(conn, by, clawback, ClawbackState.OWED, now=now)


async def _post_claim(conn: Connection, clawback: LockedClawback, *, now: datetime) -> None:
    await post_claim(
        conn, clawback.id, county=clawback.county_code, debtor=clawback.debtor_key, fen=clawback.amount_fen, now=now
    )
