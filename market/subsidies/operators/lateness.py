"""Whose bill of a month has come, who is late, and the reminders that operators get before the 20th."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import require_scopes
from market.people.identity.models import Actor, Role
from market.people.identity.operators import list_operator_contacts
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.queue import queue_message
from market.subsidies.names import Operator, format_month_zh
from payments.retries import run_each

log = structlog.get_logger()

MAX_MONTHS = 12
"""How far back the list goes."""
SOON, TOMORROW = timedelta(days=5), timedelta(days=1)
"""How long before the due day the first and the second reminder are sent."""
LATE_FOR = timedelta(days=30)
"""After this time nobody is reminded of a late bill any more; the list still has it."""
_READERS = frozenset(Role) - {Role.PLATFORM}


class FileState(Struct, frozen=True, kw_only=True):
    """An operator's bill of a month of a county: due on the 20th of the next month, and what has come.

    `files`, `rows`, `rejected` and `sum_fen` are of the files that no revision has replaced; `arrived_on` is the day of
    the first file, null if none has come.
    """

    county_code: str
    month: date
    operator: Operator
    due_on: date
    files: int
    rows: int
    rejected: int
    sum_fen: Fen
    arrived_on: date | None

    def count_late_days(self, today: date) -> int:
        """Return the days between the due day and the arrival, or today if nothing has come; 0 if it is not late."""
        return max(((self.arrived_on or today) - self.due_on).days, 0)


class ReminderStage(StrEnum):
    """The reminders of a bill; each is sent once."""

    SOON = "soon"
    TOMORROW = "tomorrow"
    LATE = "late"


LIST_FILE_STATES = Query(
    FileState,
    "SELECT * FROM list_file_states(:scopes::text[], :operators::text[], :today::date, :months::integer)",
)
GET_COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:county, 12, '0')")
ADD_REMINDER = Query(
    int,
    """
    INSERT INTO file_reminders (county_code, operator, month, stage, sent_at)
    VALUES (:county, :operator, :month, :stage, :now)
    ON CONFLICT DO NOTHING
    RETURNING 1
    """,
)
_TEMPLATES = {
    ReminderStage.SOON: "bill_due",
    ReminderStage.TOMORROW: "bill_due",
    ReminderStage.LATE: "bill_late",
}


async def list_file_states(
    conn: Connection,
    scopes: Sequence[str],
    *,
    operators: Sequence[Operator] = tuple(Operator),
    today: date,
    months: int = MAX_MONTHS,
) -> list[FileState]:
    """Return the bills that are expected or have come in some divisions, latest month first.

    The caller checks who may see them: they show counts and sums of each operator.
    """
    return await LIST_FILE_STATES.all(
        conn, scopes=list(scopes), operators=list(operators), today=today, months=min(months, MAX_MONTHS)
    )


async def list_late_files(conn: Connection, actor: Actor, *, today: date) -> list[FileState]:
    """Return the bills that are late or came late in the last 12 months, in the counties that an official sees whole.

    Raises:
        NotAllowed: the actor has no role of the subsidies for a county or a wider division.
        SecondFactorRequired: the session has no second factor.
    """
    scopes = [scope for scope in require_scopes(actor, _READERS) if len(scope) <= len("130624")]
    states = await list_file_states(conn, scopes, today=today) if scopes else []
    return [state for state in states if state.count_late_days(today)]


def get_due_stage(state: FileState, today: date) -> ReminderStage | None:
    """Return the reminder that is due for a bill on a day; none if it has come, or is due later than in five days."""
    if state.files or today > state.due_on + LATE_FOR:
        return None
    if today > state.due_on:
        return ReminderStage.LATE
    if today >= state.due_on - TOMORROW:
        return ReminderStage.TOMORROW
    return ReminderStage.SOON if today >= state.due_on - SOON else None


async def remind_operators(db: Database, seal: Seal, *, now: datetime) -> int:
    """Remind the accounts of operators whose bill is missing; return how many bills somebody was reminded of.

    Each stage of a bill is sent once, to everybody who sends the operator's files of the county. Where nobody does,
    nothing is recorded, so that an account made later still gets the reminder.
    """
    today = get_business_day(now)
    async with db.connection() as conn:
        states = await list_file_states(conn, [""], today=today, months=3)
    due = [(state, stage) for state in states if (stage := get_due_stage(state, today)) is not None]
    reminded = 0

    async def remind(each: tuple[FileState, ReminderStage]) -> None:
        nonlocal reminded
        async with db.transaction(scope=each[0].county_code) as conn:
            reminded += await _remind(conn, seal, *each, now=now)

    async def record(each: tuple[FileState, ReminderStage], error: Exception) -> None:
        # The next run sends what this one did not.
        log.error("reminder_failed", county=each[0].county_code, operator=each[0].operator, exc_info=error)

    await run_each(due, remind, record)
    return reminded


async def _remind(conn: Connection, seal: Seal, state: FileState, stage: ReminderStage, *, now: datetime) -> int:
    contacts = await list_operator_contacts(conn, state.operator, state.county_code, day=get_business_day(now))
    if not contacts:
        return 0
    given: dict[str, Any] = {"county": state.county_code, "operator": state.operator, "month": state.month}
    if await ADD_REMINDER.maybe(conn, **given, stage=stage, now=now) is None:
        return 0
    facts = {
        "county": await GET_COUNTY_NAME.maybe(conn, county=state.county_code) or state.county_code,
        "month": format_month_zh(f"{state.month:%Y-%m}"),
        "day": f"{state.due_on.month}月{state.due_on.day}日",
    }
    for contact in contacts:
        phone = seal.open(contact.phone_sealed, PHONE_CONTEXT)
        await queue_message(conn, seal, phone=phone, template=_TEMPLATES[stage], facts=facts, now=now)
    return 1
