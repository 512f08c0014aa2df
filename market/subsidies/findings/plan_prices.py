"""The check of plans that cost a household more than the public tariff."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_next_month
from market.subsidies.engine.amounts import compute_rate
from market.subsidies.findings.stopping_checks import CheckRow
from market.subsidies.imports.plans import LIST_PLAN_VERSIONS, Plan
from market.subsidies.programmes.source import ProgrammeTerms
from market.subsidies.programmes.stored import load_programmes
from payments.money import format_yuan


class DearPlan(Struct, frozen=True, kw_only=True):
    """A service of a plan that costs more than its tariff under the terms of a programme, on some days of a month."""

    code: str
    kind: str
    programme: str
    start: date
    until: date
    evidence: str


# The lines of dear plans; a line that two versions of the terms find counts once.
PLAN_ABOVE_MARKET = Query(
    CheckRow,
    """
    WITH dear AS MATERIALIZED (
        SELECT code, kind, programme, daterange(start, until) AS days, evidence
          FROM jsonb_to_recordset(:dear::jsonb)
            AS r(code text, kind text, programme text, start date, until date, evidence text)),
    users AS (
        SELECT DISTINCT d.code, d.evidence, r.line_code, coalesce(r.claimed_fen, 0) AS claimed_fen
          FROM dear d
          JOIN bindings b ON b.county_code = :county AND b.plan_code = d.code AND b.kind = d.kind
                         AND b.valid_during && d.days
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
                          AND r.line_code = b.line_code AND r.programme_code = d.programme),
    sums AS (SELECT DISTINCT code, line_code, claimed_fen FROM users)
    SELECT code AS subject, array_agg(line_code ORDER BY line_code) AS lines, sum(claimed_fen)::bigint AS at_risk_fen,
           (SELECT string_agg(DISTINCT u.evidence, '；') FROM users u WHERE u.code = sums.code) AS evidence
      FROM sums
     GROUP BY code
    """,
)


async def find_dear_plans(
    conn: Connection, county: str, month: date, programmes: Sequence[str]
) -> dict[str, list[DearPlan]]:
    """Return, as the parameter `dear`, the plans that the terms of a month leave dearer than their tariff (资费表).

    A bundle is compared as a whole, its other services at the least that any programme makes of them. Caps are left
    out: they limit what is borne for a household, and say nothing of the operator's price.
    """
    terms = [
        (programme.code, kind, each)
        for programme in (await load_programmes(conn, county)).programmes
        if programme.code in programmes
        for kind in programme.kinds
        for each in programme.terms
    ]
    plans = [plan for plan in await LIST_PLAN_VERSIONS.all(conn, county=county) if plan.market_fen is not None]
    dear: list[DearPlan] = []
    for plan in plans:
        others = [each for each in plans if (each.code, each.start) == (plan.code, plan.start) and each is not plan]
        others_fen = sum(
            min([each.monthly_fen, *(_compute_price(own, each) for _, kind, own in terms if kind is each.kind)])
            for each in others
        )
        for programme, kind, own in terms:
            start = max(month, plan.start, own.start)
            until = min(get_next_month(month), plan.until or date.max, own.until or date.max)
            paid_fen = Fen(_compute_price(own, plan) + others_fen)
            if kind is plan.kind and start < until and plan.market_fen is not None and paid_fen > plan.market_fen:
                prices = f"农户按标准一共付 {format_yuan(paid_fen)}，公开资费 {format_yuan(plan.market_fen)}"
                dear.append(
                    DearPlan(
                        code=plan.code,
                        kind=plan.kind,
                        programme=programme,
                        start=start,
                        until=until,
                        evidence=f"{programme}：{prices}",
                    )
                )
    return {"dear": dear}


def _compute_price(terms: ProgrammeTerms, plan: Plan) -> Fen:
    """Return what the terms leave of a full month's charge, without caps."""
    return Fen(plan.monthly_fen - compute_rate(replace(terms, line_cap_fen=None), plan.monthly_fen).amount_fen)
