"""The account to which a producer is paid: entered by its owner, in the owner's own name, checked by the provider."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.audit.record import add_audit_entry
from market.identity.access import require_producer
from market.identity.models import Actor
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.payouts.models import PayoutAccountExists, PayoutAccountNumberInvalid, PayoutAccountOwnerOnly
from payments import AccountKind, Gateway
from payments.port import AccountReport, AccountRequest, Declined, Ok, Outcome
from payments.retries import RetryPolicy, run_each

CHECK_JOB = "check_payout_account"
CHECK_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
PAYOUT_NUMBER_CONTEXT = "payout_accounts.number"
_NUMBER = re.compile(r"[0-9]{8,30}")
_TAIL = 4


class PayoutAccount(Struct, frozen=True, kw_only=True):
    """A payout account; `state` is checking, active or rejected, and `tail` the last digits of its number."""

    id: UUID
    producer_id: UUID
    producer_number: int
    kind: AccountKind
    holder: str
    tail: str
    state: str
    destination: str | None
    reason: str | None
    entered_at: datetime


class _UncheckedAccount(Struct, frozen=True, kw_only=True):
    id: UUID
    producer_number: int
    kind: AccountKind
    holder: str
    number_sealed: bytes


_COLUMNS = (
    "payout_accounts.id, producer_id, producers.number AS producer_number, payout_accounts.kind, holder, "
    "number_tail AS tail, payout_accounts.state, destination, reason, entered_at"
)
FIND_PAYOUT_ACCOUNT = Query(
    PayoutAccount,
    "SELECT "
    + _COLUMNS
    + """
      FROM payout_accounts JOIN producers ON producers.id = producer_id
     WHERE producer_id = :producer_id
     ORDER BY payout_accounts.id DESC
     LIMIT 1
    """,
)
# A household is paid in its owner's name, a company or co-operative in its own; helpers are no owners.
FIND_HOLDER = Query(
    str,
    """
    SELECT CASE WHEN producers.kind IN ('household', 'homestay') THEN accounts.name ELSE producers.name END
      FROM producers
      JOIN producer_members ON producer_id = producers.id AND role = 'owner' AND valid_during @> :day::date
      JOIN accounts ON accounts.id = account_id
     WHERE producers.id = :producer_id AND account_id = :account_id
    """,
)
ADD_PAYOUT_ACCOUNT = Query(
    UUID,
    """
    INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, entered_by, entered_at)
    VALUES (:producer_id, :kind, :holder, :number_sealed, :tail, :account_id, :now)
    ON CONFLICT (producer_id) WHERE state <> 'rejected' DO NOTHING
    RETURNING id
    """,
)
LIST_UNCHECKED_ACCOUNTS = Query(
    _UncheckedAccount,
    """
    SELECT payout_accounts.id, producers.number AS producer_number, payout_accounts.kind, holder, number_sealed
      FROM payout_accounts JOIN producers ON producers.id = producer_id
     WHERE payout_accounts.state = 'checking'
       AND (payout_accounts.id = :account_id
            OR :account_id::uuid IS NULL
               AND NOT EXISTS (SELECT FROM jobs.failures
                                WHERE job = 'check_payout_account' AND item = payout_accounts.id
                                  AND next_at > clock_timestamp()))
     ORDER BY payout_accounts.id
     LIMIT 100
    """,
)
MARK_CHECKED = Query(
    None,
    """
    UPDATE payout_accounts SET state = :state, destination = :destination, reason = :reason, checked_at = :now
     WHERE id = :id AND state = 'checking'
    """,
)


async def find_payout_account(conn: Connection, actor: Actor, producer_id: UUID) -> PayoutAccount | None:
    """Return the account that was entered last for a producer, or None.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await FIND_PAYOUT_ACCOUNT.maybe(conn, producer_id=producer_id)


async def find_account_holder(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> str | None:
    """Return the only name in which the actor may enter the producer's account; None if the actor may not.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await FIND_HOLDER.maybe(
        conn, producer_id=producer_id, account_id=actor.account_id, day=get_business_day(now)
    )


async def enter_payout_account(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    *,
    kind: AccountKind,
    number: str,
    now: datetime,
) -> PayoutAccount:
    """Enter the account of a producer and have the provider check it; opens its own transactions.

    The name is that of the owner, or of the company, and cannot be chosen. If the provider does not answer, a job asks
    it again. After a rejection another account may be entered.

    Raises:
        NotFound: the actor does not work for the producer.
        PayoutAccountOwnerOnly: the actor is not its owner.
        PayoutAccountNumberInvalid: the number is not 8 to 30 digits.
        PayoutAccountExists: the producer has an account.
    """
    digits = re.sub(r"[\s-]", "", number)
    async with db.transaction() as conn:
        holder = await find_account_holder(conn, actor, producer_id, now=now)
        if holder is None:
            raise PayoutAccountOwnerOnly
        if not _NUMBER.fullmatch(digits):
            raise PayoutAccountNumberInvalid
        entered = await ADD_PAYOUT_ACCOUNT.maybe(
            conn,
            producer_id=producer_id,
            kind=kind,
            holder=holder,
            number_sealed=seal.seal(digits, PAYOUT_NUMBER_CONTEXT),
            tail=digits[-_TAIL:],
            account_id=actor.account_id,
            now=now,
        )
        if entered is None:
            raise PayoutAccountExists
        await add_audit_entry(
            conn,
            actor=str(actor.account_id),
            action="payout_account.enter",
            object=f"producer:{producer_id}",
            detail={"account": str(entered), "kind": kind, "tail": digits[-_TAIL:]},
            now=now,
        )
    await check_payout_accounts(db, gateway, seal, account_id=entered, now=now)
    async with db.connection() as conn:
        return await FIND_PAYOUT_ACCOUNT.one(conn, producer_id=producer_id)


async def check_payout_accounts(
    db: Database, gateway: Gateway, seal: Seal, *, account_id: UUID | None = None, now: datetime
) -> int:
    """Have the provider check the accounts that it has not checked, or one of them; return how many it answered for.

    One that fails is tried again ever later and delays no other.
    """
    async with db.connection() as conn:
        unchecked = await LIST_UNCHECKED_ACCOUNTS.all(conn, account_id=account_id)
    answered = 0

    async def check(each: _UncheckedAccount) -> None:
        nonlocal answered
        request = AccountRequest(
            payee=str(each.producer_number),
            kind=each.kind,
            holder=each.holder,
            number=seal.open(each.number_sealed, PAYOUT_NUMBER_CONTEXT),
        )
        answered += await _record_check(db, each.id, await gateway.open_account(request, f"account:{each.id}"), now)
        await forget_failure(db, job=CHECK_JOB, item=each.id)

    async def fail(each: _UncheckedAccount, error: Exception) -> None:
        await record_failure(db, CHECK_RETRIES, job=CHECK_JOB, item=each.id, error=error)

    await run_each(unchecked, check, fail)
    return answered


async def _record_check(db: Database, account_id: UUID, outcome: Outcome[AccountReport], now: datetime) -> bool:
    match outcome:
        case Ok(value=report) if report.verified:
            state, destination, reason = "active", report.ref, None
        case Ok(value=report):
            state, destination, reason = "rejected", report.ref, report.reason
        case Declined(code=code):
            state, destination, reason = "rejected", None, code
        case _:
            return False
    async with db.transaction() as conn:
        await MARK_CHECKED.run(conn, id=account_id, state=state, destination=destination, reason=reason, now=now)
    return True
