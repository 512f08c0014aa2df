"""Place the whole cart."""

from datetime import datetime

from msgspec import Struct

from market.kernel import Database, Query
from market.kernel.settings import DEFAULT_PAY_MINUTES
from market.people.identity.models import AccountId
from market.sales.coupons.models import VoucherId
from market.sales.orders.address import Destination
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import Companion
from market.sales.orders.checkout.place import hash_request, place, repeat_placed_order
from market.sales.orders.models import Line, Nights, PlacedOrder
from market.sales.pickup_points.models import PickupPointId


class KeyAndCart(Struct, frozen=True):
    """Whether an order was placed with a key before, and what the cart contains."""

    placed: bool
    lines: list[Line]
    nights: list[Nights]


FIND_KEY_AND_CART = Query(
    KeyAndCart,
    """
    SELECT EXISTS (SELECT FROM orders WHERE buyer_id = :buyer_id AND key = :key) AS placed, lines, nights
      FROM get_cart_contents(:buyer_id)
    """,
)


async def place_cart(
    db: Database,
    batcher: Batcher,
    buyer: AccountId,
    *,
    address: Destination,
    key: str,
    fingerprint: bytes | None = None,
    total_fen: int | None = None,
    cancel_terms: str | None = None,
    voucher_id: VoucherId | None = None,
    pickup_point_id: PickupPointId | None = None,
    companion: Companion | None = None,
    now: datetime,
    pay_minutes: int = DEFAULT_PAY_MINUTES,
) -> PlacedOrder:
    """Place the whole cart; the placed lines are removed from it in the same transaction.

    Idempotent by buyer and `key`: a repeated request returns the same order, although the cart is empty by then.
    `fingerprint` distinguishes requests under one key and defaults to a hash of the address, the voucher and the
    pickup point. See `place` for `companion`.

    Raises:
        IdempotencyKeyReused: the key was used for another order.
        EmptyOrder: the cart is empty.
        Other refusals: see `place`.
    """
    fingerprint = fingerprint or hash_request(
        b"cart" + address.region_code.encode() + address.digest, voucher_id, pickup_point_id
    )
    async with db.connection() as conn:
        found = await FIND_KEY_AND_CART.one(conn, buyer_id=buyer, key=key)
        if found.placed:
            return await repeat_placed_order(conn, buyer, key, fingerprint)
    return await place(
        batcher,
        buyer,
        found.lines,
        nights=found.nights,
        address=address,
        key=key,
        now=now,
        pay_minutes=pay_minutes,
        total_fen=total_fen,
        cancel_terms=cancel_terms,
        fingerprint=fingerprint,
        from_cart=True,
        voucher_id=voucher_id,
        pickup_point_id=pickup_point_id,
        companion=companion,
    )
