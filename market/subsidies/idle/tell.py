"""Tell households of lines that are idle: one message for each notice of a line, however many workers run."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.notify.queue import queue_message
from market.subsidies.idle.lines import list_lines_to_call, open_contact, open_number
from market.subsidies.idle.models import CallOutcome, IdleLine, IdleState
from market.subsidies.names import ServiceKind
from payments.retries import BatchSummary, describe_error, run_each

log = structlog.get_logger()

SERVICE_WORDS: dict[ServiceKind, str] = {
    ServiceKind.MOBILE: "手机号",
    ServiceKind.BROADBAND: "宽带",
    ServiceKind.TELEVISION: "电视",
}
_TAIL_LENGTH = 4
_SETTLED = (CallOutcome.WANTS_END, CallOutcome.WRONG_NUMBER)
"""After these answers no message helps: the number is a stranger's, or the household wants no line."""


class _ToldNotice(Struct, frozen=True):
    line: str
    notice_on: date


class NoticesNotTold(Exception):
    """Some idle lines could not be told, or those of some counties not be listed."""


LIST_IDLE_COUNTIES = Query(str, "SELECT * FROM list_idle_counties()")
# The row of a notice is what claims its message: of two workers only one inserts it.
CLAIM_NOTICE = Query(
    str,
    """
    INSERT INTO idle_notices (county_code, line_code, notice_on, told_at)
    VALUES (:county, :line, :notice_on, :now)
    ON CONFLICT DO NOTHING
    RETURNING line_code
    """,
)
LIST_TOLD = Query(
    _ToldNotice,
    """
    SELECT line_code AS line, notice_on FROM idle_notices
     WHERE county_code = :county AND line_code = ANY(:lines::text[]) AND notice_on >= :since::date
     LIMIT 10000
    """,
)
LIST_SETTLED = Query(
    _ToldNotice,
    """
    SELECT line_code AS line, notice_on FROM idle_calls
     WHERE county_code = :county AND line_code = ANY(:lines::text[]) AND notice_on >= :since::date
       AND outcome = ANY(:outcomes::text[])
     LIMIT 10000
    """,
)


async def list_told(conn: Connection, county: str, lines: Sequence[str], *, since: date) -> set[tuple[str, date]]:
    """Return the notices since a day of which the household was told, as line and day of the notice."""
    told = await LIST_TOLD.all(conn, county=county, lines=list(lines), since=since)
    return {(each.line, each.notice_on) for each in told}


async def tell_idle_lines(db: Database, seal: Seal, *, now: datetime) -> int:
    """Queue a message for each notice that falls within 7 days or has fallen; return how many households were told.

    Opens its own transactions, one for each message. A line without a known phone is not told and stays on the list.
    Nothing is sent while the use that is known ends more than 7 days before the notice, for who has only not been
    reported yet is not called idle; unless the removal comes before the next month of use is known.

    Raises:
        NoticesNotTold: a county or a line failed; the log says which and why, and the others were told.
    """
    today, told, lost = get_business_day(now), 0, 0
    async with db.connection() as conn:
        counties = await LIST_IDLE_COUNTIES.all(conn)

    async def work(county: str) -> None:
        nonlocal told, lost
        summary = await _tell_county(db, seal, county, today=today, now=now)
        told, lost = told + summary.done, lost + summary.failed

    async def fail(county: str, error: Exception) -> None:
        log.error("idle_lines_not_listed", county=county, error=describe_error(error), exc_info=error)

    summary = await run_each(counties, work, fail)
    if summary.failed or lost:
        raise NoticesNotTold(summary.failed, lost)
    return told


async def _tell_county(db: Database, seal: Seal, county: str, *, today: date, now: datetime) -> BatchSummary:
    """Tell the households of a county; `done` counts only the messages that this worker queued."""
    async with db.transaction(scope=county) as conn:
        lines = [each for each in await list_lines_to_call(conn, county, [county], today=today) if is_due(each)]
        since = min((each.period.notice_on for each in lines), default=today)
        codes = [each.line for each in lines]
        done = await list_told(conn, county, codes, since=since)
        settled = await LIST_SETTLED.all(conn, county=county, lines=codes, since=since, outcomes=list(_SETTLED))
    done |= {(each.line, each.notice_on) for each in settled}
    queued = 0

    async def work(line: IdleLine) -> None:
        nonlocal queued
        async with db.transaction(scope=county) as conn:
            told = await _tell(conn, seal, county, line, now=now)
        queued += told

    async def fail(line: IdleLine, error: Exception) -> None:
        log.error("idle_line_not_told", county=county, line=line.line, error=describe_error(error))

    summary = await run_each([each for each in lines if each.key not in done], work, fail)
    return BatchSummary(done=queued, failed=summary.failed)


def is_due(line: IdleLine) -> bool:
    """Return whether a household is told now: before the removal, and not by the calendar alone."""
    return line.certain and line.state in {IdleState.SOON, IdleState.NOTICED}


async def _tell(conn: Connection, seal: Seal, county: str, line: IdleLine, *, now: datetime) -> bool:
    """Queue the message of a notice unless another worker did or no phone is known; return whether it was queued."""
    phone = open_contact(seal, line).phone
    if not phone:
        return False
    claimed = await CLAIM_NOTICE.maybe(conn, county=county, line=line.line, notice_on=line.period.notice_on, now=now)
    if claimed is None:
        return False
    facts = {"tail": open_number(seal, line)[-_TAIL_LENGTH:], "service": SERVICE_WORDS[line.kind]}
    if line.state is IdleState.SOON:
        facts["day"] = _write_day(line.period.notice_on)
        await queue_message(conn, seal, phone=phone, template="idle_soon", facts=facts, now=now)
    else:
        facts["unpaid"] = _write_day(line.period.unpaid_from)
        facts["day"] = _write_day(line.period.removal_on - timedelta(days=1))
        await queue_message(conn, seal, phone=phone, template="idle_now", facts=facts, now=now)
    return True


def _write_day(day: date) -> str:
    return f"{day.month}月{day.day}日"
