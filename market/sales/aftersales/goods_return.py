"""七天无理由退货: a buyer asks to return goods that are not perishable, and sends them back once it is accepted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState, LockedCase
from market.cases.casework.moves import lock_case, move_case, open_case
from market.kernel import Connection, Fen, FieldFault, Query, divide_half_up
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_producer
from market.sales.aftersales.goods_return_views import GoodsReturn, GoodsReturnStage, get_goods_return
from market.sales.aftersales.models import (
    MAX_CLAIM_TEXT_LENGTH,
    MAX_WITHDRAWN_RETURNS,
    GoodsClaimed,
    GoodsPerishable,
    GoodsRefunded,
    GoodsReturnedBefore,
    GoodsReturnInvalid,
    GoodsReturnTooEarly,
    GoodsReturnTooLate,
    TooManyGoodsReturns,
)
from market.sales.aftersales.ship import check_tracking
from market.sales.orders.catch_weight import CHARGED_FEN
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.returnable import get_first_returnable
from market.sales.orders.transitions import lock_order_by_suborder
from payments.money import format_yuan

GOODS_RETURN = "goods_return"
SENDING_PERIOD = timedelta(days=14)
"""How long after the acceptance the buyer may send the goods back; then the return lapses."""


class ReturnedLine(Struct, frozen=True, kw_only=True):
    """A line and how many of it are returned."""

    line_id: UUID
    quantity: int


class OpenedGoodsReturn(Struct, frozen=True):
    """An opened return: its case, the price of its goods, and until when the seller answers."""

    case_id: UUID
    amount_fen: Fen
    due_at: datetime


class _ReturnableLine(Struct, frozen=True, kw_only=True):
    line_id: UUID
    suborder_id: UUID
    order_number: int
    producer_id: UUID
    village_code: str
    kind: SuborderKind
    state: SuborderState
    received_at: datetime | None
    title: str
    quantity: int
    amount_fen: Fen
    left_fen: Fen
    perishable: bool
    claimed: bool
    returned: bool


LIST_RETURNABLE_LINES = Query(
    _ReturnableLine,
    """
    SELECT order_lines.id AS line_id, suborder_id, orders.number AS order_number, producer_id, village_code,
           suborders.kind, suborders.state, received_at, title, quantity, """
    + CHARGED_FEN
    + """ AS amount_fen,
           amount_fen - order_lines.refunded_fen
           - (SELECT coalesce(sum(q.amount_fen), 0) FROM refund_requests q
               WHERE q.line_id = order_lines.id AND q.state = 'waiting')::bigint AS left_fen,
           perishable,
           EXISTS (SELECT FROM bad_fruit_claims c WHERE c.line_id = order_lines.id) AS claimed,
           EXISTS (SELECT FROM goods_return_lines r
                    WHERE r.line_id = order_lines.id AND r.state <> 'withdrawn') AS returned
      FROM order_lines
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE order_lines.id = ANY(:line_ids::uuid[]) AND buyer_id = :buyer_id
     ORDER BY order_lines.position
    """,
)
COUNT_WITHDRAWN_RETURNS = Query(
    int,
    """
    SELECT count(*) FROM goods_returns JOIN cases ON cases.id = case_id
     WHERE suborder_id = :suborder_id AND outcome = 'withdrawn'
    """,
)
INSERT_GOODS_RETURN = Query(
    UUID, "INSERT INTO goods_returns (case_id, suborder_id) VALUES (:case_id, :suborder_id) RETURNING case_id"
)
INSERT_GOODS_RETURN_LINES = Query(
    None,
    """
    INSERT INTO goods_return_lines (case_id, line_id, quantity, amount_fen)
    SELECT :case_id, line_id, quantity, amount_fen
      FROM unnest(:line_ids::uuid[], :quantities::integer[], :amounts::bigint[]) AS l (line_id, quantity, amount_fen)
    """,
)
END_GOODS_RETURN_LINES = Query(
    None, "UPDATE goods_return_lines SET state = :state WHERE case_id = :case_id AND state = 'open'"
)
SET_RETURN_TRACKING = Query(
    UUID,
    """
    UPDATE goods_returns SET carrier = :carrier, tracking = :tracking, sent_at = coalesce(sent_at, :now)
     WHERE case_id = :case_id
    RETURNING case_id
    """,
)


def compute_return_amount(*, line_fen: Fen, quantity: int, bought: int) -> Fen:
    """Return the price of the returned part of a line, rounded half up to the fen; freight is not refunded.

    Source: 消费者权益保护法 25: the price of the goods is returned, and the buyer pays for sending them back.
    """
    return Fen(divide_half_up(line_fen * quantity, bought))


def is_returnable(
    kind: SuborderKind, state: SuborderState, received_at: datetime | None, *, days: int, now: datetime
) -> bool:
    """Return whether a suborder's goods can be returned now: from shipping until the end of the last of `days` days.

    The day of receipt does not count.
    """
    if kind is not SuborderKind.GOODS or state not in {SuborderState.SHIPPED, SuborderState.RECEIVED}:
        return False
    return received_at is None or received_at >= get_first_returnable(days=days, now=now)


def _check_request(lines: Sequence[ReturnedLine], text: str) -> None:
    faults = [] if lines else [FieldFault("lines", say("请写退几件"))]
    if len({each.line_id for each in lines}) != len(lines) or any(each.quantity < 1 for each in lines):
        faults.append(FieldFault("lines", say("退几件，写大于 0 的整数")))
    if len(clean_text(text)) > MAX_CLAIM_TEXT_LENGTH:
        faults.append(FieldFault("text", say("最多 {0} 字", MAX_CLAIM_TEXT_LENGTH)))
    if faults:
        raise GoodsReturnInvalid(errors=tuple(faults))


def _check_line(line: _ReturnableLine, quantity: int, *, days: int, now: datetime) -> Fen:
    """Require that so many of a line can be returned, and return their price."""
    if line.perishable:
        raise GoodsPerishable(title=line.title)
    if line.returned:
        raise GoodsReturnedBefore(title=line.title)
    if line.claimed:
        raise GoodsClaimed(title=line.title)
    if not is_returnable(line.kind, line.state, line.received_at, days=days, now=now):
        raise GoodsReturnTooEarly if line.received_at is None else GoodsReturnTooLate(days=days)
    if quantity > line.quantity:
        raise GoodsReturnInvalid(
            errors=(FieldFault("lines", say("“{0}”买了 {1} 件，不能多退", line.title, line.quantity)),)
        )
    amount = compute_return_amount(line_fen=line.amount_fen, quantity=quantity, bought=line.quantity)
    if amount > line.left_fen:
        raise GoodsRefunded(title=line.title)
    return amount


async def open_goods_return(
    conn: Connection,
    seal: Seal,
    buyer: Actor,
    lines: Sequence[ReturnedLine],
    *,
    text: str,
    days: int,
    now: datetime,
) -> OpenedGoodsReturn:
    """Ask to return lines of one parcel; the seller is told, and answers by the deadline of the case.

    The caller's transaction has the scope of the buyer (`get_person_scope`). `days` is the period after receipt; a
    reason may be given in `text` and is not required. A line is returned once, unless the buyer withdraws.

    Source: 消费者权益保护法 25.

    Raises:
        NotFound: a line is not of an order of the buyer.
        GoodsReturnInvalid: no line, a quantity above what was bought, lines of two parcels, or a text that is too long.
        GoodsPerishable: a line was perishable when it was bought.
        GoodsReturnTooEarly: the parcel was not shipped.
        GoodsReturnTooLate: the period has passed.
        GoodsReturnedBefore, GoodsClaimed, GoodsRefunded: a line was returned, claimed or refunded before.
        TooManyGoodsReturns: ten returns of the parcel were withdrawn.
    """
    _check_request(lines, text)
    ids = [each.line_id for each in lines]
    unlocked = await LIST_RETURNABLE_LINES.all(conn, line_ids=ids, buyer_id=buyer.account_id)
    if len(unlocked) != len(ids):
        raise NotFound
    first = unlocked[0]
    if any(each.suborder_id != first.suborder_id for each in unlocked):
        raise GoodsReturnInvalid(errors=(FieldFault("lines", say("一次退一家的")),))
    await lock_order_by_suborder(conn, first.suborder_id)
    bought = await LIST_RETURNABLE_LINES.all(conn, line_ids=ids, buyer_id=buyer.account_id)
    if await COUNT_WITHDRAWN_RETURNS.one(conn, suborder_id=first.suborder_id) >= MAX_WITHDRAWN_RETURNS:
        raise TooManyGoodsReturns(limit=MAX_WITHDRAWN_RETURNS)
    quantities = {each.line_id: each.quantity for each in lines}
    amounts = [_check_line(each, quantities[each.line_id], days=days, now=now) for each in bought]
    case = await open_case(
        conn, seal, buyer.account_id, by=buyer, category=GOODS_RETURN, division_code=first.village_code,
        against_producer_id=first.producer_id, text=clean_text(text), now=now,
    )  # fmt: skip
    await INSERT_GOODS_RETURN.one(conn, case_id=case.id, suborder_id=first.suborder_id)
    await INSERT_GOODS_RETURN_LINES.run(
        conn,
        case_id=case.id,
        line_ids=[each.line_id for each in bought],
        quantities=[quantities[each.line_id] for each in bought],
        amounts=amounts,
    )
    amount = Fen(sum(amounts))
    facts = {"order": str(first.order_number), "amount": format_yuan(amount), "due": format_due(case.due_at)}
    await notify_producer(conn, seal, first.producer_id, "goods_return_opened_seller", facts, now=now)
    return OpenedGoodsReturn(case.id, amount, case.due_at)


async def _lock_own_return(conn: Connection, seal: Seal, buyer: Actor, case_id: UUID) -> tuple[GoodsReturn, LockedCase]:
    """Lock the order and the case of the buyer's return, and return both as they are now.

    Raises:
        NotFound: the return is not the buyer's.
    """
    unlocked = await get_goods_return(conn, seal, case_id)
    if unlocked is None or unlocked.buyer_id != buyer.account_id:
        raise NotFound
    await lock_order_by_suborder(conn, unlocked.suborder_id)
    case = await lock_case(conn, case_id)
    current = await get_goods_return(conn, seal, case_id)
    assert current is not None, "a return is not deleted"
    return current, case


async def send_goods_return(
    conn: Connection, seal: Seal, buyer: Actor, case_id: UUID, *, carrier: str, tracking: str, now: datetime
) -> None:
    """Record how an accepted return was sent, in the caller's transaction with the buyer's scope; tell the seller.

    Until the arrival another number replaces the first and does not move the deadline of the arrival.

    Raises:
        NotFound: the return is not the buyer's.
        InvalidTracking: the carrier or the number is missing or invalid.
        CaseNotMovable: the return was not accepted, or has ended.
    """
    carrier, tracking = check_tracking(carrier, tracking, own_delivery=False)
    goods_return, case = await _lock_own_return(conn, seal, buyer, case_id)
    if goods_return.stage not in {GoodsReturnStage.ACCEPTED, GoodsReturnStage.SENT}:
        raise CaseNotMovable(state=case.state)
    await SET_RETURN_TRACKING.one(conn, case_id=case_id, carrier=carrier, tracking=tracking, now=now)
    if goods_return.stage is GoodsReturnStage.ACCEPTED:
        facts = {"order": str(goods_return.order_number), "carrier": carrier, "tracking": tracking}
        await notify_producer(conn, seal, goods_return.producer_id, "goods_return_sent_seller", facts, now=now)


async def withdraw_goods_return(conn: Connection, seal: Seal, buyer: Actor, case_id: UUID, *, now: datetime) -> None:
    """Withdraw a return that was not sent yet, in the caller's transaction with the buyer's scope; tell the seller.

    Raises:
        NotFound: the return is not the buyer's.
        CaseNotMovable: it was sent, or has ended.
    """
    goods_return, case = await _lock_own_return(conn, seal, buyer, case_id)
    if goods_return.stage not in {GoodsReturnStage.ASKED, GoodsReturnStage.ACCEPTED}:
        raise CaseNotMovable(state=case.state)
    move = CaseMove.WITHDRAW if case.state is CaseState.ASSIGNED else CaseMove.CLOSE
    await move_case(conn, seal, case, move, by=buyer, outcome=CaseOutcome.WITHDRAWN, now=now)
    await END_GOODS_RETURN_LINES.run(conn, case_id=case_id, state="withdrawn")
    facts = {"order": str(goods_return.order_number)}
    await notify_producer(conn, seal, goods_return.producer_id, "goods_return_withdrawn_seller", facts, now=now)
