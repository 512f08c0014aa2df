"""Place an order, idempotently by the buyer's key."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from market.kernel import Connection, Database, Query
from market.kernel.clock import get_business_day
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.settings import DEFAULT_PAY_MINUTES
from market.people.identity.models import AccountId
from market.sales.coupons.models import VoucherId
from market.sales.orders.address import Destination
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import Companion, OrderRequest, check_request, merge_lines
from market.sales.orders.checkout.packages import PackageChoice
from market.sales.orders.models import Line, Nights, PlacedOrder
from market.sales.pickup_points.models import PickupPointId

TOUCH_PLACED_ORDER = Query(
    PlacedOrder,
    """
    UPDATE orders SET key = key WHERE buyer_id = :buyer_id AND key = :key AND fingerprint = :fingerprint
    RETURNING id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until
    """,
)
FIND_KEY = Query(bool, "SELECT EXISTS (SELECT FROM orders WHERE buyer_id = :buyer_id AND key = :key)")


async def place(
    batcher: Batcher,
    buyer: AccountId,
    lines: Sequence[Line] = (),
    *,
    nights: Sequence[Nights] = (),
    address: Destination,
    key: str | None = None,
    now: datetime | None = None,
    pay_minutes: int = DEFAULT_PAY_MINUTES,
    total_fen: int | None = None,
    cancel_terms: str | None = None,
    fingerprint: bytes | None = None,
    from_cart: bool = False,
    voucher_id: VoucherId | None = None,
    pickup_point_id: PickupPointId | None = None,
    package: PackageChoice | None = None,
    companion: Companion | None = None,
) -> PlacedOrder:
    """Place one order, in full or not at all; it is committed when this returns.

    Prices and commission are the current ones; `total_fen` and `cancel_terms` are what the buyer saw, if known.
    Idempotent by buyer and `key`, of at most 200 characters; `fingerprint` distinguishes requests with one key and
    defaults to a hash of what is ordered and the address. The goods are reserved for `pay_minutes`, unless a county of
    the order has set its own. In the same transaction the placed lines leave the cart (`from_cart`), the voucher is
    used, and the `companion` stores what another package keeps of the order. Parcels are picked up at
    `pickup_point_id`, to which the address is (`address_to_point`). The parts of a `package` cost their shares of it.

    Raises:
        EmptyOrder, TooManyLines, InvalidQuantity, InvalidNights: see `check_request`.
        NotForSale, ShopClosed, RegionNotServed: it is not on sale, or its producer is closed or does not ship there.
        SoldOut, WaitingForPayment: too few units are available; the second if unpaid orders may free some.
        NightsTaken, NightsReserved, StayTooShort: too few rooms are free, or may become so; the stay is too short.
        SlotNeeded, SlotStarted, SlotClosed, PartyTooLarge, SlotFull, SlotReserved: no such slot is open with places.
        InvalidAddress, SlotNotOffered: goods need a street, or have no slot.
        VoucherUnknown, a refusal of `find_voucher_fault`, PackageNotOnSale, PickupPointUnavailable: see there.
        TotalChanged, CancelTermsChanged, TooManyUnpaidOrders, or another limit of `outcomes.refuse`: see there.
        IdempotencyKeyReused, Busy: the key was used for another order; the queue is full, or no connection is free.
        NotSignedIn: the account was closed meanwhile.
    """
    placed_at = now or datetime.now(UTC)
    check_request(lines, nights, day=get_business_day(placed_at), package=package)
    if fingerprint is None:
        contents = msgspec.json.encode([lines, nights, address.region_code])
        fingerprint = hash_request(contents + address.digest, voucher_id, pickup_point_id)
    request = OrderRequest(
        buyer_id=buyer, lines=tuple(merge_lines(lines)), nights=tuple(nights), destination=address,
        key=key or str(uuid.uuid4()), fingerprint=fingerprint, now=placed_at, pay_minutes=pay_minutes,
        total_fen=total_fen, cancel_terms=cancel_terms, from_cart=from_cart, voucher_id=voucher_id,
        pickup_point_id=pickup_point_id, package=package, companion=companion,
    )  # fmt: skip
    return await batcher.place(request)


def hash_request(contents: bytes, *choices: UUID | None) -> bytes:
    """Return the fingerprint of a request: with another voucher or pickup point, or without, it is another request."""
    return hashlib.sha256(contents + b"".join(each.bytes if each else b"" for each in choices)).digest()


async def find_placed_order(db: Database, buyer: AccountId, key: str, fingerprint: bytes) -> PlacedOrder | None:
    """Return the order that was placed with a key before (`repeat_placed_order`), or None.

    Raises:
        IdempotencyKeyReused: the key was used for another order.
    """
    async with db.connection() as conn:
        if not await FIND_KEY.one(conn, buyer_id=buyer, key=key):
            return None
        return await repeat_placed_order(conn, buyer, key, fingerprint)


async def repeat_placed_order(conn: Connection, buyer: AccountId, key: str, fingerprint: bytes) -> PlacedOrder:
    """Return the order that was placed with a key before; it is written again, so that the standby has confirmed it.

    Raises:
        IdempotencyKeyReused: the key was used for another order.
    """
    placed = await TOUCH_PLACED_ORDER.maybe(conn, buyer_id=buyer, key=key, fingerprint=fingerprint)
    if placed is None:
        raise IdempotencyKeyReused
    return placed
