"""The public notice of a village: how many matters and why, for everybody; names only for the board's printed sheet."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import NotFound
from market.subsidies.imports.register_rows import HEAD
from market.subsidies.intake.models import LeadKind, LeadReason, LeadSource
from market.subsidies.intake.views import list_household_members, list_persons


class _NoticeDays(Struct, frozen=True, kw_only=True):
    notice_from: date
    notice_until: date

    @property
    def last_day(self) -> date:
        """The last day of the notice."""
        return self.notice_until - timedelta(days=1)


class NoticeSum(_NoticeDays, frozen=True, kw_only=True):
    """How many matters of one kind, source and reason are under notice; `notice_until` is the first day after it."""

    kind: LeadKind
    source: LeadSource
    reason: LeadReason
    matters: int


class VillageNotice(Struct, frozen=True, kw_only=True):
    """What a village has under notice on a day: counts and reasons, no name, no household."""

    village_code: str
    village: str
    county: str
    day: date
    sums: list[NoticeSum]


class BoardRow(_NoticeDays, frozen=True, kw_only=True):
    """A row of the sheet for the village's board: the number to object with, the head's name, and how many persons."""

    number: int
    name: str
    persons: int
    kind: LeadKind
    reason: LeadReason


class _Place(Struct, frozen=True):
    village: str
    county: str


class _NoticedLead(Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    county_code: str
    household_code: str | None
    kind: LeadKind
    reason: LeadReason
    notice_from: date
    notice_until: date


FIND_PLACE = Query(
    _Place,
    """
    SELECT v.name AS village, c.name AS county
      FROM divisions v JOIN divisions c ON c.code = rpad(v.county_code, 12, '0')
     WHERE v.code = :village AND v.level = 5
    """,
)
SUM_UP_NOTICES = Query(NoticeSum, "SELECT * FROM sum_up_notices(:village::text, :day::date)")
# A sheet is printed before the first day of its notice, and no longer after the last one.
LIST_NOTICED = Query(
    _NoticedLead,
    """
    SELECT id, number, county_code, household_code, kind, reason, lower(notice) AS notice_from,
           upper(notice) AS notice_until
      FROM leads
     WHERE village_code = :village AND state IN ('noticed', 'reviewed') AND upper(notice) > :day::date
     ORDER BY lower(notice), number
     LIMIT 500
    """,
)


async def get_village_notice(conn: Connection, village_code: str, *, day: date) -> VillageNotice:
    """Return what is under notice in a village on a day, for everybody.

    Raises:
        NotFound: there is no such village.
    """
    place = await FIND_PLACE.maybe(conn, village=village_code)
    if place is None:
        raise NotFound
    sums = await SUM_UP_NOTICES.all(conn, village=village_code, day=day)
    return VillageNotice(village_code=village_code, village=place.village, county=place.county, day=day, sums=sums)


async def list_board_rows(
    conn: Connection, seal: Seal, village_code: str, divisions: Sequence[str], *, day: date
) -> list[BoardRow]:
    """Return the sheet for the board of a village that the official may see: each matter under notice with its name.

    A household is named by its head; no identity number, phone, address or account is on it.

    Raises:
        NotFound: the village is not in the divisions.
    """
    if not any(village_code.startswith(scope) for scope in divisions):
        raise NotFound
    rows: list[BoardRow] = []
    for lead in await LIST_NOTICED.all(conn, village=village_code, day=day):
        members = [(each.name, each.relation) for each in await list_persons(conn, seal, lead.id)]
        if lead.household_code is not None and lead.kind is not LeadKind.ENROL:
            members = [
                (each.name, each.relation)
                for each in await list_household_members(conn, seal, lead.county_code, lead.household_code, day=day)
            ]
        head = next((name for name, relation in members if relation == HEAD), members[0][0] if members else "")
        rows.append(build_from(BoardRow, lead, name=head, persons=len(members)))
    return rows
