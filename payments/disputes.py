"""Disputes: the disputed money is set aside while one is open, returned if it is won, and gone if it is lost.

The money is taken from where the order's transactions put it, before and after its release; README.md shows the
postings. `book_disputes` expects the payment's row to be locked.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from payments.errors import ProviderMismatch
from payments.ledger.journal import Leg, get_balance, post
from payments.models import DisputeState, Payment, PaymentId
from payments.money import split
from payments.outbox import publish_event
from payments.port import DisputeReport
from payments.records import GET_REFUNDABLE_AMOUNT, get_clearing_account
from payments.refund_records import DISPUTE_KEYS, end_covered_refunds
from payments.sql import Connection, Query


class Dispute(Struct, frozen=True, kw_only=True):
    """A dispute over a payment that its payer opened at the provider; evidence is due at `due_at`."""

    id: UUID
    payment_id: PaymentId
    order_ref: str
    provider_ref: str
    currency: str
    amount_minor: int
    state: DisputeState
    reason: str | None
    due_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None


class _MoneySource(Struct, frozen=True):
    """An account that holds money of an order, and how much of it can still be taken from there."""

    code: str
    minor: int
    available_minor: int


class _Unreturned(Struct, frozen=True):
    """What an account lacks of the money that disputes took from it."""

    code: str
    minor: int


class _Held(Struct, frozen=True, kw_only=True):
    """What a dispute holds, and how much of it was advanced."""

    disputed_minor: int
    advanced_minor: int


class _DisputeChange(Struct, frozen=True, kw_only=True):
    """`changes` counts how often the amount changed."""

    before: DisputeState | None
    after: DisputeState
    before_minor: int | None
    changes: int


# Nothing is returned for a report that changes nothing but the due date.
UPSERT_DISPUTE = Query(
    _DisputeChange,
    """
    WITH known AS (
        SELECT state, amount_minor FROM {schema}.disputes WHERE provider_ref = :ref
    ), written AS (
        INSERT INTO {schema}.disputes (payment_id, provider_ref, amount_minor, state, reason, due_at, opened_at,
                                       closed_at)
        VALUES (:payment_id, :ref, :minor, :state, :reason, :due_at, :at,
                CASE WHEN :state <> 'open' THEN :at::timestamptz END)
        ON CONFLICT (provider_ref) DO UPDATE
           SET state = excluded.state, closed_at = excluded.closed_at, reason = excluded.reason,
               due_at = excluded.due_at, amount_minor = excluded.amount_minor,
               changes = disputes.changes
                         + CASE WHEN excluded.amount_minor <> disputes.amount_minor THEN 1 ELSE 0 END
         WHERE disputes.state = 'open'
        RETURNING state, amount_minor, changes
    )
    SELECT known.state AS before, written.state AS after, known.amount_minor AS before_minor, changes
      FROM written LEFT JOIN known ON true
     WHERE known.state IS DISTINCT FROM written.state OR known.amount_minor <> written.amount_minor
    """,
)
# A dispute counts as disputed until it is won.
UPDATE_DISPUTED_AMOUNT = Query(
    int,
    """
    UPDATE {schema}.payments
       SET disputed_minor = least(captured_minor - refunded_minor,
                                  (SELECT coalesce(sum(amount_minor), 0)
                                     FROM {schema}.disputes WHERE payment_id = :payment_id AND state <> 'won'))
     WHERE id = :payment_id
    RETURNING disputed_minor
    """,
)
# An account with a floor yields at most its balance: other transactions may have taken the order's money out of it.
LIST_MONEY_SOURCES = Query(
    _MoneySource,
    """
    SELECT code, sum(postings.amount_minor)::bigint AS minor,
           CASE WHEN accounts.floor_minor IS NULL THEN sum(postings.amount_minor)
                ELSE greatest(0, least(sum(postings.amount_minor), balances.amount_minor - accounts.floor_minor))
            END::bigint AS available_minor
      FROM {schema}.transactions
      JOIN {schema}.postings ON transaction_id = transactions.id
      JOIN {schema}.accounts ON accounts.id = postings.account_id
      LEFT JOIN {schema}.balances ON balances.account_id = accounts.id
     WHERE order_ref = :order AND currency = :currency
       AND accounts.kind IN ('escrow', 'payable', 'freight', 'commission')
     GROUP BY accounts.id, balances.amount_minor
    HAVING sum(postings.amount_minor) > 0
     ORDER BY code
    """,
)
# What a dispute over an order, and those that were won, took from its accounts and did not return yet.
LIST_UNRETURNED = Query(
    _Unreturned,
    """
    SELECT code, -sum(postings.amount_minor)::bigint AS minor
      FROM {schema}.payments AS paid
      JOIN {schema}.disputes ON payment_id = paid.id AND (disputes.state = 'won' OR disputes.provider_ref = :ref)
      JOIN {schema}.transaction_keys ON key = ANY('dispute-won:' || disputes.provider_ref || ("""
    + DISPUTE_KEYS
    + """))
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = postings.account_id
     WHERE paid.order_ref = :order AND paid.currency = :currency
       AND accounts.kind IN ('escrow', 'payable', 'freight', 'commission')
     GROUP BY code
    HAVING sum(postings.amount_minor) < 0
     ORDER BY code
    """,
)
GET_HELD = Query(
    _Held,
    """
    SELECT coalesce(sum(postings.amount_minor) FILTER (WHERE accounts.kind = 'disputed'), 0)::bigint AS disputed_minor,
           coalesce(-sum(postings.amount_minor) FILTER (WHERE accounts.kind = 'advance'), 0)::bigint AS advanced_minor
      FROM {schema}.disputes
      JOIN {schema}.transaction_keys ON key = ANY("""
    + DISPUTE_KEYS
    + """)
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = postings.account_id
     WHERE disputes.provider_ref = :ref
    """,
)
LOCK_PAYMENTS_OF_ORDER = Query(
    UUID, "SELECT id FROM {schema}.payments WHERE order_ref = :order ORDER BY id FOR NO KEY UPDATE"
)
_COLUMNS = (
    "disputes.id, payment_id, order_ref, disputes.provider_ref, currency, disputes.amount_minor, disputes.state, "
    "disputes.reason, due_at, disputes.opened_at, disputes.closed_at"
)
LIST_DISPUTES = Query(
    Dispute,
    "SELECT "
    + _COLUMNS
    + """
      FROM {schema}.disputes JOIN {schema}.payments ON payments.id = payment_id
     WHERE order_ref = :order
     ORDER BY disputes.id
     LIMIT 100
    """,
)
LIST_OPEN_DISPUTES = Query(
    Dispute,
    "SELECT "
    + _COLUMNS
    + """
      FROM {schema}.disputes JOIN {schema}.payments ON payments.id = payment_id
     WHERE disputes.state = 'open'
     ORDER BY due_at NULLS LAST, disputes.id
     LIMIT 1000
    """,
)


def get_disputed_account(payment: Payment) -> str:
    """Return the account of an order's disputed money."""
    return f"disputed:{payment.order_ref}"


async def book_disputes(conn: Connection, payment: Payment, reports: list[DisputeReport], at: datetime) -> None:
    """Book the provider's state of the disputes over a locked payment; a disputed amount cannot be refunded.

    The amount of an open one may change; what more is disputed is set aside, what less is returned.
    A dispute that is first reported as won changes no account. Failed refunds whose money a lost one took end.

    Raises:
        ProviderMismatch: a dispute is in another currency than the payment.
    """
    for report in reports:
        if report.amount.currency != payment.currency:
            raise ProviderMismatch(f"{report.ref} of {report.amount} for payment {payment.id} of {payment.amount}")
        change = await UPSERT_DISPUTE.maybe(
            conn,
            payment_id=payment.id,
            ref=report.ref,
            minor=report.amount.minor,
            state=report.state,
            reason=report.reason,
            due_at=report.due_at,
            at=at,
        )
        if change is None:
            continue
        if change.before is None and change.after is not DisputeState.WON:
            await _post_opened(conn, payment, report, at)
        if change.before_minor not in (None, report.amount.minor):
            await _post_changed(conn, payment, report, change, at)
        if change.after is DisputeState.LOST:
            await _post_lost(conn, payment, report, at)
        elif change.after is DisputeState.WON and change.before is not None:
            await _post_won(conn, payment, report, at)
        await UPDATE_DISPUTED_AMOUNT.one(conn, payment_id=payment.id)
        if change.after is DisputeState.LOST:
            await end_covered_refunds(conn, payment, at)
        if change.after is change.before:
            continue
        facts = {"dispute": report.ref, "payment": str(payment.id), "minor": report.amount.minor}
        await publish_event(conn, f"dispute.{change.after}", order=payment.order_ref, facts=facts, at=at)


async def _post_opened(conn: Connection, payment: Payment, report: DisputeReport, at: datetime) -> None:
    legs = await _build_disputed_legs(conn, payment, report.amount.minor)
    await _post_step(conn, payment, key=f"disputed:{report.ref}", kind="dispute opened", legs=legs, at=at)


async def _build_disputed_legs(conn: Connection, payment: Payment, minor: int) -> list[Leg]:
    """Return legs that set disputed money aside, with the platform's share of the discount, rounded down.

    It is taken from the order's accounts in proportion to what they hold of the order. What they no longer hold is
    advanced by the caller (`advance:<order>`), who is owed it by the payees.
    """
    sources = await LIST_MONEY_SOURCES.all(conn, order=payment.order_ref, currency=payment.currency)
    refundable = await GET_REFUNDABLE_AMOUNT.one(conn, order=payment.order_ref)
    discount = max(0, sum(each.minor for each in sources) - refundable)
    platform = min(minor, refundable) * discount // refundable if refundable else 0
    total = minor + platform
    available = [each.available_minor for each in sources]
    taken = split(min(total, sum(available)), available)
    legs: list[Leg] = [(each.code, -minor) for each, minor in zip(sources, taken, strict=True)]
    return [*legs, (f"advance:{payment.order_ref}", sum(taken) - total), (get_disputed_account(payment), total)]


async def _post_changed(
    conn: Connection, payment: Payment, report: DisputeReport, change: _DisputeChange, at: datetime
) -> None:
    """Set aside what more is disputed than before, or return what less is, with its share of the discount."""
    assert change.before_minor is not None
    more = report.amount.minor - change.before_minor
    if more > 0:
        legs = await _build_disputed_legs(conn, payment, more)
    else:
        held = await GET_HELD.one(conn, ref=report.ref)
        returned = -more + (held.disputed_minor - change.before_minor) * -more // change.before_minor
        legs = await _build_return_legs(conn, payment, report, returned, most_advanced=held.advanced_minor)
    key = f"dispute-changed:{report.ref}:{change.changes}"
    await _post_step(conn, payment, key=key, kind="dispute changed", legs=legs, at=at)


async def _post_step(conn: Connection, payment: Payment, *, key: str, kind: str, legs: list[Leg], at: datetime) -> None:
    await post(conn, key=key, kind=kind, order=payment.order_ref, legs=legs, currency=payment.currency, at=at)


async def _post_won(conn: Connection, payment: Payment, report: DisputeReport, at: datetime) -> None:
    total = (await GET_HELD.one(conn, ref=report.ref)).disputed_minor
    legs = await _build_return_legs(conn, payment, report, total, most_advanced=total)
    await _post_step(conn, payment, key=f"dispute-won:{report.ref}", kind="dispute won", legs=legs, at=at)


async def _build_return_legs(
    conn: Connection, payment: Payment, report: DisputeReport, minor: int, *, most_advanced: int
) -> list[Leg]:
    """Return legs that give disputed money back: first what was advanced for the order, then to where it came from.

    With two disputes over a charge, the accounts may hold the money of the one and the advance be for the other.
    """
    advance = f"advance:{payment.order_ref}"
    advanced = min(minor, most_advanced, max(0, -await get_balance(conn, advance, payment.currency)))
    unreturned = await LIST_UNRETURNED.all(conn, order=payment.order_ref, currency=payment.currency, ref=report.ref)
    returned = split(minor - advanced, [each.minor for each in unreturned])
    legs: list[Leg] = [(get_disputed_account(payment), -minor), (advance, advanced)]
    return [*legs, *((each.code, minor) for each, minor in zip(unreturned, returned, strict=True))]


async def _post_lost(conn: Connection, payment: Payment, report: DisputeReport, at: datetime) -> None:
    """Book that the provider keeps the money; the platform gets its share of the discount back."""
    total = (await GET_HELD.one(conn, ref=report.ref)).disputed_minor
    legs = [
        (get_disputed_account(payment), -total),
        (get_clearing_account(payment), report.amount.minor),
        ("promotion", total - report.amount.minor),
    ]
    await _post_step(conn, payment, key=f"dispute-lost:{report.ref}", kind="dispute lost", legs=legs, at=at)


async def has_open_dispute(conn: Connection, order: str) -> bool:
    """Lock the payments of an order and return whether one of them has an open dispute.

    Until the caller's transaction ends no dispute opens, so its money may be released if there is none.
    """
    await LOCK_PAYMENTS_OF_ORDER.all(conn, order=order)
    return any(each.state is DisputeState.OPEN for each in await list_disputes(conn, order))


async def list_disputes(conn: Connection, order: str) -> list[Dispute]:
    """Return the disputes over an order's payments, oldest first, at most 100."""
    return await LIST_DISPUTES.all(conn, order=order)


async def list_open_disputes(conn: Connection) -> list[Dispute]:
    """Return the open disputes, the first due first, at most 1,000."""
    return await LIST_OPEN_DISPUTES.all(conn)
