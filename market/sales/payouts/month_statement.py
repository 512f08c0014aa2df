"""A producer's statement of a month: every change of what is owed, from the ledger, between two balances."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_day_start, get_next_month
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.orders.escrow import get_freight_account, get_payable_account
from market.sales.payouts.statement import GET_PRODUCER_NUMBER

MAX_MONTH_ROWS = 2_000
RELEASED = "released"
PAYOUT_KINDS = frozenset({"payout sent", "payout failed", "payout returned"})


class StatementEntry(Struct, frozen=True, kw_only=True):
    """One change: the producer's parts of goods and freight, and the commission of a release or of its refund."""

    at: datetime
    kind: str
    order_ref: str | None
    payable_fen: Fen
    freight_fen: Fen
    commission_fen: Fen


class MonthStatement(Struct, frozen=True, kw_only=True):
    """The changes of a month, oldest first, and what was owed before and after it; `more` are not listed."""

    opening_fen: Fen
    entries: list[StatementEntry]
    more: bool
    closing_fen: Fen


# With what is in the archive, which is older than whatever is asked for.
SUM_OWED_BEFORE = Query(
    int,
    """
    SELECT coalesce(sum(archived.amount_minor), 0)::bigint
           + coalesce(sum((SELECT sum(postings.amount_minor)
                             FROM payments.postings JOIN payments.transactions ON transactions.id = transaction_id
                            WHERE postings.account_id = accounts.id AND at < :before)), 0)::bigint
      FROM payments.accounts
      LEFT JOIN payments.archived_sums AS archived ON archived.account_id = accounts.id
     WHERE code = ANY(:codes::text[])
    """,
)
# The commission of a dispute may be that of several sellers, so that it is left out.
LIST_STATEMENT_ENTRIES = Query(
    StatementEntry,
    """
    SELECT at, transactions.kind, order_ref,
           coalesce(sum(amount_minor) FILTER (WHERE code = :payable), 0)::bigint AS payable_fen,
           coalesce(sum(amount_minor) FILTER (WHERE code = :freight), 0)::bigint AS freight_fen,
           coalesce(sum(amount_minor) FILTER (WHERE code = 'commission' AND transactions.kind NOT LIKE 'dispute%'),
                    0)::bigint AS commission_fen
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE at >= :since AND at < :until
       AND transactions.id IN (SELECT transaction_id
                                 FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
                                WHERE code IN (:payable, :freight))
     GROUP BY transactions.id
     ORDER BY at, transactions.id
     LIMIT :limit
    """,
)


async def get_month_statement(conn: Connection, actor: Actor, producer_id: UUID, month: date) -> MonthStatement:
    """Return a producer's statement of the month that begins on `month`, with at most 2,000 of its changes.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    number = await GET_PRODUCER_NUMBER.one(conn, producer_id=producer_id)
    payable, freight = get_payable_account(number), get_freight_account(number)
    since, until = get_day_start(month), get_day_start(get_next_month(month))
    entries = await LIST_STATEMENT_ENTRIES.all(
        conn, payable=payable, freight=freight, since=since, until=until, limit=MAX_MONTH_ROWS + 1
    )
    return MonthStatement(
        opening_fen=Fen(await SUM_OWED_BEFORE.one(conn, codes=[payable, freight], before=since)),
        entries=entries[:MAX_MONTH_ROWS],
        more=len(entries) > MAX_MONTH_ROWS,
        closing_fen=Fen(await SUM_OWED_BEFORE.one(conn, codes=[payable, freight], before=until)),
    )
