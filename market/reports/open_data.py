"""公开数据: what is published of closed quarters: figures of a county, its townships and operators, no small ones."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct, to_builtins

from market.kernel import Connection, Fen, Query
from market.kernel.disclosure import hide_small, hides_sum

ALL, NO_VILLAGE = "all", "none"
MAX_FIGURES = 5_000


class OpenPart(Struct, frozen=True, kw_only=True):
    """The figures of a part of a county in a quarter: all of it, a township, `none` without village, an operator.

    `users` and `households` as in the quarterly report (R15), `conceded_fen` and `public_fen` in fen. All four are None
    where they are hidden.
    """

    part: str
    users: int | None
    households: int | None
    conceded_fen: Fen | None
    public_fen: Fen | None


class OpenFigure(OpenPart, frozen=True, kw_only=True):
    """A published part of a county with its names; `name` is that of the township, or None."""

    county: str
    county_name: str
    quarter: date
    name: str | None
    published_at: datetime


# Townships divide the county: a line, and a household, is of the township in which it was last in the quarter. An
# operator has the households that it had users in, so that those of two operators count twice.
COUNT_PARTS = Query(
    OpenPart,
    """
    WITH latest AS (
        SELECT DISTINCT ON (c.id) c.id, c.month, r.id AS run_id
          FROM cycles c JOIN runs r ON r.cycle_id = c.id
         WHERE c.county_code = :county AND c.month >= :first AND c.month < :until
         ORDER BY c.id, r.n DESC),
    held AS (
        SELECT DISTINCT month, line_code FROM withheld_lines
         WHERE county_code = :county AND month >= :first AND month < :until),
    places AS (
        SELECT DISTINCT ON (l.line_code) l.line_code, coalesce(truncate_code(l.village_code, 4), 'none') AS township
          FROM latest q JOIN run_lines l ON l.run_id = q.run_id
         WHERE l.county_code = :county
         ORDER BY l.line_code, l.village_code IS NULL, q.month DESC),
    funded AS (
        SELECT q.month, l.line_code, l.operator, l.payable_households, p.township
          FROM latest q
          JOIN run_lines l ON l.run_id = q.run_id
          JOIN places p USING (line_code)
         WHERE l.county_code = :county AND l.conceded_fen + l.public_fen > 0
           AND NOT EXISTS (SELECT FROM held b WHERE b.month = q.month AND b.line_code = l.line_code)),
    homes AS (
        SELECT DISTINCT ON (household) household, township
          FROM funded CROSS JOIN unnest(payable_households) AS household
         ORDER BY household, month DESC, township),
    money AS (
        SELECT coalesce(s.township, 'none') AS township, p.operator, p.conceded_fen, p.public_fen
          FROM latest q
          JOIN subsidy_postings p ON p.cycle_id = q.id AND p.county_code = :county
          LEFT JOIN places s USING (line_code))
    SELECT part, sum(users)::integer AS users, sum(households)::integer AS households,
           sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen
      FROM (SELECT township AS part, count(DISTINCT line_code) AS users, 0 AS households, 0 AS conceded_fen,
                   0 AS public_fen
              FROM funded GROUP BY township
             UNION ALL SELECT township, 0, count(*), 0, 0 FROM homes GROUP BY township
             UNION ALL SELECT township, 0, 0, sum(conceded_fen), sum(public_fen) FROM money GROUP BY township
             UNION ALL SELECT operator, count(DISTINCT line_code), 0, 0, 0 FROM funded GROUP BY operator
             UNION ALL
            SELECT operator, 0, count(DISTINCT household), 0, 0
              FROM funded CROSS JOIN unnest(payable_households) AS household GROUP BY operator
             UNION ALL SELECT operator, 0, 0, sum(conceded_fen), sum(public_fen) FROM money GROUP BY operator) AS parts
     GROUP BY part
     ORDER BY part
    """,
)
DELETE_FIGURES = Query(None, "DELETE FROM open_figures WHERE county_code = :county AND quarter = :quarter")
ADD_FIGURES = Query(
    None,
    """
    INSERT INTO open_figures (county_code, quarter, part, users, households, conceded_fen, public_fen, published_at)
    SELECT :county, :quarter, part, users, households, conceded_fen, public_fen, clock_timestamp()
      FROM jsonb_to_recordset(:rows::jsonb)
        AS t (part text, users integer, households integer, conceded_fen bigint, public_fen bigint)
    """,
)
LIST_FIGURES = Query(
    OpenFigure,
    """
    SELECT f.county_code AS county, c.name AS county_name, f.quarter, f.part, t.name, f.users, f.households,
           f.conceded_fen, f.public_fen, f.published_at
      FROM open_figures f
      JOIN divisions c ON c.code = rpad(f.county_code, 12, '0')
      LEFT JOIN divisions t ON t.code = rpad(f.part, 12, '0') AND f.part ~ '^[0-9]{9}$'
     WHERE (:county::text = '' OR f.county_code = :county) AND (:quarter::date IS NULL OR f.quarter = :quarter::date)
     ORDER BY f.quarter DESC, f.county_code, array_position(ARRAY['all', 'mobile', 'unicom', 'telecom'], f.part),
              f.part
     LIMIT :limit::integer
    """,
)
LIST_QUARTERS = Query(date, "SELECT DISTINCT quarter FROM open_figures ORDER BY quarter DESC LIMIT 40")
_OPERATORS = frozenset({"mobile", "unicom", "telecom"})


def hide_parts(townships: Sequence[OpenPart], operators: Sequence[OpenPart]) -> list[OpenPart]:
    """Return what is published of a county: its sum, its townships and its operators, without small ones; pure.

    Townships and operators are two tables with one sum. In each, what is hidden adds up to at least ten users and ten
    households in two parts or more, so that no part is told by the sum less the others; where that cannot be, the sum
    is hidden with everything.
    """
    tables = [(table, *_count_least(table)) for table in (townships, operators)]
    whole = OpenPart(
        part=ALL,
        users=sum(each.users or 0 for each in townships),
        households=sum(each.households or 0 for each in townships),
        conceded_fen=Fen(sum(each.conceded_fen or 0 for each in townships)),
        public_fen=Fen(sum(each.public_fen or 0 for each in townships)),
    )
    if any(hides_sum(parts, rests=rests) for _, parts, rests in tables):
        return [_hide(each) for each in (whole, *townships, *operators)]
    published = [whole]
    for table, parts, rests in tables:
        hidden = hide_small(parts, rests=rests)
        published += [_hide(each) if hide else each for each, hide in zip(table, hidden, strict=True)]
    return published


def _count_least(table: Sequence[OpenPart]) -> tuple[list[int], list[int]]:
    """Return the people of each part, and 1 for a part that has sums (of earlier months) but nobody now."""
    parts = [min(each.users or 0, each.households or 0) for each in table]
    rests = [
        int(not part and bool(each.conceded_fen or each.public_fen)) for part, each in zip(parts, table, strict=True)
    ]
    return parts, rests


def _hide(part: OpenPart) -> OpenPart:
    return OpenPart(part=part.part, users=None, households=None, conceded_fen=None, public_fen=None)


async def publish_quarter(conn: Connection, county: str, first: date, until: date, *, closed: bool) -> None:
    """Publish a county's quarter once all its months are closed; before, nothing of it is public.

    The caller's transaction has the scope of the county.
    """
    await DELETE_FIGURES.run(conn, county=county, quarter=first)
    if not closed:
        return
    parts = await COUNT_PARTS.all(conn, county=county, first=first, until=until)
    townships = [each for each in parts if each.part not in _OPERATORS]
    operators = [each for each in parts if each.part in _OPERATORS]
    published = hide_parts(townships, operators) if townships else []
    await ADD_FIGURES.run(conn, county=county, quarter=first, rows=to_builtins(published))


async def list_open_figures(
    conn: Connection, *, county: str = "", quarter: date | None = None, limit: int = MAX_FIGURES
) -> list[OpenFigure]:
    """Return what is published, the latest quarter first, at most 5,000 rows; of one county or quarter if given."""
    return await LIST_FIGURES.all(conn, county=county, quarter=quarter, limit=min(limit, MAX_FIGURES))


async def list_open_quarters(conn: Connection) -> list[date]:
    """Return the quarters of which something is published, the latest first."""
    return await LIST_QUARTERS.all(conn)
