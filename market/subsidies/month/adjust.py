"""Adjustments (R10): later changes of a closed month, posted as signed differences in the open cycle."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query, split
from market.kernel.clock import get_next_month
from market.people.identity.models import Actor
from market.subsidies.engine.answer import Answer, AnswerLine
from market.subsidies.findings.record import list_blocked_lines, list_suspect_lines
from market.subsidies.models import CycleId, RunId
from market.subsidies.month.budget_lines import adjust_budget
from market.subsidies.month.build_case import MonthFacts
from market.subsidies.month.case_queries import SettledLine
from market.subsidies.month.cycles import Cycle, has_ended, open_cycle, take_duty
from market.subsidies.month.steps import RUN, SETTLED_STATES, UNSETTLED_STATES

NOTHING_SETTLED = SettledLine(line="", approved_fen=Fen(0), conceded_fen=Fen(0), public_fen=Fen(0), shares={})
NOTHING_APPROVED = AnswerLine(
    id="", entitled_fen=Fen(0), funded_fen=Fen(0), approved_fen=Fen(0), over_fen=Fen(0), under_fen=Fen(0),
    conceded_fen=Fen(0), public_fen=Fen(0), shares={}, adjustment_fen=None, reasons=(), removed_on=None, trace=(),
)  # fmt: skip


class PostedAdjustment(Struct, frozen=True, kw_only=True):
    """The amounts that unsettled cycles posted for a line and an earlier month; `revision` is the open cycle's last."""

    line: str
    revision: int
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: dict[str, int]


class _Service(Struct, frozen=True):
    line: str
    operator: str
    kind: str


class PostingAmounts(Struct, frozen=True, kw_only=True):
    """Signed amounts of a posting, by funder."""

    approved_fen: int
    conceded_fen: int
    public_fen: int
    shares: dict[str, int]


NO_CHANGE = PostingAmounts(approved_fen=0, conceded_fen=0, public_fen=0, shares={})


class _BudgetLeft(Struct, frozen=True):
    left_fen: int | None


class _TargetCycle(Struct, frozen=True):
    id: CycleId
    month: date


LOCK_TARGET_CYCLE = Query(
    _TargetCycle,
    """
    SELECT id, month FROM cycles
     WHERE county_code = :county AND month > :month AND state = ANY(:states::text[])
     ORDER BY month LIMIT 1
       FOR NO KEY UPDATE
    """,
)
GET_LAST_MONTH = Query(date, "SELECT max(month) FROM cycles WHERE county_code = :county")
# What a settled cycle posted is part of what was settled; together they are all postings of the month.
LIST_POSTED = Query(
    PostedAdjustment,
    """
    SELECT p.line_code AS line, coalesce(max(p.revision) FILTER (WHERE c.id = :cycle_id::uuid), 0) AS revision,
           sum(p.approved_fen)::bigint AS approved_fen, sum(p.conceded_fen)::bigint AS conceded_fen,
           sum(p.public_fen)::bigint AS public_fen, sum_shares(array_agg(p.shares)) AS shares
      FROM subsidy_postings p
      JOIN cycles c ON c.id = p.cycle_id AND NOT c.state = ANY(:settled::text[])
     WHERE p.county_code = :county AND p.for_month = :month
     GROUP BY p.line_code
    """,
)
LIST_POSTED_SERVICES = Query(
    _Service,
    """
    SELECT DISTINCT ON (line_code) line_code AS line, operator, kind FROM subsidy_postings
     WHERE county_code = :county AND for_month = :month AND line_code = ANY(:lines::text[])
     ORDER BY line_code, posted_at DESC, revision DESC
    """,
)
# The unspent part of a year's budget line; settled, adjusted, and calculated but unsettled amounts are spent.
GET_YEAR_LEFT = Query(
    _BudgetLeft,
    """
    SELECT CASE WHEN count(*) = 0 THEN NULL ELSE sum(public_fen)
         - (SELECT coalesce(sum(public_fen), 0) FROM subsidy_postings
             WHERE county_code = :county AND for_month >= :first AND for_month < :until)
         - (SELECT coalesce(sum(r.public_fen), 0) FROM cycles c JOIN run_lines r ON r.run_id = c.run_id
             WHERE c.county_code = :county AND c.month >= :first AND c.month < :until
               AND c.state = ANY(:unsettled::text[])) END::bigint AS left_fen
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
    facts: MonthFacts,
    answer: Answer,
    run_id: RunId,
    below_plan: frozenset[str],
    now: datetime,
) -> tuple[int, int]:
    """Post the changes of a closed month in the open cycle; return how many were posted and how many were not covered.

    Only lines whose approved sum changed are posted, each between 0 and the change of its own approved sum; a line that
    the month has no more is approved 0. An upward posting that the year's budget line does not cover is left for a
    later run, and so is every posting while no month that has ended is open. Amounts already posted in a cycle that is
    not settled, whatever its state, are not posted twice. A line that a stopping finding blocks in the closed month is
    not posted; one that a later month's finding blocks, or that is `below_plan`, is only reduced. The caller holds the
    lock of the county's imports, without which no cycle is settled.

    Raises:
        SecondDuty: the actor holds another duty of the open cycle (R14).
    """
    county, settled = cycle.county_code, facts.settled or {}
    blocked = await list_blocked_lines(conn, county, cycle.month)
    suspect = below_plan | await list_suspect_lines(conn, county)
    target = await LOCK_TARGET_CYCLE.maybe(conn, county=county, month=cycle.month, states=(RUN.before, RUN.after))
    target_id = target.id if target else None
    listed = await LIST_POSTED.all(conn, county=county, cycle_id=target_id, month=cycle.month, settled=SETTLED_STATES)
    posted = {row.line: row for row in listed}
    changes = list(_list_changes(answer, settled, posted, blocked=blocked, suspect=suspect))
    if not changes:
        return 0, 0
    month = target.month if target is not None else get_next_month(await GET_LAST_MONTH.one(conn, county=county))
    if not has_ended(month, now):
        return 0, len(changes)
    open_month = await open_cycle(conn, county, month, actor, now=now)
    await take_duty(conn, open_month, actor, RUN.duty, now=now)
    covered = await _filter_covered(conn, county, cycle.month, changes)
    services = await _find_services(conn, county, cycle.month, facts, [line for line, _ in covered])
    rows = [
        {
            "line": line,
            "revision": posted[line].revision + 1 if line in posted else 1,
            "operator": services[line].operator,
            "kind": services[line].kind,
            "approved_fen": parts.approved_fen,
            "conceded_fen": parts.conceded_fen,
            "public_fen": parts.public_fen,
            "settled_before_fen": _compute_settled_before(settled.get(line, NOTHING_SETTLED), posted.get(line)),
            "shares": parts.shares,
            "why": "冲正" if line in facts.corrected else "名册、绑定或处理结果有变化",
        }
        for line, parts in covered
    ]
    await ADD_POSTINGS.run(
        conn, cycle_id=open_month.id, month=cycle.month, county=county, run_id=run_id, rows=rows, now=now
    )
    await adjust_budget(conn, county, open_month.id, cycle.month, [parts.shares for _, parts in covered], now=now)
    return len(rows), len(changes) - len(covered)


def _list_changes(
    answer: Answer,
    settled: Mapping[str, SettledLine],
    posted: Mapping[str, PostedAdjustment],
    *,
    blocked: frozenset[str],
    suspect: frozenset[str],
) -> Iterator[tuple[str, PostingAmounts]]:
    """Yield the lines with a difference to post; for a line that is held, reverse what was posted.

    A line that has postings and is not in the answer, as another line has its number now, is approved 0.
    """
    answers = {line.id: line for line in answer.lines}
    for line in sorted(answers.keys() | settled.keys() | posted.keys()):
        due = compute_difference(answers.get(line, NOTHING_APPROVED), settled.get(line, NOTHING_SETTLED))
        if line in blocked or (line in suspect and due.conceded_fen + due.public_fen > 0):
            due = NO_CHANGE
        rest = _subtract_posted(due, posted.get(line))
        if rest.approved_fen or rest.conceded_fen or rest.public_fen:
            yield line, rest


async def _find_services(
    conn: Connection, county: str, month: date, facts: MonthFacts, lines: Sequence[str]
) -> dict[str, _Service]:
    """Return the operator and kind of lines: those of the case, or of the last posting of a line that is not in it."""
    services = {line.id: _Service(line.id, line.operator, facts.kinds[line.id]) for line in facts.case.lines}
    gone = [line for line in lines if line not in services]
    listed = await LIST_POSTED_SERVICES.all(conn, county=county, month=month, lines=gone)
    return services | {each.line: each for each in listed}


async def _filter_covered(
    conn: Connection, county: str, month: date, changes: list[tuple[str, PostingAmounts]]
) -> list[tuple[str, PostingAmounts]]:
    """Return the postings that the year's budget line covers: downward ones first, then upward ones by line."""
    first = month.replace(month=1)
    year = await GET_YEAR_LEFT.one(
        conn, county=county, first=first, until=first.replace(year=first.year + 1), unsettled=UNSETTLED_STATES
    )
    left = year.left_fen
    if left is None:
        return changes
    taken: list[tuple[str, PostingAmounts]] = []
    for line, parts in sorted(changes, key=lambda pair: (pair[1].public_fen > 0, pair[0])):
        if parts.public_fen > max(left, 0):
            continue
        left -= parts.public_fen
        taken.append((line, parts))
    return sorted(taken, key=lambda pair: pair[0])


def compute_difference(line: AnswerLine, settled: SettledLine) -> PostingAmounts:
    """Return the difference between a line's answer and what was settled, within the change of its own approved sum.

    The funders' amounts are the differences of the two answers' shares. If redistributing an insufficient budget would
    move more than the line's own change, the operator's part comes first and the public funders share the rest.
    """
    change = line.approved_fen - settled.approved_fen
    low, high = min(change, 0), max(change, 0)
    moved = line.funded_fen - settled.funded_fen
    total = max(low, min(moved, high))
    if total == 0:
        return NO_CHANGE
    conceded = line.conceded_fen - settled.conceded_fen
    after = {str(funder): int(fen) for funder, fen in line.shares.items()}
    if total == moved:
        return PostingAmounts(
            approved_fen=change,
            conceded_fen=conceded,
            public_fen=total - conceded,
            shares=subtract_shares(after, settled.shares),
        )
    conceded = max(min(total, 0), min(conceded, max(total, 0)))
    return PostingAmounts(
        approved_fen=change,
        conceded_fen=conceded,
        public_fen=total - conceded,
        shares=_share_change(conceded, total - conceded, after or settled.shares),
    )


def _share_change(conceded: int, public: int, shares: Mapping[str, int]) -> dict[str, int]:
    names = [name for name in shares if name != "operator"]
    weights = [abs(shares[name]) for name in names]
    if not sum(weights):
        weights = [1] * len(names)
    parts = dict(zip(names, split(public, weights), strict=True)) if names else {}
    return {"operator": conceded, **parts} if conceded or not names else parts


def subtract_shares(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the non-zero differences by funder."""
    both = {name: one.get(name, 0) - other.get(name, 0) for name in {**other, **one}}
    return {name: fen for name, fen in both.items() if fen}


def _subtract_posted(due: PostingAmounts, posted: PostedAdjustment | None) -> PostingAmounts:
    """Return the due amounts less those posted in unsettled cycles."""
    if posted is None:
        return due
    return PostingAmounts(
        approved_fen=due.approved_fen - posted.approved_fen,
        conceded_fen=due.conceded_fen - posted.conceded_fen,
        public_fen=due.public_fen - posted.public_fen,
        shares=subtract_shares(due.shares, posted.shares),
    )


def _compute_settled_before(settled: SettledLine, posted: PostedAdjustment | None) -> int:
    """Return what was settled for a line before this posting, including postings of unsettled cycles."""
    return settled.funded_fen + (posted.conceded_fen + posted.public_fen if posted else 0)
