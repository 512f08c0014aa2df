"""The change of a payout account: a second person agrees, three days pass, then it replaces the account before it.

A change that nobody agreed to within `CHANGE_TERM` is over: who wants it asks again.

Meanwhile everything is paid to the account before it. The rule stands in the schema too (`payout_accounts_waited`,
`check_payout_account`), so that no stolen phone, and nobody alone, moves a producer's money elsewhere.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_money_scopes, require_second_person_role
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_producer
from market.sales.payouts.account import GET_PAYOUT_ACCOUNT, PENDING_STATES, PayoutAccount, PayoutAccountState
from market.sales.payouts.models import AccountChangeEnded, NameCorrectorConsents, OtherPersonNeeded
from market.sales.payouts.producer_locks import LOCK_PAID_PRODUCER
from payments.retries import RetryPolicy, run_each

REFUSED_REASON = "refused"
"""The `reason` of a change that somebody refused or withdrew."""
LAPSED_REASON = "lapsed"
"""The `reason` of a change that nobody agreed to within `CHANGE_TERM`."""
CHANGE_TERM = timedelta(days=30)
"""How long a change waits for a second person; the schema refuses a later consent (`payout_accounts_term`)."""
LAPSE_JOB = "lapse_payout_account"
ACTIVATE_JOB = "activate_payout_account"
ACTIVATE_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
_MAX_DUE = 1000


class WaitingChange(Struct, frozen=True, kw_only=True):
    """A checked change that nobody has agreed to yet; `own`: the reader asked for it, or corrected its name."""

    id: UUID
    producer_name: str
    holder: str
    tail: str
    used_tail: str
    entered_by: str
    entered_at: datetime
    usable_at: datetime
    own: bool


class _LockedChange(Struct, frozen=True, kw_only=True):
    id: UUID
    producer_id: UUID
    county_code: str
    state: PayoutAccountState
    tail: str
    used_tail: str
    entered_at: datetime
    decided: bool
    own: bool
    corrected: bool


class _LapsedChange(Struct, frozen=True, kw_only=True):
    id: UUID
    producer_id: UUID
    used_tail: str


class _DueChange(Struct, frozen=True, kw_only=True):
    id: UUID
    producer_id: UUID
    replaces: UUID
    tail: str


LOCK_CHANGE = Query(
    _LockedChange,
    """
    SELECT c.id, c.producer_id, county_code, c.state, c.number_tail AS tail, used.number_tail AS used_tail,
           c.entered_at, c.decided_by IS NOT NULL AS decided,
           coalesce(is_same_person(c.entered_by, :account_id), false) AS own,
           coalesce(is_same_person(a.name_corrected_by, :account_id), false) AS corrected
      FROM payout_accounts c
      JOIN payout_accounts used ON used.id = c.replaces
      JOIN producers ON producers.id = c.producer_id
      JOIN accounts a ON a.id = c.entered_by
     WHERE c.id = :change_id
       FOR NO KEY UPDATE OF c
    """,
)
CONSENT_TO_CHANGE = Query(
    None, "UPDATE payout_accounts SET decided_by = :account_id, decided_at = :now WHERE id = :change_id"
)
REFUSE_CHANGE = Query(
    None,
    """
    UPDATE payout_accounts
       SET state = 'rejected', reason = :reason, checked_at = coalesce(checked_at, :now), decided_by = :account_id,
           decided_at = :now
     WHERE id = :change_id
    """,
)
LIST_WAITING_CHANGES = Query(
    WaitingChange,
    """
    SELECT c.id, producers.name AS producer_name, c.holder, c.number_tail AS tail, used.number_tail AS used_tail,
           accounts.name AS entered_by, c.entered_at, c.usable_at,
           coalesce(is_same_person(c.entered_by, :account_id::uuid), false)
           OR coalesce(is_same_person(accounts.name_corrected_by, :account_id::uuid), false) AS own
      FROM payout_accounts c
      JOIN payout_accounts used ON used.id = c.replaces
      JOIN producers ON producers.id = c.producer_id
      JOIN accounts ON accounts.id = c.entered_by
     WHERE c.state = 'waiting' AND c.decided_by IS NULL
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(county_code, scope))
     ORDER BY c.id
     LIMIT 1000
    """,
)
LIST_DUE_CHANGES = Query(
    _DueChange,
    """
    SELECT id, producer_id, replaces, number_tail AS tail
      FROM payout_accounts
     WHERE state = 'waiting' AND decided_by IS NOT NULL AND usable_at <= :now
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'activate_payout_account' AND item = payout_accounts.id
                          AND next_at > clock_timestamp())
     ORDER BY id LIMIT :limit
    """,
)
LIST_LAPSED_CHANGES = Query(
    _LapsedChange,
    """
    SELECT c.id, c.producer_id, used.number_tail AS used_tail
      FROM payout_accounts c
      JOIN payout_accounts used ON used.id = c.replaces
     WHERE c.state IN ('checking', 'waiting') AND c.decided_by IS NULL AND c.entered_at < :entered_before
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'lapse_payout_account' AND item = c.id AND next_at > clock_timestamp())
     ORDER BY c.id LIMIT :limit
    """,
)
LAPSE_CHANGE = Query(
    UUID,
    """
    UPDATE payout_accounts SET state = 'rejected', reason = :reason, checked_at = coalesce(checked_at, :now)
     WHERE id = :id AND state IN ('checking', 'waiting') AND decided_by IS NULL
    RETURNING id
    """,
)
LOCK_AGREED_CHANGE = Query(
    UUID,
    """
    SELECT id FROM payout_accounts WHERE id = :id AND state = 'waiting' AND decided_by IS NOT NULL FOR NO KEY UPDATE
    """,
)
END_ACCOUNT = Query(None, "UPDATE payout_accounts SET state = 'ended' WHERE id = :id AND state = 'active'")
ACTIVATE_CHANGE = Query(None, "UPDATE payout_accounts SET state = 'active', activated_at = :now WHERE id = :id")


async def list_waiting_changes(conn: Connection, actor: Actor) -> list[WaitingChange]:
    """Return the changes in the official's counties that nobody has agreed to, oldest first; at most 1,000.

    Raises:
        NotAllowed, SecondFactorRequired: the actor may not repair money.
    """
    return await LIST_WAITING_CHANGES.all(conn, scopes=require_money_scopes(actor), account_id=actor.account_id)


async def decide_account_change(
    conn: Connection, seal: Seal, actor: Actor, change_id: UUID, *, consent: bool, now: datetime
) -> PayoutAccount:
    """Agree to a change, or refuse it; the person who asked for it may only refuse. The caller owns the transaction.

    An agreed change is used when its days have passed, and may be refused until then. Repeating changes nothing.

    Raises:
        NotFound: there is no such change, or the actor is neither of the producer nor of its county's finance.
        SecondFactorRequired: an official's session has no second factor.
        OtherPersonNeeded: the actor asked for the change, by this or another account, or corrected the holder's name.
        AccountChangeEnded: it is in use, was refused, is over, or the provider has not checked the account.
    """
    change = await LOCK_CHANGE.maybe(conn, change_id=change_id, account_id=actor.account_id)
    if change is None:
        raise NotFound
    require_second_person_role(actor, change.producer_id, change.county_code)
    if consent:
        await _consent(conn, actor, change, now=now)
    else:
        await _refuse(conn, seal, actor, change, now=now)
    return await GET_PAYOUT_ACCOUNT.one(conn, account_id=change_id)


async def _consent(conn: Connection, actor: Actor, change: _LockedChange, *, now: datetime) -> None:
    if change.state is not PayoutAccountState.WAITING:
        raise AccountChangeEnded
    if not change.decided and now > change.entered_at + CHANGE_TERM:
        raise AccountChangeEnded
    if change.own:
        raise OtherPersonNeeded
    if change.corrected:
        raise NameCorrectorConsents
    if not change.decided:
        await CONSENT_TO_CHANGE.run(conn, change_id=change.id, account_id=actor.account_id, now=now)
        await _audit(conn, actor, change, "payout_account.consent", now=now)


async def _refuse(conn: Connection, seal: Seal, actor: Actor, change: _LockedChange, *, now: datetime) -> None:
    if change.state is PayoutAccountState.REJECTED:
        return
    if change.state not in PENDING_STATES:
        raise AccountChangeEnded
    await REFUSE_CHANGE.run(conn, change_id=change.id, reason=REFUSED_REASON, account_id=actor.account_id, now=now)
    await notify_producer(conn, seal, change.producer_id, "payout_account_kept", {"tail": change.used_tail}, now=now)
    await _audit(conn, actor, change, "payout_account.refuse", now=now)


async def _audit(conn: Connection, actor: Actor, change: _LockedChange, action: str, *, now: datetime) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"producer:{change.producer_id}",
        detail={"account": str(change.id), "tail": change.tail},
        now=now,
    )


async def activate_due_changes(db: Database, seal: Seal, *, now: datetime) -> int:
    """Put the agreed changes into use whose days have passed, and tell the owners; return how many."""
    async with db.connection() as conn:
        due = await LIST_DUE_CHANGES.all(conn, now=now, limit=_MAX_DUE)
    activated = 0

    async def activate(change: _DueChange) -> None:
        nonlocal activated
        async with db.transaction() as conn:
            # A payout that is being requested reads the account under this lock.
            await LOCK_PAID_PRODUCER.one(conn, producer_id=change.producer_id)
            if await LOCK_AGREED_CHANGE.maybe(conn, id=change.id) is None:
                return  # refused meanwhile, or put into use by another worker
            await END_ACCOUNT.run(conn, id=change.replaces)
            await ACTIVATE_CHANGE.run(conn, id=change.id, now=now)
            facts = {"tail": change.tail}
            await notify_producer(conn, seal, change.producer_id, "payout_account_changed", facts, now=now)
        activated += 1
        await forget_failure(db, job=ACTIVATE_JOB, item=change.id)

    async def fail(change: _DueChange, error: Exception) -> None:
        await record_failure(db, ACTIVATE_RETRIES, job=ACTIVATE_JOB, item=change.id, error=error)

    await run_each(due, activate, fail)
    return activated


async def lapse_changes(db: Database, seal: Seal, *, now: datetime) -> int:
    """End the changes that nobody agreed to within their term, and tell the owners; return how many."""
    async with db.connection() as conn:
        late = await LIST_LAPSED_CHANGES.all(conn, entered_before=now - CHANGE_TERM, limit=_MAX_DUE)
    lapsed = 0

    async def lapse(change: _LapsedChange) -> None:
        nonlocal lapsed
        async with db.transaction() as conn:
            if await LAPSE_CHANGE.maybe(conn, id=change.id, reason=LAPSED_REASON, now=now) is None:
                return  # agreed to or refused meanwhile
            facts = {"tail": change.used_tail}
            await notify_producer(conn, seal, change.producer_id, "payout_account_kept", facts, now=now)
        lapsed += 1
        await forget_failure(db, job=LAPSE_JOB, item=change.id)

    async def fail(change: _LapsedChange, error: Exception) -> None:
        await record_failure(db, ACTIVATE_RETRIES, job=LAPSE_JOB, item=change.id, error=error)

    await run_each(late, lapse, fail)
    return lapsed
