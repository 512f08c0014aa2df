"""A month for export: by operator, by village, claims, findings, adjustments."""

from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.line_codes import show_lines
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.held_adjustments import list_lines_not_raised
from market.subsidies.names import Operator, ServiceKind, name_unbound_line


class LineSums(Struct, frozen=True, kw_only=True):
    """Sums of some lines; `unfunded_fen` is approved but not yet borne by any funder."""

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


class OperatorRow(LineSums, frozen=True, kw_only=True):
    """A month by operator; the last row is the `total`."""

    month: str
    operator: str


class VillageRow(LineSums, frozen=True, kw_only=True):
    """A month by village; lines of persons outside the register have no village."""

    month: str
    township: str
    village: str
    name: str


class ClaimRow(Struct, frozen=True, kw_only=True):
    """A billing row with its line."""

    month: str
    operator: Operator
    line: str
    number: str
    kind: ServiceKind
    programme: str
    charge_fen: Fen
    reduction_fen: Fen
    billed_fen: Fen
    corrects_month: str | None


class _SealedClaimRow(Struct, frozen=True, kw_only=True):
    month: str
    operator: Operator
    line: str | None
    number_sealed: bytes
    kind: ServiceKind
    programme: str
    charge_fen: Fen
    reduction_fen: Fen
    billed_fen: Fen
    corrects_month: str | None


class FindingRow(Struct, frozen=True):
    """A finding of a month's checks, and its decision."""

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


class AdjustmentRow(Struct, frozen=True, kw_only=True):
    """An adjustment that a cycle posted for a line of an earlier month."""

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


LIST_OPERATOR_ROWS = Query(
    OperatorRow,
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
LIST_VILLAGE_ROWS = Query(
    VillageRow,
    """
    SELECT :name::text AS month, coalesce(ancestor_code(village_code, 4), '') AS township,
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
LIST_CLAIM_ROWS = Query(
    _SealedClaimRow,
    """
    SELECT DISTINCT ON (c.file_id, c.row_number)
           to_char(c.month, 'YYYY-MM') AS month, c.operator, b.line_code AS line, i.value_sealed AS number_sealed,
           c.kind, c.programme_code AS programme, c.charge_fen, c.reduction_fen, c.billed_fen,
           to_char(c.corrects_month, 'YYYY-MM') AS corrects_month
      FROM claims c
      JOIN identifiers i ON i.id = c.number_id
      LEFT JOIN bindings b ON b.county_code = c.county_code AND b.operator = c.operator AND b.kind = c.kind
                          AND b.number_id = c.number_id
                          AND lower(b.valid_during) < coalesce(c.corrects_month, c.month) + interval '1 month'
     WHERE c.county_code = :county AND c.month = :month
     ORDER BY c.file_id, c.row_number,
              upper(b.valid_during) IS NULL OR upper(b.valid_during) > coalesce(c.corrects_month, c.month) DESC,
              lower(b.valid_during) DESC, b.line_code
    """,
)
LIST_FINDING_ROWS = Query(
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
     LIMIT :limit
    """,
)
GET_FINDINGS_TIME = Query(
    datetime,
    """
    SELECT greatest(f.facts_at, (SELECT max(facts_at) FROM finding_lines WHERE finding_id = f.id AND verdict IS NULL))
               AS facts_at
      FROM findings f JOIN cycles c ON c.id = f.cycle_id
     WHERE f.county_code = :county AND c.county_code = :county AND c.month = :month AND f.state <> 'lapsed'
     ORDER BY facts_at DESC LIMIT 1
    """,
)
LIST_ADJUSTMENT_ROWS = Query(
    AdjustmentRow,
    """
    SELECT to_char(:month::date, 'YYYY-MM') AS cycle, to_char(for_month, 'YYYY-MM') AS for_month, line, operator,
           settled_fen, settled_fen + conceded_fen + public_fen AS funded_fen,
           conceded_fen + public_fen AS adjustment_fen, conceded_fen, public_fen,
           sum_shares(all_shares) AS shares,
           CASE WHEN line = ANY(:not_raised::text[]) AND conceded_fen + public_fen > 0 THEN '疑点停付，不拨付'
                ELSE why END AS why
      FROM (SELECT for_month, line_code AS line, min(operator) AS operator,
                   (array_agg(settled_before_fen ORDER BY revision))[1] AS settled_fen,
                   sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
                   array_agg(shares) AS all_shares, (array_agg(p.why ORDER BY revision DESC))[1] AS why
              FROM subsidy_postings p
             WHERE county_code = :county AND cycle_id = :cycle_id AND for_month < :month
             GROUP BY for_month, line_code) AS postings
     WHERE conceded_fen <> 0 OR public_fen <> 0
     ORDER BY for_month, line
    """,
)
MAX_FINDINGS = 10_000


async def list_operator_rows(conn: Connection, cycle: Cycle) -> list[OperatorRow]:
    """Return a month by operator and in total, from the run that it uses.

    The figures are the calculated ones: a line that a stopping finding holds has them too, so that the rows equal
    those by village and the lines. What is paid, and which lines are held, is the settlement's.
    """
    return await LIST_OPERATOR_ROWS.all(conn, county=cycle.county_code, run_id=cycle.run_id, name=cycle.name)


async def list_village_rows(conn: Connection, cycle: Cycle) -> list[VillageRow]:
    """Return a month by village; the totals equal those by operator."""
    return await LIST_VILLAGE_ROWS.all(conn, county=cycle.county_code, run_id=cycle.run_id, name=cycle.name)


async def list_claim_rows(conn: Connection, seal: Seal, county: str, month: date) -> list[ClaimRow]:
    """Return every billing row of the month's files, including corrections."""
    return [
        build_from(
            ClaimRow,
            row,
            number=(number := seal.open(row.number_sealed, IDENTIFIER_CONTEXT)),
            line=row.line or name_unbound_line(row.operator, row.kind, number),
        )
        for row in await LIST_CLAIM_ROWS.all(conn, county=county, month=month)
    ]


async def list_finding_rows(
    conn: Connection, seal: Seal, county: str, month: date, *, limit: int = MAX_FINDINGS
) -> list[FindingRow]:
    """Return the findings of a month's checks, those that stop a line first."""
    rows = await LIST_FINDING_ROWS.all(conn, county=county, month=month, limit=limit)
    return await show_lines(conn, seal, rows, "subject", "lines", "pays", "stops")


async def get_findings_time(conn: Connection, county: str, month: date) -> datetime | None:
    """Return the latest facts that the findings of a month rest on: what a decision sends as what it saw."""
    return await GET_FINDINGS_TIME.maybe(conn, county=county, month=month)


async def list_adjustment_rows(conn: Connection, cycle: Cycle) -> list[AdjustmentRow]:
    """Return the adjustments of earlier months in a cycle, by funder; `why` names those that are held and not paid."""
    return await LIST_ADJUSTMENT_ROWS.all(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        month=cycle.month,
        not_raised=await list_lines_not_raised(conn, cycle),
    )
