"""Record what households gain when a suborder is released, and take back what was refunded afterwards."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import Struct, to_builtins

from market.kernel import Connection, Database, Fen, Query, split
from market.kernel.clock import get_business_day
from market.villages.benefits.models import BenefitHow, BenefitPart, BenefitRule
from market.villages.benefits.rules import divide_line, divide_refund, reverse_line
from market.villages.benefits.wall import enter_benefits
from payments.retries import run_each

log = structlog.get_logger()

MAX_RECORDED = 500


class ChangedLine(Struct, frozen=True, kw_only=True):
    """A line of a suborder as its payable changed: what was left of it after refunds."""

    id: UUID
    listing_id: UUID
    quantity: int
    left_fen: int


class PayableChange(Struct, frozen=True, kw_only=True):
    """A release, which has no `before_fen`, or a refund after it; `before` are the lines of the change before."""

    id: int
    before_fen: Fen | None
    after_fen: Fen
    lines: list[ChangedLine]
    before: list[ChangedLine] | None
    at: datetime


class _NewEntry(Struct, frozen=True, kw_only=True):
    line: UUID
    household: UUID
    how: BenefitHow
    fen: Fen


class LineHolding(BenefitPart, frozen=True, kw_only=True):
    """What a household has of a line."""

    line_id: UUID


class ListingRule(BenefitRule, frozen=True, kw_only=True):
    """A rule with its listing."""

    listing_id: UUID


LIST_CHANGES = Query(int, "SELECT id FROM benefits.payable_changes WHERE recorded_at IS NULL ORDER BY id LIMIT :limit")
# Changes of one suborder are recorded one after the other.
TAKE_CHANGE = Query(
    PayableChange,
    """
    SELECT c.id, c.before_fen, c.after_fen, c.lines, c.at,
           (SELECT p.lines FROM benefits.payable_changes p WHERE p.suborder_id = c.suborder_id AND p.id < c.id
             ORDER BY p.id DESC LIMIT 1) AS before
      FROM benefits.payable_changes c
     WHERE c.recorded_at IS NULL AND c.id = coalesce(:change_id::bigint, c.id)
       AND NOT EXISTS (SELECT FROM benefits.payable_changes p
                        WHERE p.suborder_id = c.suborder_id AND p.id < c.id AND p.recorded_at IS NULL)
     ORDER BY c.id LIMIT 1
       FOR UPDATE OF c SKIP LOCKED
    """,
)
LIST_RULES = Query(
    ListingRule,
    """
    SELECT listing_id, household_id, how, share_bp, wage_per_unit_fen FROM benefits.rules
     WHERE listing_id = ANY(:listing_ids::uuid[]) AND valid_during @> :day::date
     ORDER BY share_bp DESC NULLS LAST, id
    """,
)
LIST_HOLDINGS = Query(
    LineHolding,
    """
    SELECT order_line_id AS line_id, household_id, how, sum(fen)::bigint AS fen FROM benefits.entries
     WHERE order_line_id = ANY(:line_ids::uuid[])
     GROUP BY order_line_id, household_id, how HAVING sum(fen) > 0
     ORDER BY order_line_id, min(id)
    """,
)
ADD_ENTRIES = Query(
    None,
    """
    INSERT INTO benefits.entries (change_id, order_line_id, household_id, how, fen, day)
    SELECT :change_id, line, household, how, fen, :day
      FROM jsonb_to_recordset(:rows::jsonb) AS t (line uuid, household uuid, how text, fen bigint)
    """,
)
END_CHANGE = Query(None, "UPDATE benefits.payable_changes SET recorded_at = :now WHERE id = :change_id")


async def record_benefits(db: Database, *, now: datetime) -> int:
    """Record what is not recorded yet, one transaction for each change, the earliest first; return how many.

    At most `MAX_RECORDED` at once. One that fails delays only the later changes of its suborder.
    """
    recorded = 0

    async def record(change_id: int) -> None:
        nonlocal recorded
        async with db.transaction() as conn:
            recorded += await record_next_change(conn, change_id=change_id, now=now)

    async def fail(change_id: int, error: Exception) -> None:
        log.error("benefits_not_recorded", change=change_id, exc_info=error)

    async with db.transaction() as conn, enter_benefits(conn):
        due = await LIST_CHANGES.all(conn, limit=MAX_RECORDED)
    await run_each(due, record, fail)
    return recorded


async def record_next_change(conn: Connection, *, change_id: int | None = None, now: datetime) -> bool:
    """Record the earliest change that nobody else records now, or this one; return whether there was one."""
    async with enter_benefits(conn):
        change = await TAKE_CHANGE.maybe(conn, change_id=change_id)
        if change is None:
            return False
        day = get_business_day(change.at)
        if change.before_fen is None:
            rules = await LIST_RULES.all(conn, listing_ids=[each.listing_id for each in change.lines], day=day)
            parts = _divide(change, rules)
        else:
            holdings = await LIST_HOLDINGS.all(conn, line_ids=[each.id for each in change.lines])
            parts = _reverse(change, holdings)
        rows = [_NewEntry(line=line, household=each.household_id, how=each.how, fen=each.fen) for line, each in parts]
        await ADD_ENTRIES.run(conn, change_id=change.id, rows=to_builtins(rows), day=day)
        await END_CHANGE.run(conn, change_id=change.id, now=now)
    return True


def _divide(change: PayableChange, rules: Sequence[ListingRule]) -> list[tuple[UUID, BenefitPart]]:
    """Divide a released payable over the lines by what was left of each, and each line by its rules."""
    payables = split(change.after_fen, [each.left_fen for each in change.lines]) if change.after_fen else []
    parts: list[tuple[UUID, BenefitPart]] = []
    for line, payable in zip(change.lines, payables, strict=False):
        of_line = [each for each in rules if each.listing_id == line.listing_id]
        if of_line:
            parts += [(line.id, each) for each in divide_line(Fen(payable), line.quantity, of_line)]
    return parts


def _reverse(change: PayableChange, holdings: Sequence[LineHolding]) -> list[tuple[UUID, BenefitPart]]:
    """Take a refund back from the lines that it was of; a line without rules bears its part by itself."""
    assert change.before_fen is not None, "a release takes nothing back"
    earlier = {each.id: each.left_fen for each in change.before or change.lines}
    refunded = [earlier.get(each.id, each.left_fen) - each.left_fen for each in change.lines]
    left_before = [earlier.get(each.id, each.left_fen) for each in change.lines]
    # What each line holds of the payable, lines without rules too.
    held = split(change.before_fen, left_before) if sum(left_before) else [0 for _ in change.lines]
    sums = {each.id: sum(part.fen for part in holdings if part.line_id == each.id) for each in change.lines}
    held = [sums[each.id] or have for each, have in zip(change.lines, held, strict=True)]
    left = [each.left_fen for each in change.lines]
    back = divide_refund(Fen(change.before_fen - change.after_fen), refunded, held, left)
    parts: list[tuple[UUID, BenefitPart]] = []
    for line, fen in zip(change.lines, back, strict=True):
        of_line = [each for each in holdings if each.line_id == line.id]
        if of_line and fen:
            parts += [(line.id, each) for each in reverse_line(Fen(min(fen, sums[line.id])), of_line)]
    return parts
