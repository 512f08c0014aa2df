"""Payouts: requested in one transaction, sent outside of any, booked by the provider's answer.

What a payee is owed moves to `transit:<payee>` when the payout is requested, and to the provider's clearing account
when the bank confirmed it. A failed payout returns the recorded parts, before and after it counted as paid.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payments.errors import GatewayUnavailable, KeyAlreadyUsed, PayoutNotFound, ProviderMismatch
from payments.ledger.journal import Leg, list_legs, post
from payments.models import PAYOUT_TRANSITIONS, Payout, PayoutId, PayoutState, resolve_time
from payments.money import Amount
from payments.operations import MARK_SENT, Operation, build_payout_key, complete_call, record_unknown_outcome
from payments.outbox import publish_event
from payments.port import Declined, Gateway, Ok, Outcome, PayoutReport, PayoutRequest, Unknown
from payments.sql import Connection, Database, Query

PAYOUT_COLUMNS = (
    "id, payee, key, provider, destination, currency, amount_minor, state, provider_ref, reason, created_at, paid_at, "
    "failed_at"
)

INSERT_PAYOUT = Query(
    Payout,
    """
    INSERT INTO {schema}.payouts (payee, key, provider, destination, currency, amount_minor, created_at, poll_at)
    VALUES (:payee, :key, :provider, :destination, :currency, :minor, :at, clock_timestamp() + interval '1 minute')
    ON CONFLICT (key) DO NOTHING
    RETURNING """
    + PAYOUT_COLUMNS,
)
INSERT_PAYOUT_OPERATION = Query(
    None, "INSERT INTO {schema}.operations (payout_id, kind, key) VALUES (:payout_id, 'payout', :key)"
)
FIND_PAYOUT_BY_KEY = Query(Payout, "SELECT " + PAYOUT_COLUMNS + " FROM {schema}.payouts WHERE key = :key")
FIND_PAYOUT = Query(Payout, "SELECT " + PAYOUT_COLUMNS + " FROM {schema}.payouts WHERE id = :payout_id")
FIND_PAYOUT_BY_REF = Query(
    Payout, "SELECT " + PAYOUT_COLUMNS + " FROM {schema}.payouts WHERE provider = :provider AND provider_ref = :ref"
)
LOCK_PAYOUT = Query(
    Payout, "SELECT " + PAYOUT_COLUMNS + " FROM {schema}.payouts WHERE id = :payout_id FOR NO KEY UPDATE"
)
SUM_PAID_OUT = Query(
    int,
    """
    SELECT coalesce(sum(amount_minor), 0)::bigint
      FROM {schema}.payouts WHERE payee = :payee AND currency = :currency AND state = 'paid'
    """,
)
SUM_REQUESTED = Query(
    int,
    """
    SELECT coalesce(sum(amount_minor), 0)::bigint
      FROM {schema}.payouts
     WHERE payee = :payee AND currency = :currency AND created_at >= :since AND state <> 'failed'
    """,
)
# A failed payout is a problem until the payee was paid after it failed: a bank may return money that had arrived.
LIST_FAILED_PAYOUTS = Query(
    Payout,
    "SELECT "
    + PAYOUT_COLUMNS
    + """
      FROM {schema}.payouts
     WHERE state = 'failed' AND payee = coalesce(:payee, payee)
       AND NOT EXISTS (SELECT 1 FROM {schema}.payouts AS later
                        WHERE later.payee = payouts.payee AND later.state = 'paid'
                          AND later.paid_at > payouts.failed_at)
     ORDER BY failed_at, id
     LIMIT 1000
    """,
)
LIST_PAYOUTS = Query(
    Payout,
    "SELECT " + PAYOUT_COLUMNS + " FROM {schema}.payouts WHERE payee = :payee ORDER BY id DESC LIMIT :limit",
)
# A paid payout is polled for a week more, because banks return money late; then a webhook still reports it.
UPDATE_PAYOUT_STATE = Query(
    Payout,
    """
    UPDATE {schema}.payouts
       SET state = :state, provider_ref = coalesce(nullif(:ref, ''), provider_ref), reason = coalesce(:reason, reason),
           paid_at = CASE WHEN :state = 'paid' THEN :at::timestamptz ELSE paid_at END,
           failed_at = CASE WHEN :state = 'failed' THEN :at::timestamptz END,
           poll_at = CASE WHEN :state = 'failed' THEN NULL ELSE poll_at END
     WHERE id = :payout_id AND state = ANY(:before::text[])
    RETURNING """
    + PAYOUT_COLUMNS,
)
CLAIM_DUE_PAYOUTS = Query(
    UUID,
    """
    WITH due AS (
        SELECT id FROM {schema}.payouts
         WHERE poll_at <= clock_timestamp()
         ORDER BY poll_at LIMIT :limit
           FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {schema}.payouts
       SET poll_at = CASE WHEN state <> 'paid' THEN clock_timestamp() + interval '10 minutes'
                          WHEN paid_at > clock_timestamp() - interval '7 days'
                          THEN clock_timestamp() + interval '1 day' END
      FROM due
     WHERE payouts.id = due.id
    RETURNING payouts.id
    """,
)


def get_transit_account(payee: str) -> str:
    """Return the account of the money that is on its way to a payee."""
    return f"transit:{payee}"


async def request_payout(
    conn: Connection,
    gateway: Gateway,
    *,
    payee: str,
    destination: str,
    legs: Sequence[Leg],
    key: str,
    currency: str = "CNY",
    at: datetime | None = None,
) -> Payout:
    """Take what a payee is owed for a payout, in the caller's transaction; `send_payout` sends it.

    Idempotent by `key`. `legs` name the accounts that the money comes from, each with a negative amount in minor units:
    their floors keep parallel payouts and open disputes from paying out more than is owed.

    Raises:
        InsufficientBalance: the balance of an account is too low.
        KeyAlreadyUsed: the key belongs to another payout.
        ValueError: `legs` take nothing.
    """
    amount = -sum(minor for _, minor in legs)
    if amount <= 0 or any(minor > 0 for _, minor in legs):
        raise ValueError(f"a payout takes money: {legs}")
    moment = resolve_time(at)
    payout = await INSERT_PAYOUT.maybe(
        conn,
        payee=payee,
        key=key,
        provider=gateway.name,
        destination=destination,
        currency=currency,
        minor=amount,
        at=moment,
    )
    if payout is None:
        known = await find_payout(conn, key=key)
        if known is None or (known.payee, known.amount_minor, known.currency) != (payee, amount, currency):
            raise KeyAlreadyUsed(key=key)
        return known
    await post(
        conn,
        key=f"payout:{payout.id}",
        kind="payout sent",
        legs=[*legs, (get_transit_account(payee), amount)],
        currency=currency,
        at=moment,
    )
    await INSERT_PAYOUT_OPERATION.run(conn, payout_id=payout.id, key=build_payout_key(payout.id))
    return payout


async def get_payout(conn: Connection, payout_id: PayoutId) -> Payout:
    """Return a payout.

    Raises:
        PayoutNotFound: the payout does not exist.
    """
    payout = await FIND_PAYOUT.maybe(conn, payout_id=payout_id)
    if payout is None:
        raise PayoutNotFound
    return payout


async def list_payouts(conn: Connection, payee: str, *, limit: int = 100) -> list[Payout]:
    """Return the payouts of a payee, newest first, at most 1,000."""
    return await LIST_PAYOUTS.all(conn, payee=payee, limit=min(limit, 1000))


async def find_payout(conn: Connection, *, key: str) -> Payout | None:
    """Return the payout with this key, or None."""
    return await FIND_PAYOUT_BY_KEY.maybe(conn, key=key)


async def sum_requested_payouts(conn: Connection, payee: str, *, since: datetime, currency: str = "CNY") -> int:
    """Return the sum of the payouts of a payee requested since an instant that did not fail, in minor units."""
    return await SUM_REQUESTED.one(conn, payee=payee, currency=currency, since=since)


async def sum_paid_out(conn: Connection, payee: str, currency: str = "CNY") -> int:
    """Return what the bank confirmed of the payouts of a payee, in minor units."""
    return await SUM_PAID_OUT.one(conn, payee=payee, currency=currency)


async def list_failed_payouts(conn: Connection, *, payee: str | None = None) -> list[Payout]:
    """Return the failed payouts, of one payee or all, whose payee was not paid since; the last failure last."""
    return await LIST_FAILED_PAYOUTS.all(conn, payee=payee)


async def send_payout(db: Database, gateway: Gateway, payout_id: PayoutId, *, at: datetime | None = None) -> Payout:
    """Send a requested payout to the provider and book the outcome. Safe to repeat.

    Raises:
        PayoutNotFound: the payout does not exist.
        GatewayUnavailable: the outcome is unknown; `finish_operations` resolves it.
        ProviderMismatch: the provider created something else than was requested.
    """
    async with db.transaction() as conn:
        payout = await get_payout(conn, payout_id)
        operation = await MARK_SENT.maybe(conn, key=build_payout_key(payout_id))
    if operation is None:
        return payout
    request = PayoutRequest(payout.id, payout.destination, Amount(payout.amount_minor, payout.currency))
    outcome = await (_query_payout(gateway, request) if operation.stale else gateway.pay_out(request, operation.key))
    return await _book_outcome(db, request, operation, outcome, resolve_time(at))


async def _query_payout(gateway: Gateway, request: PayoutRequest) -> Outcome[PayoutReport]:
    try:
        report = await gateway.find_payout(request.destination, request.payout_id)
    except GatewayUnavailable as error:
        return Unknown(str(error))
    return Declined("never_arrived") if report is None else Ok(report)


async def _book_outcome(
    db: Database, request: PayoutRequest, operation: Operation, outcome: Outcome[PayoutReport], at: datetime
) -> Payout:
    try:
        async with db.transaction() as conn:
            payout = await LOCK_PAYOUT.one(conn, payout_id=request.payout_id)
            first = await complete_call(conn, operation, outcome)
            match outcome:
                case Ok(value=report):
                    payout = await book_payout(conn, payout, report, at)
                case Declined(code=code) if first:
                    declined = PayoutReport("", payout.id, PayoutState.FAILED, request.amount, code)
                    payout = await book_payout(conn, payout, declined, at)
                case _:
                    pass
    except ProviderMismatch as error:
        await record_unknown_outcome(db, operation, str(error))
        raise
    if isinstance(outcome, Unknown):
        raise GatewayUnavailable(outcome.reason)
    return payout


async def book_payout(conn: Connection, payout: Payout, report: PayoutReport, at: datetime) -> Payout:
    """Book the provider's state of a locked payout, and return the payout. Repeated and late reports change nothing.

    Raises:
        ProviderMismatch: the payout, its amount or its currency differ; nothing was written.
    """
    if (report.amount.minor, report.amount.currency) != (payout.amount_minor, payout.currency) or (
        report.payout_id not in (None, payout.id)
    ):
        raise ProviderMismatch(f"{report.ref} of {report.amount} for payout {payout.id} of {payout.amount_minor}")
    if report.state not in PAYOUT_TRANSITIONS[payout.state]:
        return payout
    updated = await UPDATE_PAYOUT_STATE.one(
        conn,
        payout_id=payout.id,
        state=report.state,
        before=[payout.state],
        ref=report.ref,
        reason=report.reason,
        at=at,
    )
    transit, clearing = get_transit_account(payout.payee), f"clearing:{payout.provider}"
    if report.state is PayoutState.PAID:
        legs = [(transit, -payout.amount_minor), (clearing, payout.amount_minor)]
        await _post_step(conn, updated, key=f"paid-out:{payout.id}", kind="payout paid", legs=legs, at=at)
    elif report.state is PayoutState.FAILED:
        taken = [(code, -minor) for code, minor in await list_legs(conn, f"payout:{payout.id}") if minor < 0]
        if payout.state is PayoutState.PAID:
            key, kind, source = f"payout-returned:{payout.id}", "payout returned", clearing
        else:
            key, kind, source = f"payout-failed:{payout.id}", "payout failed", transit
        await _post_step(conn, updated, key=key, kind=kind, legs=[(source, -payout.amount_minor), *taken], at=at)
    facts = {
        "payout": str(payout.id),
        "payee": payout.payee,
        "minor": payout.amount_minor,
        "reason": updated.reason,
    }
    await publish_event(conn, f"payout.{report.state}", order=f"payee:{payout.payee}", facts=facts, at=at)
    return updated


async def _post_step(conn: Connection, payout: Payout, *, key: str, kind: str, legs: list[Leg], at: datetime) -> None:
    await post(conn, key=key, kind=kind, legs=legs, currency=payout.currency, at=at)


async def poll_payout(db: Database, gateway: Gateway, payout_id: PayoutId, *, at: datetime | None = None) -> Payout:
    """Ask the provider for the state of a payout that was sent, and book it.

    Raises:
        PayoutNotFound: the payout does not exist.
        GatewayUnavailable: the provider did not answer.
        ProviderMismatch: the provider reports something else than was requested.
    """
    async with db.connection() as conn:
        payout = await get_payout(conn, payout_id)
    if payout.provider_ref is None:
        return payout
    report = await gateway.get_payout(payout.destination, payout.provider_ref)
    if report is None:
        return payout
    async with db.transaction() as conn:
        return await book_payout(conn, await LOCK_PAYOUT.one(conn, payout_id=payout_id), report, resolve_time(at))


async def poll_payout_by_ref(db: Database, gateway: Gateway, ref: str, *, at: datetime) -> Payout:
    """Ask the provider for the state of a payout that a webhook names, and book it.

    Raises:
        PayoutNotFound: the payout is not ours, or its call has not been booked yet.
        GatewayUnavailable: the provider did not answer.
        ProviderMismatch: the provider reports something else than was requested.
    """
    async with db.connection() as conn:
        payout = await FIND_PAYOUT_BY_REF.maybe(conn, provider=gateway.name, ref=ref)
    if payout is None:
        raise PayoutNotFound
    return await poll_payout(db, gateway, payout.id, at=at)
