"""Escrow: an order's ledger accounts, the legs of its transactions, and the release of escrow to producers."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query, apply_rate, split
from market.sales.orders.transitions import LockedSuborder
from payments import Part, get_balance, has_open_dispute, post
from payments.ledger.journal import Leg

COMMISSION_ACCOUNT = "commission"
PROMOTION_ACCOUNT = "promotion"

RECORD_RELEASE = Query(
    None,
    """
    SELECT record_release(:suborder_id::uuid, :payable_fen::bigint, :commission_fen::bigint, :now::timestamptz)
    """,
)


def get_order_ref(number: int) -> str:
    """Return the reference under which `payments` stores an order: its public number."""
    return str(number)


def parse_order_ref(ref: str) -> int:
    """Return the public number of an order from its reference in `payments`."""
    return int(ref)


def get_suborder_ref(order_number: int, position: int) -> str:
    """Return the public number of a suborder: `1024-1`."""
    return f"{order_number}-{position}"


def get_escrow_account(order_number: int, position: int) -> str:
    """Return the account of a suborder's money until receipt."""
    return f"escrow:{get_suborder_ref(order_number, position)}"


def get_payable_account(producer_number: int) -> str:
    """Return the account of the money that a producer is owed for goods."""
    return f"payable:{producer_number}"


def get_freight_account(producer_number: int) -> str:
    """Return the account of the money that a producer is owed for freight."""
    return f"freight:{producer_number}"


def get_payee(producer_number: int) -> str:
    """Return the name under which `payments` pays a producer: its public number."""
    return str(producer_number)


class SuborderShare(Struct, frozen=True, kw_only=True):
    """How a suborder's money is divided: goods after refunds, less the commission, and freight."""

    goods_left_fen: Fen
    freight_fen: Fen
    commission_bp: int
    commission_fen: Fen

    @property
    def payable_fen(self) -> Fen:
        """The producer's amount for the goods."""
        return Fen(self.goods_left_fen - self.commission_fen)

    @property
    def due_fen(self) -> Fen:
        """The producer's amount in total."""
        return Fen(self.payable_fen + self.freight_fen)


def compute_share(*, goods_left_fen: int, freight_fen: int, commission_bp: int) -> SuborderShare:
    """Return how a suborder's money is divided between the producer and the platform.

    The commission applies to goods after refunds, at the rate stored at checkout, and is rounded down in the producer's
    favour; freight has no commission.

    Source: the golden story, shop.md: commission is on goods without freight, rounded down, after refunds.
    """
    return SuborderShare(
        goods_left_fen=Fen(goods_left_fen),
        freight_fen=Fen(freight_fen),
        commission_bp=commission_bp,
        commission_fen=Fen(apply_rate(goods_left_fen, commission_bp)),
    )


class RefundShare(Struct, frozen=True, kw_only=True):
    """Who bears a refund and who receives it; `payable_fen` and `commission_fen` are None before release."""

    goods_fen: Fen
    freight_fen: Fen
    platform_fen: Fen
    payable_fen: Fen | None
    commission_fen: Fen | None

    @property
    def buyer_fen(self) -> Fen:
        """The amount refunded to the buyer: the goods less the platform's part, and the freight."""
        return Fen(self.goods_fen - self.platform_fen + self.freight_fen)


def compute_refund_share(
    suborder: LockedSuborder, *, goods_fen: Fen, freight_fen: Fen, refunded_goods_fen: Fen
) -> RefundShare:
    """Return how a refund is divided; each division is by largest remainder.

    The refund is divided in proportion to what was paid: the buyer's part, and the discount that the platform paid. Of
    several refunds the sum is divided, so that all of them together give back exactly what each paid;
    `refunded_goods_fen` is what was refunded of the goods before. After release it is charged to the recorded payable
    and commission, in proportion to what is left of each, which must be enough.
    """
    # The platform pays its discount with the balance.
    discount = 0 if suborder.owes_balance else suborder.discount_fen
    weights = [suborder.goods_fen - discount, discount]
    platform = split(refunded_goods_fen + goods_fen, weights)[1] - split(refunded_goods_fen, weights)[1]
    payable = commission = None
    if suborder.payable_fen is not None and suborder.commission_fen is not None:
        payable, commission = (Fen(fen) for fen in split(goods_fen, [suborder.payable_fen, suborder.commission_fen]))
    return RefundShare(
        goods_fen=goods_fen,
        freight_fen=freight_fen,
        platform_fen=Fen(platform),
        payable_fen=payable,
        commission_fen=commission,
    )


def capture_legs(method: str, parts: Sequence[Part]) -> list[Leg]:
    """Return the legs of a captured payment: from clearing and promotion to the escrow of each part."""
    discount = sum(part.discount_minor for part in parts)
    return [
        (f"clearing:{method}", discount - sum(part.minor for part in parts)),
        (PROMOTION_ACCOUNT, -discount),
        *((f"escrow:{part.name}", part.minor) for part in parts),
    ]


def release_legs(*, order_number: int, position: int, producer_number: int, share: SuborderShare) -> list[Leg]:
    """Return the legs of a release: from escrow to the producer and the commission."""
    return [
        (get_escrow_account(order_number, position), -(share.goods_left_fen + share.freight_fen)),
        (get_payable_account(producer_number), share.payable_fen),
        (COMMISSION_ACCOUNT, share.commission_fen),
        (get_freight_account(producer_number), share.freight_fen),
    ]


def refund_legs(*, order_number: int, position: int, producer_number: int, share: RefundShare) -> list[Leg]:
    """Return the legs from which a refund is paid; they sum to −`share.buyer_fen`.

    Before release the money comes from escrow, afterwards from the producer's accounts and the commission.
    """
    if share.payable_fen is None or share.commission_fen is None:
        sources = [(get_escrow_account(order_number, position), -(share.goods_fen + share.freight_fen))]
    else:
        sources = [
            (get_payable_account(producer_number), -share.payable_fen),
            (COMMISSION_ACCOUNT, -share.commission_fen),
            (get_freight_account(producer_number), -share.freight_fen),
        ]
    return [leg for leg in [*sources, (PROMOTION_ACCOUNT, share.platform_fen)] if leg[1]]


def divide_legs(legs: Sequence[Leg], amounts: Sequence[int]) -> list[list[Leg]]:
    """Divide the legs of a refund among payments that give back `amounts`, in order; each list sums to −its amount.

    What goes to `promotion` is part of the first that gives something back.
    """
    returned = [leg for leg in legs if leg[1] > 0]
    sources = [(account, -fen) for account, fen in legs if fen < 0]
    divided: list[list[Leg]] = []
    for amount in amounts:
        taken: list[Leg] = []
        if amount:
            taken, returned = returned, []
        needed = amount + sum(fen for _, fen in taken)
        rest: list[Leg] = []
        for account, fen in sources:
            part = min(fen, needed)
            needed -= part
            taken += [(account, -part)] if part else []
            rest += [(account, fen - part)] if fen > part else []
        sources = rest
        divided.append(taken)
    return divided


async def release_escrow(conn: Connection, suborder: LockedSuborder, *, now: datetime) -> Fen:
    """Book a suborder's escrow as owed to its producer, once; return the amount that the producer gets.

    While a dispute over the order is open nothing is released and 0 is returned; the end of the dispute releases it
    (`market/sales/orders/money/payment_problems.py`).

    The share is recorded on the suborder for later refunds. The caller has locked the order and moved the suborder to
    its final state.
    """
    if await has_open_dispute(conn, get_order_ref(suborder.number)):
        return Fen(0)
    balance = await get_balance(conn, get_escrow_account(suborder.number, suborder.position))
    goods = min(suborder.goods_left_fen, balance)
    share = compute_share(goods_left_fen=goods, freight_fen=balance - goods, commission_bp=suborder.commission_bp)
    await RECORD_RELEASE.run(
        conn,
        suborder_id=suborder.id,
        now=now,
        payable_fen=share.payable_fen,
        commission_fen=share.commission_fen,
    )
    if balance:
        await post(
            conn,
            key=f"released:{get_suborder_ref(suborder.number, suborder.position)}",
            kind="released",
            order=get_order_ref(suborder.number),
            legs=release_legs(
                order_number=suborder.number,
                position=suborder.position,
                producer_number=suborder.producer_number,
                share=share,
            ),
            at=now,
        )
    return share.due_fen
