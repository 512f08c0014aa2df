"""Messages to buyers and producers, queued in the caller's transaction."""

from datetime import date, datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

from market.kernel import Connection, Fen, Query
from market.kernel.clock import SHANGHAI, get_business_day
from market.kernel.seal import Seal
from market.people.notify.queue import queue_message
from payments.money import format_yuan

PHONE_CONTEXT = "accounts.phone"

GET_PHONE = Query(bytes, "SELECT phone_sealed FROM accounts WHERE id = :account_id AND phone_sealed IS NOT NULL")
OWNERS_WITH_PHONE: Final[LiteralString] = """
      FROM producer_members AS member JOIN accounts ON accounts.id = account_id
     WHERE member.producer_id = sold.producer_id AND role = 'owner' AND valid_during @> :day::date
       AND phone_sealed IS NOT NULL
     ORDER BY account_id
     LIMIT 3"""
"""The owners of the producer of `sold` who are told of its sales."""
LIST_OWNER_PHONES = Query(
    bytes,
    "SELECT owner.phone_sealed FROM (SELECT :producer_id::uuid AS producer_id) AS sold"
    " CROSS JOIN LATERAL (SELECT phone_sealed " + OWNERS_WITH_PHONE + ") AS owner",
)


def format_month_day(day: date) -> str:
    """Format a day in Chinese: `10 月 3 日`."""
    return f"{day.month} 月 {day.day} 日"


def format_due(due_at: datetime) -> str:
    """Format a deadline in Chinese: `9 月 21 日 15 点`, or `9 月 21 日` if it is the end of that day."""
    local = due_at.astimezone(SHANGHAI)
    if (local.hour, local.minute) == (0, 0):
        return format_month_day(local.date() - timedelta(days=1))
    return f"{format_month_day(local.date())} {local.hour} 点" + (f" {local.minute} 分" if local.minute else "")


async def notify_account(
    conn: Connection, seal: Seal, account_id: UUID, template: str, facts: dict[str, str], *, now: datetime
) -> None:
    """Queue a message to an account; without a phone it gets none."""
    sealed = await GET_PHONE.maybe(conn, account_id=account_id)
    if sealed is not None:
        await queue_message(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)


async def notify_producer(
    conn: Connection, seal: Seal, producer_id: UUID, template: str, facts: dict[str, str], *, now: datetime
) -> None:
    """Queue a message to a producer's owners."""
    for sealed in await LIST_OWNER_PHONES.all(conn, producer_id=producer_id, day=get_business_day(now)):
        await queue_message(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)


async def notify_money_owed(conn: Connection, seal: Seal, producer_id: UUID, sum_fen: Fen, *, now: datetime) -> None:
    """Notify a producer of escrow that was released to it."""
    if sum_fen:
        await notify_producer(conn, seal, producer_id, "money_owed", {"amount": format_yuan(sum_fen)}, now=now)
