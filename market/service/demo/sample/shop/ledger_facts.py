"""The payments, ledger facts and stock moves of sample orders."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen
from market.sales.orders.escrow import (
    RefundShare,
    capture_legs,
    get_order_ref,
    get_suborder_ref,
    refund_legs,
    release_legs,
)
from market.sales.orders.models import SuborderKind, SuborderState
from market.service.demo.sample.copy_rows import StockMoveCopyRow
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.order_records import LotTally, OrderRecords, SampleSuborder
from market.service.demo.sample.shop.order_rows import LedgerFact, PaymentCopyRow, PaymentPartCopyRow, RefundCopyRow
from payments import Part
from payments.ledger.journal import Leg


class PaidOrder(Struct, frozen=True):
    """A paid order; `producer_numbers` maps producer ids to their public numbers."""

    number: int
    suborders: list[SampleSuborder]
    method: str
    placed_at: datetime
    pay_until: datetime
    paid_at: datetime
    producer_numbers: dict[UUID, int]


def record_payment(records: OrderRecords, rng: SeededRandom, order: PaidOrder) -> None:
    """Add the payment of an order, its refunds, and their ledger facts."""
    payment_id = rng.make_uuid7(order.placed_at)
    total = sum(suborder.total_fen for suborder in order.suborders)
    refunded = sum(suborder.total_fen for suborder in order.suborders if suborder.refunded_at is not None)
    records.payments.append(
        PaymentCopyRow(
            id=payment_id,
            order_ref=get_order_ref(order.number),
            purpose="full",
            method=order.method,
            provider_ref=f"pi_sample_{payment_id.hex}",
            currency="CNY",
            amount_minor=total,
            captured_minor=total,
            refunded_minor=refunded,
            state="captured",
            opened_at=order.placed_at,
            expires_at=order.pay_until,
            captured_at=order.paid_at,
        )
    )
    parts = [
        Part(get_suborder_ref(order.number, suborder.position), suborder.total_fen) for suborder in order.suborders
    ]
    records.parts.extend(PaymentPartCopyRow(payment_id, n, part.name, part.minor) for n, part in enumerate(parts, 1))
    legs = capture_legs(order.method, parts)
    _add_fact(records, "paid", order.number, key=f"paid:{payment_id}", at=order.paid_at, legs=legs)
    for suborder in order.suborders:
        if suborder.received_at is not None:
            _release_escrow(records, order, suborder, suborder.received_at)
        if suborder.refunded_at is not None:
            _refund(records, rng, order, suborder, payment_id=payment_id, at=suborder.refunded_at)


def _release_escrow(records: OrderRecords, order: PaidOrder, suborder: SampleSuborder, at: datetime) -> None:
    legs = release_legs(
        order_number=order.number,
        position=suborder.position,
        producer_number=order.producer_numbers[suborder.draft.producer_id],
        share=suborder.share,
    )
    key = f"released:{get_suborder_ref(order.number, suborder.position)}"
    _add_fact(records, "released", order.number, key=key, at=at, legs=legs)


def _refund(
    records: OrderRecords,
    rng: SeededRandom,
    order: PaidOrder,
    suborder: SampleSuborder,
    *,
    payment_id: UUID,
    at: datetime,
) -> None:
    refund_id = rng.make_uuid7(at)
    succeeded_at = at + timedelta(minutes=rng.randint(1, 20))
    kind = "cancelled by tier" if suborder.draft.kind is SuborderKind.STAY else "cancelled"
    records.refunds.append(
        RefundCopyRow(
            id=refund_id,
            payment_id=payment_id,
            key=f"{suborder.id}:all:cancelled",
            kind=kind,
            amount_minor=suborder.total_fen,
            state="succeeded",
            provider_ref=f"re_sample_{refund_id.hex}",
            requested_at=at,
            succeeded_at=succeeded_at,
        )
    )
    account = f"refund:{get_order_ref(order.number)}"
    draft = suborder.draft
    share = RefundShare(
        goods_fen=draft.goods_fen,
        freight_fen=draft.freight_fen,
        platform_fen=Fen(0),
        payable_fen=None,
        commission_fen=None,
    )
    sources = refund_legs(
        order_number=order.number,
        position=suborder.position,
        producer_number=order.producer_numbers[draft.producer_id],
        share=share,
    )
    legs = [*sources, (account, share.buyer_fen)]
    _add_fact(records, kind, order.number, key=f"refund:{refund_id}", at=at, legs=legs)
    legs = [(account, -suborder.total_fen), (f"clearing:{order.method}", suborder.total_fen)]
    _add_fact(records, "refund settled", order.number, key=f"refunded:{refund_id}:1", at=succeeded_at, legs=legs)


def _add_fact(records: OrderRecords, kind: str, number: int, *, key: str, at: datetime, legs: list[Leg]) -> None:
    legs = [(code, minor) for code, minor in legs if minor]
    records.facts.append(
        LedgerFact(
            n=len(records.facts),
            key=key,
            kind=kind,
            order_ref=get_order_ref(number),
            at=at,
            codes=[code for code, _ in legs],
            amounts=[minor for _, minor in legs],
        )
    )


def record_stock_moves(
    records: OrderRecords,
    order_id: UUID,
    suborders: list[SampleSuborder],
    *,
    closed_at: datetime | None,
    was_paid: bool,
) -> None:
    """Count the units of an order as reserved, sold or returned, as `market.catalogue.stock` does."""
    freed: dict[UUID, int] = {}
    for suborder in suborders:
        returned: dict[UUID, int] = {}
        for line in suborder.draft.lines:
            if line.lot_id is None:
                continue
            tally = records.lots.setdefault(line.lot_id, LotTally())
            if suborder.state is SuborderState.PLACED:
                tally.reserved += line.units
            elif suborder.refunded_at is not None:
                returned[line.lot_id] = returned.get(line.lot_id, 0) + line.units
            elif was_paid:
                tally.sold += line.units
            else:
                freed[line.lot_id] = freed.get(line.lot_id, 0) + line.units
        if suborder.refunded_at is not None:
            records.moves.extend(
                StockMoveCopyRow(lot, "returned", f"suborder:{suborder.id}", units, suborder.refunded_at)
                for lot, units in returned.items()
            )
    if freed and closed_at is not None:
        reason = "expired" if suborders[0].state is SuborderState.EXPIRED else "cancelled"
        reference = f"order:{order_id}"
        records.moves.extend(StockMoveCopyRow(lot, reason, reference, units, closed_at) for lot, units in freed.items())
