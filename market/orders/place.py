"""Placing an order: one wish among the many of a batch."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from market.identity import AccountId
from market.kernel.clock import day_of
from market.orders.address import Destination
from market.orders.batcher import Batcher
from market.orders.models import Line, Nights, Placed
from market.orders.rules import merge
from market.orders.wish import Wish, check_wish

PAY_MINUTES = 30
"""How long an order keeps its goods unless the caller says otherwise."""
NOWHERE = Destination("130000", b"", b"")
"""Where nothing is sent and nobody is named: for orders in tests and benchmarks."""


async def place(
    batcher: Batcher,
    buyer: AccountId,
    lines: Sequence[Line] = (),
    *,
    nights: Sequence[Nights] = (),
    address: Destination = NOWHERE,
    key: str | None = None,
    now: datetime | None = None,
    pay_minutes: int = PAY_MINUTES,
    total_fen: int | None = None,
    fingerprint: bytes | None = None,
    from_cart: bool = False,
) -> Placed:
    """Place one order, wholly or not at all; it is committed when this returns.

    Prices, freight and commission are those of the database at this moment; `total_fen` is what the buyer saw, where
    that is known. Idempotent by buyer and `key`: the same wish again answers with the same order. `fingerprint` tells
    one wish from another under a key; by default it is made of the lines, the nights and the address. The goods are
    kept for `pay_minutes`. `from_cart` takes what was placed out of the buyer's cart in the same transaction.

    Raises:
        NothingAsked, TooMuchAsked: there is nothing in it, or more than one order takes.
        QuantityWrong, NightsWrong: a quantity, or a range of nights, is not one that can be ordered.
        NotForSale, ShopClosed, NotShippedThere: a thing, its producer, or the way to the buyer is closed.
        SoldOut, WaitingForPayment: too little is left; the second where some may come free again.
        NightsTaken, NightsHeld: too few rooms are free; the second where some may come free again.
        TotalChanged: it comes to something else than the buyer saw.
        TooManyWaiting: the buyer holds too many unpaid orders.
        OtherOrderUnderKey: the key was used for another order.
        Busy: no connection came free in time.
    """
    moment = now or datetime.now(UTC)
    check_wish(lines, nights, day=day_of(moment))
    if fingerprint is None:
        plain = msgspec.json.encode([lines, nights, address.region_code])
        fingerprint = hashlib.sha256(plain + address.digest).digest()
    return await batcher.place(
        Wish(
            buyer,
            tuple(merge(lines)),
            tuple(nights),
            address,
            key or str(uuid.uuid4()),
            fingerprint,
            moment,
            pay_minutes,
            total_fen,
            from_cart,
        )
    )
