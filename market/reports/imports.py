"""Imported files of a county, and the size of its register."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query

MAX_PAGE_SIZE = 50


class ImportedFile(Struct, frozen=True):
    """An imported file, and who imported it."""

    id: UUID
    kind: str
    name: str
    sha256: str
    rows: int
    operator: str | None
    month: date | None
    sum_fen: Fen | None
    by: str
    imported_at: datetime


class UncountedFiles(Struct, frozen=True):
    """How many files of a kind a month's calculation has not read."""

    kind: str
    files: int


class RegisterCounts(Struct, frozen=True):
    """The size of a county's register."""

    households: int
    persons: int
    lines: int
    enrolled: int
    plans: int


LIST_IMPORTED_FILES = Query(
    ImportedFile,
    """
    SELECT f.id, f.kind, f.name, f.sha256, f.rows, f.operator, f.month, f.sum_fen, a.name AS by, f.imported_at
      FROM import_files f JOIN accounts a ON a.id = f.account_id
     WHERE f.county_code = :county AND (:kind::text = '' OR f.kind = :kind)
       AND (:month::date IS NULL OR f.month = :month)
     ORDER BY f.imported_at DESC, f.id DESC
     LIMIT :limit::integer + 1 OFFSET :skip::integer
    """,
)


# What an operator answers to a settlement is no fact of a month.
COUNT_UNCOUNTED_FILES = Query(
    UncountedFiles,
    """
    SELECT f.kind, count(*) AS files FROM import_files f JOIN cycles c ON c.county_code = f.county_code
     WHERE f.county_code = :county AND c.month = :month AND f.imported_at > c.calculated_at AND f.kind <> 'return'
       AND (f.month IS NULL OR f.month <= :month)
     GROUP BY f.kind ORDER BY f.kind
    """,
)
COUNT_REGISTER = Query(
    RegisterCounts,
    """
    SELECT (SELECT count(*) FROM households WHERE county_code = :county)::integer AS households,
           (SELECT count(*) FROM persons WHERE county_code = :county)::integer AS persons,
           (SELECT count(*) FROM lines WHERE county_code = :county)::integer AS lines,
           (SELECT count(*) FROM enrolments WHERE county_code = :county AND decided)::integer AS enrolled,
           (SELECT count(*) FROM plans WHERE county_code = :county)::integer AS plans
    """,
)


async def list_imported_files(
    conn: Connection,
    county: str,
    *,
    kind: str = "",
    month: date | None = None,
    skip: int = 0,
    limit: int = MAX_PAGE_SIZE,
) -> tuple[list[ImportedFile], bool]:
    """Return at most 50 imported files, latest first, and whether there are more."""
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await LIST_IMPORTED_FILES.all(
        conn, county=county, kind=kind, month=month, skip=min(skip, 100_000), limit=limit
    )
    return rows[:limit], len(rows) > limit


async def count_uncounted_files(conn: Connection, county: str, month: date) -> list[UncountedFiles]:
    """Return how many files of each kind came after the last calculation of a month.

    They may change what was calculated, and the county's decision is refused if they do.
    """
    return await COUNT_UNCOUNTED_FILES.all(conn, county=county, month=month)


async def count_register(conn: Connection, county: str) -> RegisterCounts:
    """Count the households, persons, lines and plans of a county."""
    return await COUNT_REGISTER.one(conn, county=county)
