"""State what a year of a pairing came to: counted on that day, and never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_role
from market.people.identity.models import Actor, NotFound
from market.places.organisations.register import require_own_organisation
from market.villages.pairing.models import (
    AGREERS,
    PairingItem,
    PairingStatement,
    PledgeProgress,
    PledgeTerm,
    StatedBefore,
    StatementTooEarly,
)
from market.villages.pairing.progress import cut_to_year, list_due_years, list_pledge_items, sum_up_pledge
from market.villages.pairing.views import find_pairing, load_items, load_pledges


class _StatementRow(Struct, frozen=True, kw_only=True):
    pairing_id: UUID
    year: int
    stated_at: datetime


ADD_STATEMENT = Query(
    None,
    """
    INSERT INTO pairing_statements (pairing_id, year, stated_by, stated_at)
    VALUES (:pairing_id, :year, :account_id, :now)
    """,
)
ADD_LINES = Query(
    None,
    """
    INSERT INTO pairing_statement_lines (pairing_id, year, kind, counted, target, done)
    SELECT :pairing_id, :year, kind, daterange(first, last, '[]'), target, done
      FROM jsonb_to_recordset(:lines::jsonb) AS t (kind text, first date, last date, target bigint, done bigint)
    """,
)
ADD_ITEMS = Query(
    None,
    """
    INSERT INTO pairing_statement_items (pairing_id, year, kind, on_day, what, amount)
    SELECT :pairing_id, :year, kind, on_day, what, amount
      FROM jsonb_to_recordset(:items::jsonb) AS t (kind text, on_day date, what text, amount bigint)
    """,
)
GET_STATEMENT = Query(
    _StatementRow,
    "SELECT pairing_id, year, stated_at FROM pairing_statements WHERE pairing_id = :pairing_id AND year = :year",
)
LIST_LINES = Query(
    PledgeProgress,
    """
    SELECT kind, target, lower(counted) AS first, upper(counted) - 1 AS last, done
      FROM pairing_statement_lines WHERE pairing_id = :pairing_id AND year = :year
     ORDER BY array_position('{buy,teach,invest,hire}'::text[], kind), counted
    """,
)
LIST_ITEMS = Query(
    PairingItem,
    """
    SELECT kind, on_day, what, amount FROM pairing_statement_items
     WHERE pairing_id = :pairing_id AND year = :year ORDER BY id
    """,
)


async def state_year(conn: Connection, actor: Actor, pairing_id: UUID, year: int, *, now: datetime) -> PairingStatement:
    """State a year of a pairing as a member of its organisation, in the person's scope; nothing is typed.

    Raises:
        NotFound: there is no such pairing of an organisation of the actor's.
        StatementTooEarly: the year is not over, or not one of the pairing.
        StatedBefore: it was stated before; the caller's transaction must not commit.
    """
    found, day = await find_pairing(conn, pairing_id), get_business_day(now)
    await require_own_organisation(conn, actor, found.organisation_id, day=day)
    if year in found.stated:
        raise StatedBefore
    if year not in list_due_years(found, day):
        raise StatementTooEarly
    pledges = (await load_pledges(conn, [pairing_id]))[pairing_id]
    parts = [part for each in pledges if (part := cut_to_year(each, year)) is not None]
    items = (await load_items(conn, [pairing_id]))[pairing_id]
    try:
        await ADD_STATEMENT.run(conn, pairing_id=pairing_id, year=year, account_id=actor.account_id, now=now)
    except asyncpg.UniqueViolationError as error:
        raise StatedBefore from error
    lines = [to_builtins(sum_up_pledge(part, items)) for part in parts]
    await ADD_LINES.run(conn, pairing_id=pairing_id, year=year, lines=lines)
    await ADD_ITEMS.run(conn, pairing_id=pairing_id, year=year, items=_list_counted(parts, items))
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="pairing.state", object=f"pairing:{pairing_id}",
        detail={"year": year}, now=now,
    )  # fmt: skip
    return await _read(conn, pairing_id, year)


def _list_counted(parts: Sequence[PledgeTerm], items: Sequence[PairingItem]) -> list[object]:
    return [to_builtins(build_from(PairingItem, item)) for part in parts for item in list_pledge_items(part, items)]


async def get_own_statement(
    conn: Connection, actor: Actor, pairing_id: UUID, year: int, *, now: datetime
) -> PairingStatement:
    """Return a statement of an organisation of the actor's, in the person's scope.

    Raises:
        NotFound: there is none.
    """
    found = await find_pairing(conn, pairing_id)
    await require_own_organisation(conn, actor, found.organisation_id, day=get_business_day(now))
    return await _read(conn, pairing_id, year)


async def get_county_statement(
    conn: Connection, official: Actor, county: str, pairing_id: UUID, year: int
) -> PairingStatement:
    """Return a statement of a pairing of the county, in the county's scope.

    Raises:
        NotFound: there is none.
        NotAllowed, SecondFactorRequired: the official has no role of `AGREERS` for its village.
    """
    found = await find_pairing(conn, pairing_id)
    if found.county_code != county:
        raise NotFound
    require_role(official, AGREERS, found.village_code)
    return await _read(conn, pairing_id, year)


async def _read(conn: Connection, pairing_id: UUID, year: int) -> PairingStatement:
    row = await GET_STATEMENT.maybe(conn, pairing_id=pairing_id, year=year)
    if row is None:
        raise NotFound
    return build_from(
        PairingStatement, row,
        pledges=await LIST_LINES.all(conn, pairing_id=pairing_id, year=year),
        items=await LIST_ITEMS.all(conn, pairing_id=pairing_id, year=year),
    )  # fmt: skip
