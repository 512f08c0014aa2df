"""Adjustments (R10): what a closed month would be now, posted as signed differences in the open cycle."""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Fen, Query, split
from market.kernel.clock import next_month
from market.subsidies.case import Facts
from market.subsidies.case_facts import LineSettled
from market.subsidies.cycles import Cycle, hold_duty, open_cycle
from market.subsidies.engine import Answer, AnswerLine
from market.subsidies.findings import held_lines
from market.subsidies.models import CycleId, Duty, RunId

NOTHING = LineSettled("", Fen(0), Fen(0), Fen(0), {})


class Posted(Struct, frozen=True):
    """What the open cycle holds already of a line and an earlier month."""

    line: str
    revision: int
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: dict[str, int]


class Parts(Struct, frozen=True):
    """A signed sum by its bearers."""

    approved_fen: int
    conceded_fen: int
    public_fen: int
    shares: dict[str, int]


class _Left(Struct, frozen=True):
    left_fen: int | None


class _Month(Struct, frozen=True):
    id: CycleId
    month: date


TARGET = Query(
    _Month,
    """
    SELECT id, month FROM cycles
     WHERE county_code = :county AND month > :month AND state IN ('open', 'calculated')
     ORDER BY month LIMIT 1
    """,
)
LAST_CYCLE = Query(date, "SELECT max(month) FROM cycles WHERE county_code = :county")
POSTED = Query(
    Posted,
    """
    SELECT line, max(revision) AS revision, sum(approved_fen)::bigint AS approved_fen,
           sum(conceded_fen)::bigint AS conceded_fen, sum(public_fen)::bigint AS public_fen,
           total_shares(array_agg(shares)) AS shares
      FROM (SELECT line_code AS line, revision, approved_fen, conceded_fen, public_fen, shares
              FROM subsidy_postings
             WHERE county_code = :county AND cycle_id = :cycle_id AND for_month = :month) AS postings
     GROUP BY line
    """,
)
# What of a year's budget line is not spent: settled or adjusted, or calculated and not settled yet.
YEAR_LEFT = Query(
    _Left,
    """
    SELECT CASE WHEN count(*) = 0 THEN NULL ELSE sum(public_fen)
         - (SELECT coalesce(sum(public_fen), 0) FROM subsidy_postings
             WHERE county_code = :county AND for_month >= :first AND for_month < :until)
         - (SELECT coalesce(sum(r.public_fen), 0) FROM cycles c JOIN run_lines r ON r.run_id = c.run_id
             WHERE c.county_code = :county AND c.month >= :first AND c.month < :until
               AND c.state IN ('open', 'calculated', 'confirmed', 'reviewed', 'decided')) END::bigint AS left_fen
      FROM budgets
     WHERE county_code = :county AND month >= :first AND month < :until
    """,
)
ADD_POSTINGS = Query(
    None,
    """
    INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,
                                  approved_fen, conceded_fen, public_fen, settled_before_fen, shares, why, posted_at)
    SELECT :cycle_id, line, :month, revision, :county, :run_id, operator, kind, approved_fen, conceded_fen, public_fen,
           settled_before_fen, shares, why, :now
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, revision smallint, operator text, kind text, approved_fen bigint, conceded_fen bigint,
             public_fen bigint, settled_before_fen bigint, shares jsonb, why text)
    """,
)


async def post_adjustments(
    conn: Connection,
    actor: Actor,
    cycle: Cycle,
    *,
    facts: Facts,
    answer: Answer,
    run_id: RunId,
    now: datetime,
) -> tuple[int, int]:
    """Post what changed of a closed month in the open cycle; return how many postings, and how many wait for cover.

    Only lines whose approved sum changed are posted, each between nothing and the change of its own approved sum. An
    upward posting needs cover in the year's budget line, or waits. What the open cycle holds already is not posted
    again. A line that a stopping finding holds is not posted.

    Raises:
        SecondDuty: the actor holds another duty of the open cycle (R14).
    """
    county, settled = cycle.county_code, facts.settled or {}
    held = await held_lines(conn, county, cycle.month)
    target = await TARGET.maybe(conn, county=county, month=cycle.month)
    posted: dict[str, Posted] = {}
    if target is not None:
        posted = {row.line: row for row in await POSTED.all(conn, county=county, cycle_id=target.id, month=cycle.month)}
    wanted: list[tuple[AnswerLine, Parts]] = []
    for line in answer.lines:
        due = Parts(0, 0, 0, {}) if line.id in held else difference(line, settled.get(line.id, NOTHING))
        rest = _beyond(due, posted.get(line.id))
        if rest.approved_fen or rest.conceded_fen or rest.public_fen:
            wanted.append((line, rest))
    if not wanted:
        return 0, 0
    month = target.month if target is not None else next_month(await LAST_CYCLE.one(conn, county=county))
    into = await open_cycle(conn, county, month, actor, now=now)
    await hold_duty(conn, into, actor, Duty.IMPORT, now=now)
    covered = await _within_cover(conn, county, cycle.month, wanted)
    operators = {line.id: line.operator for line in facts.case.lines}
    rows = [
        {
            "line": line.id,
            "revision": posted[line.id].revision + 1 if line.id in posted else 1,
            "operator": operators[line.id],
            "kind": facts.kinds[line.id],
            "approved_fen": parts.approved_fen,
            "conceded_fen": parts.conceded_fen,
            "public_fen": parts.public_fen,
            "settled_before_fen": _before(settled.get(line.id, NOTHING), posted.get(line.id)),
            "shares": parts.shares,
            "why": "冲正" if line.id in facts.corrected else "名册、绑定或处理结果有变化",
        }
        for line, parts in covered
    ]
    await ADD_POSTINGS.run(conn, cycle_id=into.id, month=cycle.month, county=county, run_id=run_id, rows=rows, now=now)
    return len(rows), len(wanted) - len(covered)


async def _within_cover(
    conn: Connection, county: str, month: date, wanted: list[tuple[AnswerLine, Parts]]
) -> list[tuple[AnswerLine, Parts]]:
    """Return what the year's budget line covers: what goes down first, then what goes up, by line."""
    first = month.replace(month=1)
    year = await YEAR_LEFT.one(conn, county=county, first=first, until=first.replace(year=first.year + 1))
    left = year.left_fen
    if left is None:
        return wanted
    taken: list[tuple[AnswerLine, Parts]] = []
    for line, parts in sorted(wanted, key=lambda pair: (pair[1].public_fen > 0, pair[0].id)):
        if parts.public_fen > max(left, 0):
            continue
        left -= parts.public_fen
        taken.append((line, parts))
    return sorted(taken, key=lambda pair: pair[0].id)


def difference(line: AnswerLine, settled: LineSettled) -> Parts:
    """Return what a line's answer differs from what was settled, within the change of its own approved sum.

    The bearers are the differences of the two answers' shares; where a short budget, shared anew, would move more than
    the line's own change, the operator's part goes first and the public funders share what is left.
    """
    change = line.approved_fen - settled.approved_fen
    low, high = min(change, 0), max(change, 0)
    moved = line.funded_fen - settled.funded_fen
    total = max(low, min(moved, high))
    if total == 0:
        return Parts(0, 0, 0, {})
    conceded = line.conceded_fen - settled.conceded_fen
    after = {str(funder): int(fen) for funder, fen in line.shares.items()}
    if total == moved:
        return Parts(change, conceded, total - conceded, subtract(after, settled.shares))
    conceded = max(min(total, 0), min(conceded, max(total, 0)))
    return Parts(change, conceded, total - conceded, _share(conceded, total - conceded, after or settled.shares))


def _share(conceded: int, public: int, shares: Mapping[str, int]) -> dict[str, int]:
    names = [name for name in shares if name != "operator"]
    weights = [abs(shares[name]) for name in names]
    if not sum(weights):
        weights = [1] * len(names)
    parts = dict(zip(names, split(public, weights), strict=True)) if names else {}
    return {"operator": conceded, **parts} if conceded or not names else parts


def subtract(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the differences that are not nothing."""
    both = {name: one.get(name, 0) - other.get(name, 0) for name in {**other, **one}}
    return {name: fen for name, fen in both.items() if fen}


def _beyond(due: Parts, posted: Posted | None) -> Parts:
    """Return what is due beyond what the open cycle holds already."""
    if posted is None:
        return due
    return Parts(
        due.approved_fen - posted.approved_fen,
        due.conceded_fen - posted.conceded_fen,
        due.public_fen - posted.public_fen,
        subtract(due.shares, posted.shares),
    )


def _before(settled: LineSettled, posted: Posted | None) -> int:
    """Return what a line had before this posting, earlier postings of the open cycle included."""
    return settled.funded_fen + (posted.conceded_fen + posted.public_fen if posted else 0)
