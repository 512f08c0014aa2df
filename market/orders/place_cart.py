"""Placing what lies in the cart, which is empty afterwards."""

import hashlib
from datetime import datetime

from market.identity import AccountId
from market.kernel import Database, Query
from market.orders.address import Destination
from market.orders.batcher import Batcher
from market.orders.cart_view import cart_wishes
from market.orders.facts import STANDING
from market.orders.models import OtherOrderUnderKey, Placed
from market.orders.place import PAY_MINUTES, place

CONFIRM_ORDER = Query(None, "UPDATE orders SET key = key WHERE id = :order_id")


async def find_placed(db: Database, buyer: AccountId, key: str, fingerprint: bytes) -> Placed | None:
    """Return the order that was placed under a key before.

    The answer commits a write of its own, so that an order whose commit still waits for its standby is not told early.

    Raises:
        OtherOrderUnderKey: the key was used for another order.
    """
    async with db.transaction() as conn:
        standing = await STANDING.one(conn, buyers=[buyer], keys=[key])
        if standing.placed is None:
            return None
        if standing.fingerprint != fingerprint:
            raise OtherOrderUnderKey
        await CONFIRM_ORDER.run(conn, order_id=standing.placed.id)
        return standing.placed


async def place_cart(
    db: Database,
    batcher: Batcher,
    buyer: AccountId,
    *,
    address: Destination,
    key: str,
    fingerprint: bytes | None = None,
    total_fen: int | None = None,
    now: datetime,
    pay_minutes: int = PAY_MINUTES,
) -> Placed:
    """Place the whole cart under `key`; what was placed leaves the cart in the same transaction.

    Repeating answers with the same order, although the cart is empty by then. `fingerprint` tells one request from
    another under the key; by default it is the address alone.

    Raises:
        OtherOrderUnderKey and whatever `place` refuses; NothingAsked for an empty cart.
    """
    fingerprint = fingerprint or hashlib.sha256(b"cart" + address.region_code.encode() + address.digest).digest()
    known = await find_placed(db, buyer, key, fingerprint)
    if known is not None:
        return known
    async with db.connection() as conn:
        lines, nights = await cart_wishes(conn, buyer)
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
        fingerprint=fingerprint,
        from_cart=True,
    )
