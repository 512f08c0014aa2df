"""Messages to the officials whose turn it is to answer a case."""

from datetime import datetime

from market.cases.casework.models import LockedCase
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.queue import queue_message

MAX_TOLD_OFFICIALS = 10

LIST_ASSIGNEE_PHONES = Query(
    bytes,
    """
    SELECT DISTINCT phone_sealed
      FROM grants JOIN accounts ON accounts.id = account_id
     WHERE role = :role AND starts_with(:division_code, scope) AND valid_during @> :day::date
       AND phone_sealed IS NOT NULL AND accounts.closed_at IS NULL
     LIMIT :most
    """,
)


async def notify_assignee(
    conn: Connection, seal: Seal, case: LockedCase, template: str, facts: dict[str, str], *, now: datetime
) -> None:
    """Queue a message to the division's officials who answer a case now, at most 10; to none if the seller does."""
    if case.assigned_role is None:
        return
    phones = await LIST_ASSIGNEE_PHONES.all(
        conn,
        role=case.assigned_role,
        division_code=case.division_code,
        day=get_business_day(now),
        most=MAX_TOLD_OFFICIALS,
    )
    for sealed in phones:
        await queue_message(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)
