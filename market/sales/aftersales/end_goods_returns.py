"""End accepted returns by the clock: the seller said nothing about the arrival, or the buyer sent nothing."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseOutcome
from market.cases.casework.moves import move_case
from market.kernel import Connection, Database, Query
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.aftersales.answer_goods_return import (
    TWO_PEOPLE,
    LockedGoodsReturn,
    exceeds_limit,
    lock_goods_return,
    refund_goods,
    reopen_goods_return,
    send_refunds,
)
from market.sales.aftersales.goods_return import END_GOODS_RETURN_LINES, SENDING_PERIOD
from market.sales.aftersales.goods_return_views import GoodsReturnStage, get_goods_return
from market.sales.orders.money.refund import RefundAmountTooHigh
from payments import Gateway, RefundId
from payments.errors import InsufficientBalance, RefundExceedsPayment
from payments.retries import RetryPolicy, run_each

RETURN_JOB = "end_goods_return"
MAX_DUE_RETURNS = 200
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))
_NO_MONEY = "寄回的货到期没有确认，货款退不出来，请处理。"


class DueGoodsReturn(Struct, frozen=True):
    """An accepted return that the clock ends, and its county."""

    id: UUID
    county_code: str


LIST_DUE_GOODS_RETURNS = Query(
    DueGoodsReturn,
    """
    SELECT id, county_code
      FROM list_due_goods_returns(:sent_before::timestamptz, :accepted_before::timestamptz, :case_id::uuid,
                                  :most::integer)
    """,
)


async def end_due_returns(db: Database, gateway: Gateway, seal: Seal, *, days: int, now: datetime) -> int:
    """End the returns that are due, at most 200, one transaction each; return how many.

    One sent at least `days` ago is taken as arrived and refunded, in the name of who accepted it. If that is above what
    one person of the seller refunds alone, or the money is not there, the next level decides. One that was accepted 14
    days ago and not sent lapses. One that fails, also because a dispute is open, is tried again later.
    """

    async def list_due(conn: Connection, case_id: UUID | None = None) -> list[DueGoodsReturn]:
        return await LIST_DUE_GOODS_RETURNS.all(
            conn, sent_before=now - timedelta(days=days), accepted_before=now - SENDING_PERIOD, case_id=case_id,
            most=MAX_DUE_RETURNS,
        )  # fmt: skip

    async with db.connection() as conn:
        due = await list_due(conn)
    ended = 0

    async def end(each: DueGoodsReturn) -> None:
        nonlocal ended
        refunds: list[RefundId] = []
        async with db.transaction(scope=each.county_code) as conn:
            unlocked = await get_goods_return(conn, seal, each.id)
            assert unlocked is not None, "listed above"
            locked = await lock_goods_return(conn, seal, unlocked)
            # It may have been sent, or accepted again, since it was listed.
            if not await list_due(conn, each.id):
                return
            if locked.goods_return.stage is GoodsReturnStage.SENT:
                refunds = await _take_as_arrived(conn, seal, locked, now=now)
            else:
                await _lapse(conn, seal, locked, now=now)
        await send_refunds(db, gateway, refunds, now=now)
        await forget_failure(db, job=RETURN_JOB, item=each.id)
        ended += 1

    async def fail(each: DueGoodsReturn, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=RETURN_JOB, item=each.id, error=error)

    await run_each(due, end, fail)
    return ended


async def _take_as_arrived(conn: Connection, seal: Seal, locked: LockedGoodsReturn, *, now: datetime) -> list[RefundId]:
    accepted_by = locked.goods_return.accepted_by
    assert accepted_by is not None, "only accepted returns are sent"
    reason = TWO_PEOPLE
    if not await exceeds_limit(conn, accepted_by, locked, now=now):
        try:
            async with conn.transaction():
                return await refund_goods(conn, seal, locked, by=accepted_by, note="", now=now)
        except (RefundAmountTooHigh, RefundExceedsPayment, InsufficientBalance):
            reason = _NO_MONEY
    await reopen_goods_return(conn, seal, locked, by=None, reason=reason, template="goods_return_checked", now=now)
    return []


async def _lapse(conn: Connection, seal: Seal, locked: LockedGoodsReturn, *, now: datetime) -> None:
    case = await move_case(conn, seal, locked.case, CaseMove.CLOSE, by=None, outcome=CaseOutcome.WITHDRAWN, now=now)
    await END_GOODS_RETURN_LINES.run(conn, case_id=case.id, state="withdrawn")
    facts = {"order": str(locked.goods_return.order_number)}
    told = facts | {"days": str(SENDING_PERIOD.days)}
    await notify_account(conn, seal, case.asker, "goods_return_lapsed", told, now=now)
    await notify_producer(conn, seal, locked.goods_return.producer_id, "goods_return_withdrawn_seller", facts, now=now)
