"""What an order moved: money in escrow, to the producer, or back; and units of its lots."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.orders.accounts import COMMISSION, escrow_of, freight_account_of, order_ref, part_of, payable_of
from market.orders.models import SuborderKind, SuborderState
from market.sample.chance import Chance
from market.sample.rows import StockMove
from market.sample.trade_rows import Fact, Payment, PaymentPart, Refund
from market.sample.traded import Share, Tally, Traded

_PAYMENT_HOLD = timedelta(minutes=30)


class Paid(Struct, frozen=True):
    """A paid order as its money is booked: `numbers` are those of the producers."""

    number: int
    shares: list[Share]
    rail: str
    placed_at: datetime
    paid_at: datetime
    numbers: dict[UUID, int]


def add_money(made: Traded, chance: Chance, order: Paid) -> None:
    """Write the payment of an order and the facts of the ledger that followed from it."""
    payment_id = chance.id_at(order.placed_at)
    total = sum(share.total_fen for share in order.shares)
    back = sum(share.total_fen for share in order.shares if share.refunded_at is not None)
    made.payments.append(
        Payment(
            id=payment_id,
            order_ref=order_ref(order.number),
            purpose="full",
            method=order.rail,
            provider_ref=f"pi_sample_{payment_id.hex}",
            currency="CNY",
            amount_minor=total,
            captured_minor=total,
            refunded_minor=back,
            state="captured",
            opened_at=order.placed_at,
            expires_at=order.placed_at + _PAYMENT_HOLD,
            captured_at=order.paid_at,
        )
    )
    for share in order.shares:
        name = part_of(order.number, share.position)
        made.parts.append(PaymentPart(payment_id, share.position, name, share.total_fen))
    escrows = [(escrow_of(order.number, share.position), share.total_fen) for share in order.shares]
    legs = [(f"clearing:{order.rail}", -total), *escrows]
    _add_fact(made, "paid", order.number, key=f"paid:{payment_id}", at=order.paid_at, legs=legs)
    for share in order.shares:
        if share.received_at is not None:
            _release(made, order, share, share.received_at)
        if share.refunded_at is not None:
            _give_back(made, chance, order, share, payment_id=payment_id, at=share.refunded_at)


def _release(made: Traded, order: Paid, share: Share, at: datetime) -> None:
    draft = share.draft
    producer = order.numbers[draft.producer_id]
    legs = [
        (escrow_of(order.number, share.position), -share.total_fen),
        (payable_of(producer), draft.goods_fen - share.commission_fen),
        (COMMISSION, share.commission_fen),
        (freight_account_of(producer), draft.freight_fen),
    ]
    key = f"released:{part_of(order.number, share.position)}"
    _add_fact(made, "released", order.number, key=key, at=at, legs=legs)


def _give_back(made: Traded, chance: Chance, order: Paid, share: Share, *, payment_id: UUID, at: datetime) -> None:
    refund_id = chance.id_at(at)
    settled_at = at + timedelta(minutes=chance.between(1, 20))
    kind = "cancelled by tier" if share.draft.kind is SuborderKind.STAY else "cancelled"
    made.refunds.append(
        Refund(
            id=refund_id,
            payment_id=payment_id,
            key=f"{share.id}:all:cancelled",
            kind=kind,
            amount_minor=share.total_fen,
            state="succeeded",
            provider_ref=f"re_sample_{refund_id.hex}",
            requested_at=at,
            settled_at=settled_at,
        )
    )
    account = f"refund:{order_ref(order.number)}"
    legs = [(escrow_of(order.number, share.position), -share.total_fen), (account, share.total_fen)]
    _add_fact(made, kind, order.number, key=f"refund:{refund_id}", at=at, legs=legs)
    legs = [(account, -share.total_fen), (f"clearing:{order.rail}", share.total_fen)]
    _add_fact(made, "refund settled", order.number, key=f"refunded:{refund_id}:1", at=settled_at, legs=legs)


def _add_fact(made: Traded, kind: str, number: int, *, key: str, at: datetime, legs: list[tuple[str, int]]) -> None:
    given = [(code, minor) for code, minor in legs if minor]
    made.facts.append(
        Fact(
            n=len(made.facts),
            key=key,
            kind=kind,
            order_ref=order_ref(number),
            at=at,
            codes=[code for code, _ in given],
            amounts=[minor for _, minor in given],
        )
    )


def move_stock(
    made: Traded, order_id: UUID, shares: list[Share], *, closed_at: datetime | None, was_paid: bool
) -> None:
    """Count the units of an order as waiting, sold, or gone back, as `market.stock` would have moved them."""
    released: dict[UUID, int] = {}
    for share in shares:
        returned: dict[UUID, int] = {}
        for line in share.draft.lines:
            if line.lot_id is None:
                continue
            tally = made.lots.setdefault(line.lot_id, Tally())
            if share.state is SuborderState.PLACED:
                tally.waiting += line.units
            elif share.refunded_at is not None:
                returned[line.lot_id] = returned.get(line.lot_id, 0) + line.units
            elif was_paid:
                tally.sold += line.units
            else:
                released[line.lot_id] = released.get(line.lot_id, 0) + line.units
        if share.refunded_at is not None:
            made.moves.extend(
                StockMove(lot, "returned", f"suborder:{share.id}", units, share.refunded_at)
                for lot, units in returned.items()
            )
    if released and closed_at is not None:
        reason = "expired" if shares[0].state is SuborderState.EXPIRED else "cancelled"
        reference = f"order:{order_id}"
        made.moves.extend(StockMove(lot, reason, reference, units, closed_at) for lot, units in released.items())
