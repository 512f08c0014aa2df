"""A month in figures: by operator, by village, claim by claim; its findings and adjustments."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.cycles import Cycle
from market.subsidies.words import Kind, Operator


class Sums(Struct, frozen=True, kw_only=True):
    """Figures of some lines; `unfunded_fen` is approved and borne by nobody yet."""

    lines: int
    claims: int
    entitled_fen: Fen
    claimed_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    unfunded_fen: Fen


class SheetRow(Sums, frozen=True, kw_only=True):
    """A month by operator; the last row is the total."""

    month: str
    operator: str


class VillageRow(Sums, frozen=True, kw_only=True):
    """A month by village; lines of nobody on the register stand under no village."""

    month: str
    township: str
    village: str
    name: str


class ClaimRow(Struct, frozen=True):
    """A billing row after reading, with the line that it belongs to."""

    month: str
    operator: Operator
    line: str
    number: str
    kind: Kind
    programme: str
    charge_fen: Fen
    reduction_fen: Fen
    billed_fen: Fen
    corrects_month: str | None


class FindingRow(Struct, frozen=True):
    """A finding that a month's checks opened, and what was decided."""

    cycle: str
    check: str
    subject: str
    weight: str
    at_risk_fen: Fen
    evidence: str
    state: str
    lines: list[str]
    pays: list[str]
    stops: list[str]


class AdjustmentRow(Struct, frozen=True):
    """What a cycle changed of an earlier month's line."""

    cycle: str
    for_month: str
    line: str
    operator: Operator
    settled_fen: Fen
    funded_fen: Fen
    adjustment_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: dict[str, int]
    why: str


SHEET = Query(
    SheetRow,
    """
    SELECT :name::text AS month, coalesce(operator, 'total') AS operator, count(*) AS lines,
           count(claimed_fen) AS claims, sum(entitled_fen)::bigint AS entitled_fen,
           coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
           sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
           sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
           sum(approved_fen - conceded_fen - public_fen)::bigint AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county
     GROUP BY GROUPING SETS ((operator), ())
    HAVING count(*) > 0
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator) NULLS LAST
    """,
)
VILLAGES = Query(
    VillageRow,
    """
    SELECT :name::text AS month, coalesce(left(village_code, 9) || '000', '') AS township,
           coalesce(village_code, '') AS village, coalesce(min(village_name), '（不在册）') AS name, count(*) AS lines,
           count(claimed_fen) AS claims, sum(entitled_fen)::bigint AS entitled_fen,
           coalesce(sum(claimed_fen), 0)::bigint AS claimed_fen, sum(approved_fen)::bigint AS approved_fen,
           sum(over_fen)::bigint AS over_fen, sum(under_fen)::bigint AS under_fen,
           sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
           sum(approved_fen - conceded_fen - public_fen)::bigint AS unfunded_fen
      FROM run_lines
     WHERE run_id = :run_id AND county_code = :county
     GROUP BY village_code
     ORDER BY village_code NULLS FIRST
    """,
)
CLAIMS = Query(
    ClaimRow,
    """
    SELECT DISTINCT ON (c.file_id, c.row_number)
           to_char(c.month, 'YYYY-MM') AS month, c.operator,
           coalesce(b.line_code, CASE c.operator WHEN 'mobile' THEN 'YD-' WHEN 'unicom' THEN 'LT-' ELSE 'DX-' END
                                 || c.number) AS line,
           c.number, c.kind, c.programme_code AS programme, c.charge_fen, c.reduction_fen, c.billed_fen,
           to_char(c.corrects_month, 'YYYY-MM') AS corrects_month
      FROM claims c
      LEFT JOIN bindings b ON b.county_code = c.county_code AND b.operator = c.operator AND b.number = c.number
                          AND lower(b.valid_during) < coalesce(c.corrects_month, c.month) + interval '1 month'
     WHERE c.county_code = :county AND c.month = :month
     ORDER BY c.file_id, c.row_number,
              upper(b.valid_during) IS NULL OR upper(b.valid_during) > coalesce(c.corrects_month, c.month) DESC,
              lower(b.valid_during) DESC
    """,
)
FINDINGS = Query(
    FindingRow,
    """
    SELECT to_char(c.month, 'YYYY-MM') AS cycle, check_code AS "check", subject,
           CASE WHEN stops THEN 'critical' ELSE 'worksheet' END AS weight, at_risk_fen, evidence, f.state,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code) AS lines,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id AND verdict = 'pay'
                  ORDER BY line_code) AS pays,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id AND verdict = 'stop'
                  ORDER BY line_code) AS stops
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND c.county_code = :county AND c.month = :month AND f.state <> 'lapsed'
     ORDER BY stops DESC, check_code, subject
     LIMIT :most
    """,
)
ADJUSTMENTS = Query(
    AdjustmentRow,
    """
    SELECT to_char(:month::date, 'YYYY-MM') AS cycle, to_char(for_month, 'YYYY-MM') AS for_month, line, operator,
           settled_fen, settled_fen + conceded_fen + public_fen AS funded_fen,
           conceded_fen + public_fen AS adjustment_fen, conceded_fen, public_fen,
           total_shares(all_shares) AS shares, why
      FROM (SELECT for_month, line_code AS line, min(operator) AS operator,
                   (array_agg(settled_before_fen ORDER BY revision))[1] AS settled_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
                   array_agg(shares) AS all_shares, (array_agg(p.why ORDER BY revision DESC))[1] AS why
              FROM subsidy_postings p JOIN cycles c ON c.id = p.cycle_id
             WHERE p.county_code = :county AND c.month = :month AND p.for_month < :month
             GROUP BY for_month, line_code) AS postings
     WHERE conceded_fen <> 0 OR public_fen <> 0
     ORDER BY for_month, line
    """,
)
MOST_FINDINGS = 10_000


async def sheet_of(conn: Connection, cycle: Cycle) -> list[SheetRow]:
    """Return the month by operator and in total, as its own run calculated it."""
    return await SHEET.all(conn, county=cycle.county_code, run_id=cycle.run_id, name=cycle.name)


async def villages_of(conn: Connection, cycle: Cycle) -> list[VillageRow]:
    """Return the month by village; the sums are those of the sheet."""
    return await VILLAGES.all(conn, county=cycle.county_code, run_id=cycle.run_id, name=cycle.name)


async def claims_of(conn: Connection, county: str, month: date) -> list[ClaimRow]:
    """Return every billing row of the month's files, corrections included."""
    return await CLAIMS.all(conn, county=county, month=month)


async def findings_of(conn: Connection, county: str, month: date, *, most: int = MOST_FINDINGS) -> list[FindingRow]:
    """Return the findings that the month's checks opened, what stops a line first."""
    return await FINDINGS.all(conn, county=county, month=month, most=most)


async def adjustments_of(conn: Connection, county: str, month: date) -> list[AdjustmentRow]:
    """Return what the cycle of a month changed of earlier months, by bearer."""
    return await ADJUSTMENTS.all(conn, county=county, month=month)
