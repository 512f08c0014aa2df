"""The budget lines of a county's year in the ledger: a decision commits, the settlement spends, an adjustment adjusts.

Accounts are `budget:COUNTY:YEAR` (what is left; below zero if the year has no budget), and by funder
`committed:COUNTY:YEAR:FUNDER`, `spent:…` and `adjusted:…`; the year is that of the month that is paid for. What was
appropriated comes from `appropriation:COUNTY:YEAR`, which is minus the year's budget.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.models import CycleId
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import DECIDE
from payments import LedgerDiscrepancy, list_balances, post
from payments.ledger.journal import Leg, list_legs

BUDGET_PREFIX = "subsidy"
"""How the keys begin under which budget lines are posted."""
LINE_KINDS = ("committed", "spent", "adjusted")
"""What of a year's budget is used, and how."""


class _FunderSum(Struct, frozen=True):
    funder: str
    fen: int


class BudgetLine(Struct, frozen=True, kw_only=True):
    """What a funder bears of a county's year."""

    funder: str
    committed_fen: int
    spent_fen: int
    adjusted_fen: int


class BudgetYear(Struct, frozen=True, kw_only=True):
    """The budget of a county's year: what was appropriated, what is left of it, and what each funder bears."""

    year: int
    appropriated_fen: int
    left_fen: int
    lines: list[BudgetLine]


# The number of the decision, which a returned month takes again.
COUNT_DECISIONS = Query(
    int,
    "SELECT count(*) FROM cycle_events WHERE cycle_id = :cycle_id AND state = :decided AND NOT returned",
)
SUM_RUN_BY_FUNDER = Query(
    _FunderSum,
    """
    SELECT share.key AS funder, sum(share.value::bigint)::bigint AS fen
      FROM run_lines r CROSS JOIN LATERAL jsonb_each_text(r.shares) AS share
     WHERE r.run_id = :run_id AND r.county_code = :county AND share.key <> 'operator'
     GROUP BY share.key
     ORDER BY share.key
    """,
)
SUM_POSTED_BY_FUNDER = Query(
    _FunderSum,
    """
    SELECT share.key AS funder, sum(share.value::bigint)::bigint AS fen
      FROM subsidy_postings p CROSS JOIN LATERAL jsonb_each_text(p.shares) AS share
     WHERE p.cycle_id = :cycle_id AND p.county_code = :county AND p.for_month = :month AND share.key <> 'operator'
     GROUP BY share.key
     ORDER BY share.key
    """,
)
COUNT_POSTINGS = Query(
    int,
    "SELECT count(*) FROM subsidy_postings WHERE cycle_id = :cycle_id AND county_code = :county AND for_month = :month",
)
ALL_POSTED: LiteralString = """
        (SELECT account_id, amount_minor FROM payments.postings
         UNION ALL
         SELECT account_id, amount_minor FROM payments.archived_sums) AS posted
"""
"""What accounts add up to, with the months of the ledger that are in the archive."""
FIND_WRONG_BUDGET_LINES = Query(
    LedgerDiscrepancy,
    """
    WITH booked AS (
        SELECT accounts.code, sum(amount_minor)::bigint AS fen
          FROM payments.accounts JOIN """
    + ALL_POSTED
    + """ ON account_id = accounts.id
         WHERE kind IN ('budget', 'committed', 'spent', 'adjusted')
         GROUP BY accounts.code)
    SELECT 'wrong_budget_line' AS code, code AS subject,
           'booked ' || coalesce(booked.fen, 0) || ', of the cycles ' || coalesce(counted.fen, 0) AS detail
      FROM booked FULL JOIN sum_budget_lines() AS counted USING (code)
     WHERE coalesce(booked.fen, 0) <> coalesce(counted.fen, 0)
     ORDER BY code COLLATE "C"
     LIMIT 1000
    """,
)


async def appropriate(
    conn: Connection, county: str, file_id: UUID, changes: Mapping[date, int], *, now: datetime
) -> None:
    """Post by how much a budget file raises (or lowers) the sum of each year; `changes` are by month, in fen."""
    for year in sorted({month.year for month in changes}):
        raised = sum(fen for month, fen in changes.items() if month.year == year)
        legs = [(f"appropriation:{county}:{year}", -raised), (f"budget:{county}:{year}", raised)]
        await _post(conn, f"budget:{file_id}:{year}", "budget appropriated", legs, now=now)


async def commit_month(conn: Connection, cycle: Cycle, *, now: datetime) -> None:
    """Post what the county just decided, with the event of the decision, as committed."""
    sums = await SUM_RUN_BY_FUNDER.all(conn, run_id=cycle.run_id, county=cycle.county_code)
    key = await _make_commitment_key(conn, cycle)
    await _post(conn, key, "month decided", _use(cycle.county_code, cycle.month, "committed", sums), now=now)


async def release_month(conn: Connection, cycle: Cycle, *, now: datetime) -> None:
    """Post that the decision of a month is returned: what it committed is left again."""
    key = await _make_commitment_key(conn, cycle)
    legs = [(code, -fen) for code, fen in await list_legs(conn, f"{BUDGET_PREFIX}:{key}")]
    await _post(conn, key.replace("decided", "returned"), "decision returned", legs, now=now)


async def spend_month(conn: Connection, cycle: Cycle, *, now: datetime) -> None:
    """Post what a month was just settled with as spent; what was committed for held lines is left again."""
    county, month = cycle.county_code, cycle.month
    committed = await list_legs(conn, f"{BUDGET_PREFIX}:{await _make_commitment_key(conn, cycle)}")
    sums = await SUM_POSTED_BY_FUNDER.all(conn, cycle_id=cycle.id, county=county, month=month)
    legs: dict[str, int] = {}
    for code, fen in [*((code, -fen) for code, fen in committed), *_use(county, month, "spent", sums)]:
        legs[code] = legs.get(code, 0) + fen
    await _post(conn, f"settled:{cycle.id}", "month settled", list(legs.items()), now=now)


async def adjust_budget(
    conn: Connection, county: str, cycle_id: CycleId, month: date, shares: Sequence[Mapping[str, int]], *, now: datetime
) -> None:
    """Post the adjustments of an earlier month, which a cycle just posted, by funder; `operator` is no public money.

    `shares` are those of each posting.
    """
    sums: dict[str, int] = {}
    for each in shares:
        for funder, fen in each.items():
            sums[funder] = sums.get(funder, 0) + fen
    count = await COUNT_POSTINGS.one(conn, cycle_id=cycle_id, county=county, month=month)
    public = [_FunderSum(funder, fen) for funder, fen in sorted(sums.items()) if funder != "operator"]
    legs = _use(county, month, "adjusted", public)
    await _post(conn, f"adjusted:{cycle_id}:{month:%Y-%m}:{count}", "months adjusted", legs, now=now)


async def load_budget_year(conn: Connection, county: str, year: int) -> BudgetYear:
    """Return the budget of a year by funder."""
    sums: dict[str, dict[str, int]] = {}
    for kind in LINE_KINDS:
        for each in await list_balances(conn, prefix=f"{kind}:{county}:{year}:"):
            sums.setdefault(each.code.rpartition(":")[2], {})[kind] = each.minor
    [appropriated, left] = [
        sum(each.minor for each in await list_balances(conn, prefix=f"{kind}:{county}:{year}"))
        for kind in ("appropriation", "budget")
    ]
    return BudgetYear(
        year=year,
        appropriated_fen=-appropriated,
        left_fen=left,
        lines=[
            BudgetLine(
                funder=funder,
                committed_fen=own.get("committed", 0),
                spent_fen=own.get("spent", 0),
                adjusted_fen=own.get("adjusted", 0),
            )
            for funder, own in sorted(sums.items())
        ],
    )


async def verify_budget_lines(conn: Connection) -> list[LedgerDiscrepancy]:
    """Return the budget lines that differ from what budgets and cycles say, of all counties."""
    return await FIND_WRONG_BUDGET_LINES.all(conn)


async def _make_commitment_key(conn: Connection, cycle: Cycle) -> str:
    number = await COUNT_DECISIONS.one(conn, cycle_id=cycle.id, decided=DECIDE.after)
    return f"decided:{cycle.id}:{number}"


def _use(county: str, month: date, kind: str, sums: list[_FunderSum]) -> list[Leg]:
    """Return the legs that take sums from the year's budget line."""
    legs = [(f"{kind}:{county}:{month.year}:{each.funder}", each.fen) for each in sums]
    return [*legs, (f"budget:{county}:{month.year}", -sum(each.fen for each in sums))]


async def _post(conn: Connection, key: str, kind: str, legs: list[Leg], *, now: datetime) -> None:
    """Post legs if any is not zero."""
    if any(fen for _, fen in legs):
        await post(conn, key=f"{BUDGET_PREFIX}:{key}", kind=kind, legs=legs, at=now)
