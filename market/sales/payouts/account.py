"""The account to which a producer is paid: entered by its owner, in the owner's own name, checked by the provider.

Another account is a change: see `account_change.py` for how it comes into use.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.queries import GET_PRODUCER_COUNTY
from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.close import CLOSED_NAME
from market.people.identity.models import AccountId, Actor
from market.people.notify.notifications import format_month_day, notify_producer
from market.places.counties.load import load_county_settings
from market.sales.payouts.models import (
    PayoutAccountExists,
    PayoutAccountKindUnknown,
    PayoutAccountNumberInvalid,
    PayoutAccountOwnerOnly,
    PayoutAccountUnchanged,
    PayoutPhoneInvalid,
    TooManyAccountChanges,
)
from market.sales.payouts.producer_locks import LOCK_PAID_PRODUCER
from payments import AccountKind, Gateway
from payments.port import AccountReport, AccountRequest, Declined, Ok, Outcome
from payments.retries import RetryPolicy, run_each

MAX_ENTRIES, ENTRY_PERIOD = 10, timedelta(days=30)
CHECK_JOB = "check_payout_account"
CHECK_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
PAYOUT_NUMBER_CONTEXT = "payout_accounts.number"
_NUMBERS = {
    AccountKind.BANK: (re.compile(r"[0-9]{8,30}"), PayoutAccountNumberInvalid),
    AccountKind.WECHAT: (re.compile(r"1[3-9][0-9]{9}"), PayoutPhoneInvalid),
}
"""What an account of a kind is known by: the number of a card or bank account, the phone that WeChat is bound to."""
_TAIL = 4


class PayoutAccountState(StrEnum):
    """The states of a payout account; `waiting` is a checked change that is not used yet."""

    CHECKING = "checking"
    WAITING = "waiting"
    ACTIVE = "active"
    REJECTED = "rejected"
    ENDED = "ended"


PENDING_STATES = frozenset({PayoutAccountState.CHECKING, PayoutAccountState.WAITING})


class PayoutAccount(Struct, frozen=True, kw_only=True):
    """A payout account; `tail` has the last digits of its number.

    A change replaces the account `replaces` from `usable_at` on, once somebody agreed (`decided_at`).
    """

    id: UUID
    producer_id: UUID
    producer_number: int
    kind: AccountKind
    holder: str
    tail: str
    state: PayoutAccountState
    destination: str | None
    reason: str | None
    entered_at: datetime
    entered_by: UUID
    replaces: UUID | None
    usable_at: datetime | None
    decided_at: datetime | None


class _NewAccount(Struct, frozen=True, kw_only=True):
    producer_id: UUID
    kind: AccountKind
    holder: str
    number: str
    before: PayoutAccount | None


class _UncheckedAccount(Struct, frozen=True, kw_only=True):
    id: UUID
    producer_id: UUID
    producer_number: int
    kind: AccountKind
    holder: str
    number_sealed: bytes


_SELECT = """
    SELECT payout_accounts.id, producer_id, producers.number AS producer_number, payout_accounts.kind, holder,
           number_tail AS tail, payout_accounts.state, destination, reason, entered_at, entered_by, replaces, usable_at,
           decided_at
      FROM payout_accounts JOIN producers ON producers.id = producer_id
"""
# The account in use; else the first one, which is being checked or was rejected.
FIND_PAYOUT_ACCOUNT = Query(
    PayoutAccount,
    _SELECT
    + """
     WHERE producer_id = :producer_id AND (payout_accounts.state = 'active' OR replaces IS NULL)
     ORDER BY payout_accounts.state = 'active' DESC, payout_accounts.id DESC
     LIMIT 1
    """,
)
# What another account would replace: also an account that ended when its owner closed theirs.
FIND_ACCOUNT_BEFORE = Query(
    PayoutAccount,
    _SELECT
    + """
     WHERE producer_id = :producer_id AND activated_at IS NOT NULL
     ORDER BY payout_accounts.state = 'active' DESC, activated_at DESC
     LIMIT 1
    """,
)
COUNT_RECENT_ENTRIES = Query(
    int, "SELECT count(*) FROM payout_accounts WHERE producer_id = :producer_id AND entered_at > :since"
)
FIND_ACCOUNT_CHANGE = Query(
    PayoutAccount,
    _SELECT
    + """
     WHERE producer_id = :producer_id AND replaces IS NOT NULL
     ORDER BY payout_accounts.id DESC
     LIMIT 1
    """,
)
GET_PAYOUT_ACCOUNT = Query(PayoutAccount, _SELECT + " WHERE payout_accounts.id = :account_id")
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
    INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, entered_by, entered_at,
                                 replaces, usable_at)
    VALUES (:producer_id, :kind, :holder, :number_sealed, :tail, :account_id, :now, :replaces, :usable_at)
    ON CONFLICT (producer_id) WHERE state IN ('checking', 'waiting') DO NOTHING
    RETURNING id
    """,
)
LIST_UNCHECKED_ACCOUNTS = Query(
    _UncheckedAccount,
    """
    SELECT payout_accounts.id, producer_id, producers.number AS producer_number, payout_accounts.kind, holder,
           number_sealed
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
    UPDATE payout_accounts
       SET state = CASE WHEN NOT :verified THEN 'rejected' WHEN replaces IS NULL THEN 'active' ELSE 'waiting' END,
           destination = :destination, reason = :reason, checked_at = :now,
           activated_at = CASE WHEN :verified AND replaces IS NULL THEN :now::timestamptz END
     WHERE id = :id AND state = 'checking'
    """,
)
ERASE_PAYOUT_ACCOUNTS = Query(None, "SELECT erase_payout_accounts(:account_id::uuid, :name::text, :now::timestamptz)")
GET_SEALED_NUMBER = Query(bytes, "SELECT number_sealed FROM payout_accounts WHERE id = :account_id")


async def find_payout_account(conn: Connection, actor: Actor, producer_id: UUID) -> PayoutAccount | None:
    """Return the account of a producer: the one in use, else the one that is being checked or was rejected, or None.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await FIND_PAYOUT_ACCOUNT.maybe(conn, producer_id=producer_id)


async def find_account_change(conn: Connection, actor: Actor, producer_id: UUID) -> PayoutAccount | None:
    """Return the latest change of a producer's account, pending or ended, or None.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await FIND_ACCOUNT_CHANGE.maybe(conn, producer_id=producer_id)


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
    it again. After a rejection another account may be entered. If the producer has an account, this is a change: it is
    used after the county's `payout_change_days`, once a second person agreed, and every owner is told at once.

    Raises:
        NotFound: the actor does not work for the producer.
        PayoutAccountOwnerOnly: the actor is not its owner.
        PayoutAccountKindUnknown: the provider pays to no account of this kind.
        PayoutAccountNumberInvalid: the number is not 8 to 30 digits; `PayoutPhoneInvalid` of a WeChat account.
        TooManyAccountChanges: ten accounts were entered within 30 days.
        PayoutAccountUnchanged: it is the account in use.
        PayoutAccountExists: an account of the producer is being checked, or waits to be used.
    """
    digits = re.sub(r"[\s-]", "", number)
    require_producer(actor, producer_id)
    async with db.transaction() as conn:
        await LOCK_PAID_PRODUCER.one(conn, producer_id=producer_id)
        holder = await find_account_holder(conn, actor, producer_id, now=now)
        if holder is None:
            raise PayoutAccountOwnerOnly
        if kind not in gateway.account_kinds:
            raise PayoutAccountKindUnknown
        number_form, refusal = _NUMBERS[kind]
        if not number_form.fullmatch(digits):
            raise refusal
        if await COUNT_RECENT_ENTRIES.one(conn, producer_id=producer_id, since=now - ENTRY_PERIOD) >= MAX_ENTRIES:
            raise TooManyAccountChanges(limit=MAX_ENTRIES)
        before: PayoutAccount | None = await FIND_ACCOUNT_BEFORE.maybe(conn, producer_id=producer_id)
        if before is not None and await _is_used(conn, seal, before, kind, digits):
            raise PayoutAccountUnchanged
        new = _NewAccount(producer_id=producer_id, kind=kind, holder=holder, number=digits, before=before)
        entered = await _add_account(conn, seal, actor, new, now=now)
    await check_payout_accounts(db, gateway, seal, account_id=entered, now=now)
    async with db.connection() as conn:
        return await GET_PAYOUT_ACCOUNT.one(conn, account_id=entered)


async def _add_account(conn: Connection, seal: Seal, actor: Actor, new: _NewAccount, *, now: datetime) -> UUID:
    """Store an account, and tell the owners if it is a change.

    Raises:
        PayoutAccountExists: an account of the producer is being checked, or waits to be used.
    """
    tail, before = new.number[-_TAIL:], new.before
    usable_at = None if before is None else now + timedelta(days=await _get_change_days(conn, new.producer_id, now=now))
    entered = await ADD_PAYOUT_ACCOUNT.maybe(
        conn,
        producer_id=new.producer_id,
        kind=new.kind,
        holder=new.holder,
        number_sealed=seal.seal(new.number, PAYOUT_NUMBER_CONTEXT),
        tail=tail,
        account_id=actor.account_id,
        replaces=None if before is None else before.id,
        usable_at=usable_at,
        now=now,
    )
    if entered is None:
        raise PayoutAccountExists
    if usable_at is not None:
        facts = {"tail": tail, "day": format_month_day(get_business_day(usable_at))}
        await notify_producer(conn, seal, new.producer_id, "payout_account_changing", facts, now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="payout_account.enter" if before is None else "payout_account.change",
        object=f"producer:{new.producer_id}",
        detail={"account": str(entered), "kind": new.kind, "tail": tail},
        now=now,
    )
    return entered


async def _is_used(conn: Connection, seal: Seal, account: PayoutAccount, kind: AccountKind, digits: str) -> bool:
    """Return whether the account in use has this number."""
    if account.state is not PayoutAccountState.ACTIVE or account.kind is not kind:
        return False
    sealed = await GET_SEALED_NUMBER.one(conn, account_id=account.id)
    return seal.open(sealed, PAYOUT_NUMBER_CONTEXT) == digits


async def _get_change_days(conn: Connection, producer_id: UUID, *, now: datetime) -> int:
    county = await GET_PRODUCER_COUNTY.one(conn, producer_id=producer_id)
    return (await load_county_settings(conn, county, day=get_business_day(now))).payout_change_days


async def erase_payout_accounts(conn: Connection, account_id: AccountId, *, now: datetime) -> None:
    """Erase holder and number of the accounts that a person entered for households, and end them."""
    await ERASE_PAYOUT_ACCOUNTS.run(conn, account_id=account_id, name=CLOSED_NAME, now=now)


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
        answered += await _record_check(db, each, await gateway.open_account(request, f"account:{each.id}"), now)
        await forget_failure(db, job=CHECK_JOB, item=each.id)

    async def fail(each: _UncheckedAccount, error: Exception) -> None:
        await record_failure(db, CHECK_RETRIES, job=CHECK_JOB, item=each.id, error=error)

    await run_each(unchecked, check, fail)
    return answered


async def _record_check(
    db: Database, account: _UncheckedAccount, outcome: Outcome[AccountReport], now: datetime
) -> bool:
    match outcome:
        case Ok(value=report) if report.verified:
            verified, destination, reason = True, report.ref, None
        case Ok(value=report):
            verified, destination, reason = False, report.ref, report.reason
        case Declined(code=code):
            verified, destination, reason = False, None, code
        case _:
            return False
    async with db.transaction() as conn:
        await LOCK_PAID_PRODUCER.one(conn, producer_id=account.producer_id)
        await MARK_CHECKED.run(conn, id=account.id, verified=verified, destination=destination, reason=reason, now=now)
    return True
