"""The sums of a month from county to line; each level adds up to the one above."""

from collections.abc import Sequence

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_next_month
from market.kernel.division_codes import TOWNSHIP, truncate_code
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.seal import Seal
from market.reports.line import unseal_masked_name
from market.subsidies.line_codes import find_stored_codes, show_lines
from market.subsidies.month.cycles import Cycle

NO_VILLAGE = "none"
"""The code of lines whose household has no village."""


class DrilldownSums(Struct, frozen=True, kw_only=True):
    """The sums of a division, a household or a line; `code` is `none` for lines without a village."""

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


class HouseholdHead(Struct, frozen=True):
    """The head of a household and its number of persons."""

    household: str
    persons: int
    name_sealed: bytes


# Four statements with the same sums, each limited to the divisions that the official may see.
SUM_BY_TOWNSHIP = Query(
    DrilldownSums,
    """
    SELECT coalesce(s.code, 'none') AS code, coalesce(d.name, '不在册') AS name, s.lines, s.entitled_fen, s.claimed_fen,
           s.approved_fen, s.over_fen, s.under_fen, s.conceded_fen, s.public_fen,
           s.approved_fen - s.conceded_fen - s.public_fen AS unfunded_fen
      FROM (SELECT truncate_code(village_code, 4) AS code, count(*)::integer AS lines,
                   sum(entitled_fen)::bigint AS entitled_fen,
                   coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
                   sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen
              FROM run_lines
             WHERE run_id = :run_id AND county_code = :county
               AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                            WHERE starts_with(coalesce(village_code, county_code), division)))
             GROUP BY truncate_code(village_code, 4)) AS s
      LEFT JOIN divisions d ON d.code = rpad(s.code, 12, '0')
     ORDER BY s.code NULLS LAST
     LIMIT 200
    """,
)
SUM_BY_VILLAGE = Query(
    DrilldownSums,
    """
    SELECT s.code, coalesce(d.name, s.code) AS name, s.lines, s.entitled_fen, s.claimed_fen, s.approved_fen, s.over_fen,
           s.under_fen, s.conceded_fen, s.public_fen, s.approved_fen - s.conceded_fen - s.public_fen AS unfunded_fen
      FROM (SELECT village_code AS code, count(*)::integer AS lines, sum(entitled_fen)::bigint AS entitled_fen,
                   coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
                   sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen
              FROM run_lines
             WHERE run_id = :run_id AND county_code = :county AND starts_with(village_code, :township)
               AND (:county = ANY(:divisions::text[])
                    OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                                WHERE starts_with(village_code, division)))
             GROUP BY village_code) AS s
      LEFT JOIN divisions d ON d.code = s.code
     ORDER BY s.code
     LIMIT 500
    """,
)
SUM_BY_HOUSEHOLD = Query(
    DrilldownSums,
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
       AND (:county = ANY(:divisions::text[])
            OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(village_code, division)))
     GROUP BY household_code
     ORDER BY household_code
     LIMIT :limit::integer + 1
    """,
)
LIST_LINES = Query(
    DrilldownSums,
    """
    SELECT line_code AS code, line_code AS name, 1 AS lines, entitled_fen, coalesce(claimed_fen, 0) AS claimed_fen,
           approved_fen, over_fen, under_fen, conceded_fen, public_fen,
           approved_fen - conceded_fen - public_fen AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND line_code > :after
       AND (:only::text = '' OR line_code = :only)
       AND CASE WHEN :household::text = 'none' THEN village_code IS NULL
                ELSE household_code = :household AND village_code IS NOT NULL END
       AND (:county = ANY(:divisions::text[]) OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(coalesce(village_code, county_code), division)))
     ORDER BY line_code
     LIMIT :limit::integer + 1
    """,
)
FIND_HOUSEHOLD_VILLAGE = Query(
    str,
    """
    SELECT village_code FROM run_lines
     WHERE run_id = :run_id AND county_code = :county AND household_code = :household AND village_code IS NOT NULL
     LIMIT 1
    """,
)

# The head (户主) of a household, or its first member, and its number of persons in the month.
LIST_HOUSEHOLD_HEADS = Query(
    HouseholdHead,
    """
    SELECT m.household_code AS household, count(DISTINCT m.person_id)::integer AS persons,
           (array_agg(p.name_sealed ORDER BY m.relation = '户主' DESC, m.member_number, lower(m.valid_during) DESC))[1]
             AS name_sealed
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND p.county_code = :county AND m.household_code = ANY(:households::text[])
       AND m.valid_during && daterange(:month::date, :next::date)
     GROUP BY m.household_code
    """,
)


async def sum_by_township(conn: Connection, cycle: Cycle, divisions: Sequence[str]) -> list[DrilldownSums]:
    """Return the townships of a calculated month; the last row may be the lines without a village."""
    return await SUM_BY_TOWNSHIP.all(conn, run_id=cycle.run_id, county=cycle.county_code, divisions=list(divisions))


async def sum_by_village(
    conn: Connection, cycle: Cycle, divisions: Sequence[str], township: str
) -> list[DrilldownSums]:
    """Return the villages of a township, given by the nine digits of its code."""
    return await SUM_BY_VILLAGE.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        divisions=list(divisions),
        township=truncate_code(township, TOWNSHIP),
    )


async def sum_by_household(
    conn: Connection,
    cycle: Cycle,
    divisions: Sequence[str],
    village: str,
    *,
    after: str = "",
    only: str = "",
    limit: int = 50,
) -> Page[DrilldownSums]:
    """Return the households of a village by code, at most 100 a page, or `only` one of them."""
    limit = min(limit, MAX_PAGE_SIZE)
    rows = await SUM_BY_HOUSEHOLD.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        divisions=list(divisions),
        village=village,
        after=after,
        only=only,
        limit=limit,
    )
    return make_page(rows, limit, lambda row: row.code)


async def list_lines(
    conn: Connection,
    seal: Seal,
    cycle: Cycle,
    divisions: Sequence[str],
    household: str,
    *,
    after: str = "",
    only: str = "",
    limit: int = 50,
) -> Page[DrilldownSums]:
    """Return the lines of a household, or those without a village (`none`), at most 100 a page, or `only` one."""
    limit = min(limit, MAX_PAGE_SIZE)
    [after, only] = await find_stored_codes(conn, seal, cycle.county_code, [after, only])
    rows = await LIST_LINES.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        divisions=list(divisions),
        household=household,
        after=after,
        only=only,
        limit=limit,
    )
    page = make_page(rows, limit, lambda row: row.code)
    return Page(await show_lines(conn, seal, page.items, "code", "name"), page.next)


async def list_household_heads(
    conn: Connection, seal: Seal, cycle: Cycle, households: Sequence[str]
) -> dict[str, tuple[str, int]]:
    """Return the masked name of each household's head, and its number of persons in the month."""
    rows = await LIST_HOUSEHOLD_HEADS.all(
        conn,
        county=cycle.county_code,
        households=list(households)[:MAX_PAGE_SIZE],
        month=cycle.month,
        next=get_next_month(cycle.month),
    )
    return {row.household: (unseal_masked_name(seal, row.name_sealed), row.persons) for row in rows}


async def find_household_village(conn: Connection, cycle: Cycle, household: str) -> str | None:
    """Return the village of a household in a month, None if it has no line."""
    return await FIND_HOUSEHOLD_VILLAGE.maybe(conn, run_id=cycle.run_id, county=cycle.county_code, household=household)
