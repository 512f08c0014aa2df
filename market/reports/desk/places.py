"""The month's sums from county to line: each level adds up to the one above."""

from collections.abc import Sequence

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import next_month
from market.kernel.page import MOST, Page, cut
from market.kernel.seal import Seal
from market.reports.desk.line import open_name
from market.subsidies.cycles import Cycle

NOWHERE = "none"
"""The place of lines that belong to no household of the register."""


class PlaceSums(Struct, frozen=True, kw_only=True):
    """The sums of a place, a household or a line; `code` is `none` for lines of no village."""

    code: str
    name: str
    lines: int
    entitled_fen: Fen
    claimed_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    unfunded_fen: Fen


class Head(Struct, frozen=True):
    """A household's head and how many belong to it."""

    household: str
    persons: int
    name_sealed: bytes


# Four statements of one shape: what is added up is the same, and each is bound to what the official may see.
TOWNSHIPS = Query(
    PlaceSums,
    """
    SELECT coalesce(s.code, 'none') AS code, coalesce(d.name, '不在册') AS name, s.lines, s.entitled_fen, s.claimed_fen,
           s.approved_fen, s.over_fen, s.under_fen, s.conceded_fen, s.public_fen,
           s.approved_fen - s.conceded_fen - s.public_fen AS unfunded_fen
      FROM (SELECT left(village_code, 9) AS code, count(*)::integer AS lines, sum(entitled_fen)::bigint AS entitled_fen,
                   coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
                   sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen
              FROM run_lines
             WHERE run_id = :run_id AND county_code = :county
               AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                            WHERE starts_with(coalesce(village_code, county_code), place)))
             GROUP BY left(village_code, 9)) AS s
      LEFT JOIN divisions d ON d.code = rpad(s.code, 12, '0')
     ORDER BY s.code NULLS LAST
     LIMIT 200
    """,
)
VILLAGES = Query(
    PlaceSums,
    """
    SELECT s.code, coalesce(d.name, s.code) AS name, s.lines, s.entitled_fen, s.claimed_fen, s.approved_fen, s.over_fen,
           s.under_fen, s.conceded_fen, s.public_fen, s.approved_fen - s.conceded_fen - s.public_fen AS unfunded_fen
      FROM (SELECT village_code AS code, count(*)::integer AS lines, sum(entitled_fen)::bigint AS entitled_fen,
                   coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
                   sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen
              FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND starts_with(village_code, :township)
               AND (:county = ANY(:places::text[])
                    OR EXISTS (SELECT FROM unnest(:places::text[]) AS place WHERE starts_with(village_code, place)))
             GROUP BY village_code) AS s
      LEFT JOIN divisions d ON d.code = s.code
     ORDER BY s.code
     LIMIT 500
    """,
)
HOUSEHOLDS = Query(
    PlaceSums,
    """
    SELECT household_code AS code, household_code AS name, count(*)::integer AS lines,
           sum(entitled_fen)::bigint AS entitled_fen, coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen,
           sum(approved_fen)::bigint AS approved_fen, sum(over_fen)::bigint AS over_fen,
           sum(under_fen)::bigint AS under_fen, sum(conceded_fen)::bigint AS conceded_fen,
           sum(public_fen)::bigint AS public_fen,
           sum(approved_fen - conceded_fen - public_fen)::bigint AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND village_code = :village AND household_code > :after
       AND (:only::text = '' OR household_code = :only)
       AND (:county = ANY(:places::text[])
            OR EXISTS (SELECT FROM unnest(:places::text[]) AS place WHERE starts_with(village_code, place)))
     GROUP BY household_code
     ORDER BY household_code
     LIMIT :most::integer + 1
    """,
)
LINES = Query(
    PlaceSums,
    """
    SELECT line_code AS code, line_code AS name, 1 AS lines, entitled_fen, coalesce(claimed_fen, 0) AS claimed_fen,
           approved_fen, over_fen, under_fen, conceded_fen, public_fen,
           approved_fen - conceded_fen - public_fen AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND line_code > :after
       AND (:only::text = '' OR line_code = :only)
       AND CASE WHEN :household::text = 'none' THEN village_code IS NULL
                ELSE household_code = :household AND village_code IS NOT NULL END
       AND (:county = ANY(:places::text[]) OR EXISTS (SELECT FROM unnest(:places::text[]) AS place
                    WHERE starts_with(coalesce(village_code, county_code), place)))
     ORDER BY line_code
     LIMIT :most::integer + 1
    """,
)
HOME_OF = Query(
    str,
    """
    SELECT village_code FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND household_code = :household AND village_code IS NOT NULL
     LIMIT 1
    """,
)

# Who is its head (户主), or its first member where none is called so; and how many belong to it in the month.
HEADS = Query(
    Head,
    """
    SELECT m.household_code AS household, count(DISTINCT m.person_id)::integer AS persons,
           (array_agg(p.name_sealed ORDER BY m.relation = '户主' DESC, m.seat, lower(m.valid_during) DESC))[1]
             AS name_sealed
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND p.county_code = :county AND m.household_code = ANY(:households::text[])
       AND m.valid_during && daterange(:month::date, :next::date)
     GROUP BY m.household_code
    """,
)


async def townships_of(conn: Connection, cycle: Cycle, places: Sequence[str]) -> list[PlaceSums]:
    """Return the townships of a calculated month; the last row may be of lines that belong to no village."""
    return await TOWNSHIPS.all(conn, run_id=cycle.run_id, county=cycle.county_code, places=list(places))


async def villages_of(conn: Connection, cycle: Cycle, places: Sequence[str], township: str) -> list[PlaceSums]:
    """Return the villages of a township (its nine digits)."""
    return await VILLAGES.all(
        conn, run_id=cycle.run_id, county=cycle.county_code, places=list(places), township=township[:9]
    )


async def households_of(
    conn: Connection,
    cycle: Cycle,
    places: Sequence[str],
    village: str,
    *,
    after: str = "",
    only: str = "",
    most: int = 50,
) -> Page[PlaceSums]:
    """Return the households of a village with lines, by code, at most 100 a page; or `only` one of them."""
    most = min(most, MOST)
    rows = await HOUSEHOLDS.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        places=list(places),
        village=village,
        after=after,
        only=only,
        most=most,
    )
    return cut(rows, most, lambda row: row.code)


async def lines_of(
    conn: Connection,
    cycle: Cycle,
    places: Sequence[str],
    household: str,
    *,
    after: str = "",
    only: str = "",
    most: int = 50,
) -> Page[PlaceSums]:
    """Return the lines of a household, or with `none` those of no village, at most 100 a page; or `only` one."""
    most = min(most, MOST)
    rows = await LINES.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        places=list(places),
        household=household,
        after=after,
        only=only,
        most=most,
    )
    return cut(rows, most, lambda row: row.code)


async def heads_of(conn: Connection, seal: Seal, cycle: Cycle, households: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return for households of a page their head's name, masked, and how many belong to each in the month."""
    rows = await HEADS.all(
        conn,
        county=cycle.county_code,
        households=list(households)[:MOST],
        month=cycle.month,
        next=next_month(cycle.month),
    )
    return {row.household: (open_name(seal, row.name_sealed), row.persons) for row in rows}


async def home_of(conn: Connection, cycle: Cycle, household: str) -> str | None:
    """Return the village of a household in a month, None where it has no line."""
    return await HOME_OF.maybe(conn, run_id=cycle.run_id, county=cycle.county_code, household=household)
