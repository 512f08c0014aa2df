"""Weigh a parcel before it is sent: each line is charged by its weight, and the difference is refunded."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.catch_weight import MAX_CEILING_BP, compute_weight_price
from market.catalogue.listings.units import MAX_NET_G, format_weight
from market.kernel import BASIS_POINTS, Connection, Database, Fen, FieldFault, GatewayUnavailable, Query, Refusal
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account
from market.sales.aftersales.models import (
    InvalidWeights,
    NotShippable,
    WeighedBefore,
    WeightAboveCeiling,
    WeightTooLow,
)
from market.sales.aftersales.ship import find_own_suborder
from market.sales.orders.catch_weight import CatchWeight, load_catch_weights
from market.sales.orders.models import MAX_QUANTITY, SuborderKind, SuborderState
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import LockedOrder, LockedSuborder, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan

WEIGHED = "weighed"
"""The reason and the key of these refunds: a line is weighed once."""
WEIGHED_KIND = "weighed below the ceiling"
MIN_WEIGHT_DIVISOR = 2
"""At least half of what was ordered is weighed: less is a slip of the pen, or not what was bought."""

MAX_WEIGHT_G = MAX_QUANTITY * MAX_NET_G * MAX_CEILING_BP // BASIS_POINTS
"""The largest ceiling of a line, so that whatever was ordered can be weighed and sent."""


class WeighedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """The weight of a line as its seller enters it, in grams."""

    line_id: UUID
    weighed_g: Annotated[int, Meta(ge=1, le=MAX_WEIGHT_G)]


class LinePrice(Struct, frozen=True, kw_only=True):
    """The price of a weighed line: what was charged at most, what it costs, and the refund of the difference."""

    line_id: UUID
    title: str
    weighed_g: int
    charged_fen: Fen
    final_fen: Fen
    refund_fen: Fen


class _LineToWeigh(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str
    quantity: int
    price_fen: Fen
    amount_fen: Fen
    reduction_fen: Fen
    left_fen: Fen


LIST_LINES = Query(
    _LineToWeigh,
    """
    SELECT id, title, quantity, price_fen, amount_fen, reduction_fen, amount_fen - refunded_fen AS left_fen
      FROM order_lines WHERE suborder_id = :suborder_id
     ORDER BY position
    """,
)
SET_WEIGHT = Query(
    None,
    """
    UPDATE catch_weights
       SET weighed_g = :weighed_g, final_fen = :final_fen, weighed_at = :now, weighed_by = :account_id
     WHERE line_id = :line_id
    """,
)


async def weigh_parcel(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    actor: Actor,
    suborder_id: UUID,
    *,
    weights: Sequence[WeighedLine],
    now: datetime,
) -> list[LinePrice]:
    """Charge lines of a paid parcel by their weights, refund the differences and tell the buyer; return the prices.

    Opens its own transactions. A line is weighed once; repeating the same weight changes nothing. The refund is given
    by a rule, not by the person who weighs, so it needs no second one.

    Raises:
        NotFound: the suborder does not belong to a producer that the actor works for.
        NotShippable: the suborder is not a parcel that is paid and not sent.
        InvalidWeights: no weight is given, or one of a line that is not sold by weight; `errors` names it.
        WeightAboveCeiling: a weight is above the line's ceiling.
        WeightTooLow: a weight is below half of what was ordered.
        WeighedBefore: a line was weighed with another result.
        PaymentDisputed: a dispute over the order is open.
        RefundExceedsPayment, InsufficientBalance: the money is not available, because of a lost dispute.
    """
    async with db.transaction() as conn:
        prices, refunds = await _record_weights(conn, seal, actor, suborder_id, weights, now=now)
    for refund_id in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return prices


async def _record_weights(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, weights: Sequence[WeighedLine], *, now: datetime
) -> tuple[list[LinePrice], list[RefundId]]:
    order, suborder = await _lock_parcel(conn, actor, suborder_id)
    stored = await load_catch_weights(conn, [suborder_id])
    prices = await _price_lines(conn, suborder_id, stored, weights)
    new = [each for each in prices if stored[each.line_id].weighed_g is None]
    if not new:
        return prices, []
    if suborder.kind is not SuborderKind.GOODS or suborder.state is not SuborderState.PAID:
        raise NotShippable(state=suborder.state)
    refunds: list[RefundId] = []
    for each in new:
        await SET_WEIGHT.run(
            conn, line_id=each.line_id, weighed_g=each.weighed_g, final_fen=each.final_fen,
            account_id=actor.account_id, now=now,
        )  # fmt: skip
        if each.refund_fen:
            given = await refund_suborder(
                conn, suborder, goods_fen=each.refund_fen, line_id=each.line_id, key=WEIGHED, kind=WEIGHED_KIND,
                reason=WEIGHED, by=actor.account_id, now=now,
            )  # fmt: skip
            refunds += [refund.id for refund in given]
        facts = {
            "order": str(order.number),
            "title": each.title,
            "weight": format_weight(each.weighed_g),
            "price": format_yuan(each.final_fen),
        }
        template = "weighed_full"
        if each.refund_fen:
            template, facts["amount"] = "weighed", format_yuan(each.refund_fen)
        await notify_account(conn, seal, order.buyer_id, template, facts, now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="parcel.weigh",
        object=f"order:{suborder.number}",
        detail={
            "lines": [
                {"line": str(each.line_id), "weighed_g": each.weighed_g, "refund_fen": each.refund_fen} for each in new
            ]
        },
        now=now,
    )
    return prices, refunds


async def preview_weights(
    conn: Connection, actor: Actor, suborder_id: UUID, weights: Sequence[WeighedLine]
) -> list[LinePrice]:
    """Return what `weigh_parcel` would charge and refund, in the order of the parcel's lines; nothing is written.

    Raises:
        NotFound, InvalidWeights, WeightAboveCeiling, WeightTooLow, WeighedBefore: see `weigh_parcel`.
    """
    await _lock_parcel(conn, actor, suborder_id)
    return await _price_lines(conn, suborder_id, await load_catch_weights(conn, [suborder_id]), weights)


async def _lock_parcel(conn: Connection, actor: Actor, suborder_id: UUID) -> tuple[LockedOrder, LockedSuborder]:
    order = await lock_order_by_suborder(conn, suborder_id)
    suborder = None if order is None else await find_own_suborder(conn, actor, order.id, suborder_id)
    if order is None or suborder is None:
        raise NotFound
    return order, suborder


async def _price_lines(
    conn: Connection, suborder_id: UUID, stored: dict[UUID, CatchWeight], weights: Sequence[WeighedLine]
) -> list[LinePrice]:
    given = {each.line_id: (index, each.weighed_g) for index, each in enumerate(weights)}
    if not given or len(given) != len(weights) or set(given) - set(stored):
        raise InvalidWeights(errors=(FieldFault("weights", "请写每一样称得多重"),))
    lines = await LIST_LINES.all(conn, suborder_id=suborder_id)
    return [
        _price_line(line, stored[line.id], given[line.id][1], field=f"weights[{given[line.id][0]}].weighed_g")
        for line in lines
        if line.id in given
    ]


def _price_line(line: _LineToWeigh, weight: CatchWeight, weighed_g: int, *, field: str) -> LinePrice:
    refusal: Refusal | None = None
    if weight.weighed_g not in {None, weighed_g}:
        refusal = WeighedBefore(
            weight=format_weight(weight.weighed_g or 0), errors=(FieldFault(field, "已经称过，不能再改"),)
        )
    elif weighed_g > weight.ceiling_g:
        ceiling = format_weight(weight.ceiling_g)
        message = f"最多按 {ceiling}收钱。多的取出来；愿意送的，就写 {ceiling}"
        refusal = WeightAboveCeiling(ceiling=ceiling, errors=(FieldFault(field, message),))
    elif weighed_g * MIN_WEIGHT_DIVISOR < weight.unit_g * line.quantity:
        least = format_weight(-(-weight.unit_g * line.quantity // MIN_WEIGHT_DIVISOR))
        message = f"不到订的一半（{least}），看看是不是写错了。真的没有那么多，先跟买家商量退款"
        refusal = WeightTooLow(least=least, errors=(FieldFault(field, message),))
    if refusal is not None:
        raise refusal
    final = max(0, compute_weight_price(line.price_fen, weight.terms, weighed_g) - line.reduction_fen)
    return LinePrice(
        line_id=line.id,
        title=line.title,
        weighed_g=weighed_g,
        charged_fen=line.amount_fen,
        final_fen=Fen(final),
        refund_fen=Fen(0) if weight.weighed_g is not None else Fen(min(line.amount_fen - final, line.left_fen)),
    )
