"""What buyers and producers are told by message; queued in the doer's transaction."""

from datetime import date, datetime
from uuid import UUID

from market.kernel import Connection, Fen, Query
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.notify import queue
from payments.money import yuan

PHONE_CONTEXT = "accounts.phone"

PHONE = Query(bytes, "SELECT phone_sealed FROM accounts WHERE id = :account_id AND phone_sealed IS NOT NULL")
OWNER_PHONES = Query(
    bytes,
    """
    SELECT phone_sealed
      FROM producer_members JOIN accounts ON accounts.id = account_id
     WHERE producer_id = :producer_id AND role = 'owner' AND valid_during @> :day::date AND phone_sealed IS NOT NULL
     ORDER BY account_id
     LIMIT 3
    """,
)


def month_day(day: date) -> str:
    """Write a day as people say it."""
    return f"{day.month} 月 {day.day} 日"


async def tell_account(
    conn: Connection, seal: Seal, account_id: UUID, template: str, facts: dict[str, str], *, now: datetime
) -> None:
    """Queue a message to a person who has a phone."""
    sealed = await PHONE.maybe(conn, account_id=account_id)
    if sealed is not None:
        await queue(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)


async def tell_producer(
    conn: Connection, seal: Seal, producer_id: UUID, template: str, facts: dict[str, str], *, now: datetime
) -> None:
    """Queue a message to a producer's owners."""
    for sealed in await OWNER_PHONES.all(conn, producer_id=producer_id, day=day_of(now)):
        await queue(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)


async def tell_money(conn: Connection, seal: Seal, producer_id: UUID, sum_fen: Fen, *, now: datetime) -> None:
    """Tell a producer that money is theirs now."""
    if sum_fen:
        await tell_producer(conn, seal, producer_id, "money_arrived", {"amount": yuan(sum_fen)}, now=now)
