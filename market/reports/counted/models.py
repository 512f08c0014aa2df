"""What a report that counts is: its figures, the rows that are counted, and the two statements made of them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Fen, Query
from market.subsidies.month.case_queries import PLAN_FOR_COUNTY, PLAN_FOR_FEW
from market.subsidies.terminology import fill_words


class Subject(StrEnum):
    """What a row of a report's list is about: it decides where the row leads."""

    HOUSEHOLD = "household"
    LINE = "line"
    PERSON = "person"
    FINDING = "finding"
    DIFFERENCE = "difference"
    CASE = "case"
    CLAWBACK = "clawback"


class Figure(Struct, frozen=True, kw_only=True):
    """A figure: what is counted, in which unit, of what, and as which part of another figure.

    `money`: the rows have sums too. `whole`: the figure that this one is a part of. `partition`: figures of one
    partition add up to a sum that another page may show, so that one small figure is not hidden alone.
    """

    key: str
    title: str
    unit: str
    subject: Subject
    money: bool = False
    whole: str = ""
    partition: str = ""


class FigureRow(Struct, frozen=True, kw_only=True, gc=False):
    """A figure of a village, empty for rows without one: how many rows it counts, and their sum."""

    village: str
    key: str
    n: int
    fen: Fen


class ItemRow(Struct, frozen=True, kw_only=True):
    """A row that a figure counts; `matches` is how many rows the figure counts in all."""

    subject: str
    village: str
    name: str
    fen: Fen
    note: str
    matches: int


class MonthOfReport(Struct, frozen=True, kw_only=True):
    """A month of a county; `as_of` is the moment that ages are counted to: its closing, or now."""

    county: str
    month: date
    as_of: datetime


class CountedReport(Struct, frozen=True, kw_only=True):
    """A report: its figures and the statements that count and list the same rows.

    `hides`: figures below the smallest that may be shown are hidden, with enough others (see `hide_small`).
    `steps`: each figure is what is left of the one before.
    """

    name: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    count: Query[FigureRow]
    items: Query[ItemRow]
    hides: bool = False
    steps: bool = False

    def get_figure(self, key: str) -> Figure | None:
        """Return a figure by its key, or None."""
        return next((figure for figure in self.figures if figure.key == key), None)

    def name_for(self, month: date) -> "CountedReport":
        """Return the report whose titles have the words of a month for a household's standing (`terminology`)."""
        figures = tuple(replace(each, title=fill_words(each.title, month)) for each in self.figures)
        return replace(self, figures=figures)

    @property
    def money(self) -> bool:
        """Whether some of the figures have sums."""
        return any(figure.money for figure in self.figures)


# The figures of 1,000 villages are fewer than 50,000. An official of part of the county sees the rows of its villages;
# rows without a village need the whole county.
_VISIBLE = """
     WHERE (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(items.village_code, :county), division)))
"""


def make_count(rows: LiteralString) -> Query[FigureRow]:
    """Return the statement that counts the rows of `rows` by village and figure."""
    return Query(
        FigureRow,
        "SELECT coalesce(village_code, '') AS village, key, count(*)::integer AS n,"
        " coalesce(sum(fen), 0)::bigint AS fen FROM (" + rows + ") AS items" + _VISIBLE
        + " GROUP BY village_code, key ORDER BY 1, 2 LIMIT 50000",
    )  # fmt: skip


def make_list(rows: LiteralString) -> Query[ItemRow]:
    """Return the statement that lists the rows of one figure within a division, `none` for rows without a village."""
    return Query(
        ItemRow,
        "SELECT subject, coalesce(village_code, '') AS village, coalesce(d.name, '') AS name,"
        " coalesce(fen, 0)::bigint AS fen, coalesce(note, '') AS note, count(*) OVER ()::integer AS matches"
        " FROM (" + rows + ") AS items LEFT JOIN divisions d ON d.code = village_code" + _VISIBLE
        + " AND key = :key AND CASE WHEN :within::text = 'none' THEN village_code IS NULL"
        " ELSE starts_with(coalesce(village_code, :county), :within) END"
        " ORDER BY village_code NULLS LAST, subject, note LIMIT :limit::integer OFFSET :skip::integer",
    )  # fmt: skip


def pick_parameters[Row](query: Query[Row], given: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters that a report's statement has; not each of them counts ages."""
    return {name: given[name] for name in query.names}


async def count_figures(
    conn: Connection, report: CountedReport, month: MonthOfReport, divisions: list[str]
) -> list[FigureRow]:
    """Count the figures of a month by village, for those divisions that an official may see, in a transaction."""
    given = {"county": month.county, "month": month.month, "as_of": month.as_of, "divisions": divisions}
    return await _read_county(conn, report.count, given)


async def list_items(
    conn: Connection,
    report: CountedReport,
    month: MonthOfReport,
    divisions: list[str],
    *,
    key: str,
    within: str,
    limit: int,
    skip: int = 0,
) -> list[ItemRow]:
    """Return the rows that a figure counts in a division: `within` is its code, truncated to its level, or `none`.

    In a transaction.
    """
    given: dict[str, object] = {
        "county": month.county, "month": month.month, "as_of": month.as_of, "divisions": divisions, "key": key,
        "within": within, "limit": limit, "skip": skip,
    }  # fmt: skip
    return await _read_county(conn, report.items, given)


async def _read_county[Row](conn: Connection, query: Query[Row], given: Mapping[str, object]) -> list[Row]:
    """Return what a report reads of the whole county, whose rows the statistics may not know yet."""
    await PLAN_FOR_COUNTY.run(conn)
    rows = await query.all(conn, **pick_parameters(query, given))
    await PLAN_FOR_FEW.run(conn)
    return rows
