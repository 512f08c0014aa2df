"""Closures: a farm takes no new orders for some days, for harvest or because the road is closed."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor

MAX_CLOSED_DAYS = 30
MAX_DAYS_BEFORE = 60
MAX_CLOSURES, CLOSURES_PERIOD = 10, timedelta(days=30)
"""How often a farm may say within a month that it closes: each time the buyers who wait for parcels are told."""
"""How long before its first day a closure may be announced."""


class ClosureReason(StrEnum):
    """The reason of a closure."""

    HARVEST = "harvest"
    ROAD = "road"
    OTHER = "other"


CLOSURE_REASON_NAMES: dict[ClosureReason, str] = {
    ClosureReason.HARVEST: "农忙",
    ClosureReason.ROAD: "路不通",
    ClosureReason.OTHER: "家里有事",
}


class NewClosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A closure from the day `starts_on` to the day `ends_on`, both closed."""

    starts_on: date
    ends_on: date
    reason: ClosureReason


class Closure(Struct, frozen=True, kw_only=True):
    """A closure of a producer that has not ended; it is open again on `reopens_on`."""

    starts_on: date
    reopens_on: date
    reason: ClosureReason


class ClosureInvalid(Refusal):
    """The days of a closure are invalid; `errors` lists each."""

    code = "closure_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class TooManyClosures(Refusal):
    """The farm said too often within 30 days that it closes, given up and replaced days included."""

    code = "too_many_closures"
    zh = "这 30 天说过 {limit} 次要歇，每次都给等货的人发短信，不能再改。着急请打电话给县里。"
    en = "The farm announced {limit} closures within 30 days; buyers are told of each, so no more are accepted."


LOCK_PRODUCER = Query(None, "SELECT FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
FIND_CLOSURE = Query(
    Closure,
    """
    SELECT lower(closed_during) AS starts_on, upper(closed_during) AS reopens_on, reason
      FROM closures WHERE producer_id = :producer_id AND upper(closed_during) > :today::date
     ORDER BY closed_during
     LIMIT 1
    """,
)
# Given up and replaced days leave no other trace.
COUNT_RECENT_CLOSURES = Query(
    int,
    """
    SELECT count(*) FROM audit_entries
     WHERE object = 'producer:' || :producer_id::uuid::text AND action = 'producer.close' AND at > :since::timestamptz
    """,
)
DELETE_COMING = Query(
    None, "DELETE FROM closures WHERE producer_id = :producer_id AND lower(closed_during) >= :today::date"
)
END_CURRENT = Query(
    None,
    """
    UPDATE closures SET closed_during = daterange(lower(closed_during), :today::date)
     WHERE producer_id = :producer_id AND closed_during @> :today::date
    """,
)
ADD_CLOSURE = Query(
    None,
    """
    INSERT INTO closures (producer_id, closed_during, reason, created_by, created_at)
    VALUES (:producer_id, :closed_during, :reason, :by, :now)
    """,
)


def describe_closure(reason: ClosureReason | None, reopens_on: date | None) -> str:
    """Describe why a farm is closed and when it is back: `农忙，10 月 3 日回来`; empty if it is open."""
    if reason is None or reopens_on is None:
        return ""
    return say("{0}，{1} {2} 日回来", say(CLOSURE_REASON_NAMES[reason]), say(f"{reopens_on.month} 月"), reopens_on.day)


async def find_closure(conn: Connection, producer_id: UUID, *, today: date) -> Closure | None:
    """Return the closure of a producer that has not ended, current or announced, or None."""
    return await FIND_CLOSURE.maybe(conn, producer_id=producer_id, today=today)


async def write_closure(
    conn: Connection, actor: Actor, producer_id: UUID, new: NewClosure, *, now: datetime
) -> Closure:
    """Close a producer of the actor for some days, in the caller's transaction; one that has not ended is replaced.

    Raises:
        NotFound: the actor does not work for the producer.
        ClosureInvalid: the days are past, too far ahead, too many, or in the wrong order.
        TooManyClosures: it announced ten within 30 days.
    """
    require_producer(actor, producer_id)
    today = get_business_day(now)
    if faults := _list_day_faults(new, today):
        raise ClosureInvalid(errors=tuple(faults))
    await LOCK_PRODUCER.run(conn, producer_id=producer_id)
    if await COUNT_RECENT_CLOSURES.one(conn, producer_id=producer_id, since=now - CLOSURES_PERIOD) >= MAX_CLOSURES:
        raise TooManyClosures(limit=MAX_CLOSURES)
    await _end_closures(conn, producer_id, today)
    reopens_on = new.ends_on + timedelta(days=1)
    await ADD_CLOSURE.run(
        conn,
        producer_id=producer_id,
        closed_during=asyncpg.Range(new.starts_on, reopens_on),
        reason=new.reason,
        by=actor.account_id,
        now=now,
    )
    await _record(conn, actor, producer_id, "producer.close", days=f"{new.starts_on}/{new.ends_on}", now=now)
    return Closure(starts_on=new.starts_on, reopens_on=reopens_on, reason=new.reason)


async def reopen_farm(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> None:
    """Open a producer of the actor today, in the caller's transaction; an announced closure is given up.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    await LOCK_PRODUCER.run(conn, producer_id=producer_id)
    await _end_closures(conn, producer_id, get_business_day(now))
    await _record(conn, actor, producer_id, "producer.reopen", days=str(get_business_day(now)), now=now)


async def _end_closures(conn: Connection, producer_id: UUID, today: date) -> None:
    await DELETE_COMING.run(conn, producer_id=producer_id, today=today)
    await END_CURRENT.run(conn, producer_id=producer_id, today=today)


async def _record(conn: Connection, actor: Actor, producer_id: UUID, action: str, *, days: str, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"producer:{producer_id}", detail={"days": days},
        now=now,
    )  # fmt: skip


def _list_day_faults(new: NewClosure, today: date) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not today <= new.starts_on <= today + timedelta(days=MAX_DAYS_BEFORE):
        faults.append(FieldFault("starts_on", f"从今天起，最多提前 {MAX_DAYS_BEFORE} 天说"))
    if new.ends_on < new.starts_on:
        faults.append(FieldFault("ends_on", "最后一天不能早于第一天"))
    elif (new.ends_on - new.starts_on).days >= MAX_CLOSED_DAYS:
        faults.append(FieldFault("ends_on", f"一次最多歇 {MAX_CLOSED_DAYS} 天；再长就先下架"))
    return faults
