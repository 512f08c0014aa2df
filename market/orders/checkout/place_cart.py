"""Place the whole cart."""

from datetime import datetime

from market.coupons.models import VoucherId
from market.identity.models import AccountId
from market.kernel import Database
from market.orders.address import Destination
from market.orders.cart_view import load_cart_contents
from market.orders.checkout.batcher import Batcher
from market.orders.checkout.order_request import Companion
from market.orders.checkout.place import find_placed_order, hash_request, place
from market.orders.models import PlacedOrder
from market.pickup_points.models import PickupPointId
from market.settings import DEFAULT_PAY_MINUTES


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
    placed = await find_placed_order(db, buyer, key, fingerprint)
    if placed is not None:
        return placed
    async with db.connection() as conn:
        lines, nights = await load_cart_contents(conn, buyer)
    return await place(
        batcher,
        buyer,
        lines,
        nights=nights,
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
