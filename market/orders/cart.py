"""The cart: the lines and nights that a buyer intends to order; it reserves nothing.

A cart belongs to an account or, before signing in, to a device; the device's is merged into the account's at sign-in.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.identity.models import AccountId
from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.orders.checkout.order_request import is_bookable, merge_lines
from market.orders.models import (
    MAX_LINES,
    MAX_NIGHTS,
    MAX_QUANTITY,
    MAX_ROOMS,
    MAX_STAYS,
    InvalidNights,
    InvalidQuantity,
    Line,
    Nights,
    NotForSale,
    TooManyLines,
)
from payments.sql import run_in_pieces

DeviceId = NewType("DeviceId", UUID)
"""A device with a cart: the hash of the random token in its cookie."""
type CartOwner = AccountId | DeviceId
DEVICE_CART_LIFETIME = timedelta(days=30)


class CartSize(Struct, frozen=True):
    """How many lines and stays a cart contains."""

    lines: int
    stays: int


class CartChange(CartSize, frozen=True):
    """How many of the requested rows were written, and how many the cart contains now."""

    written: int


# One statement for all rows: removes, inserts and counts. The rows that it removes are none of those that it inserts.
# Unknown variants are not inserted, so that fewer are written.
PUT_LINES = Query(
    CartChange,
    """
    WITH removed AS (
        DELETE FROM cart_lines
         WHERE owner_id = :owner_id
           AND CASE WHEN :whole THEN variant_id <> ALL(:variant_ids::uuid[])
                    ELSE variant_id = ANY(:removed_ids::uuid[]) END
        RETURNING variant_id
    ), put AS (
        INSERT INTO cart_lines (owner_id, variant_id, quantity, slot_id, added_at)
        SELECT :owner_id, variants.id, quantity, slots.id, :now
          FROM unnest(:variant_ids::uuid[], :quantities::integer[], :slot_ids::uuid[])
               AS request (variant_id, quantity, slot_id)
          JOIN variants ON variants.id = request.variant_id
          JOIN listings ON listings.id = listing_id AND listings.kind <> 'stay'
          LEFT JOIN slots ON slots.id = request.slot_id AND slots.listing_id = variants.listing_id
            ON CONFLICT (owner_id, variant_id) DO UPDATE
               SET quantity = excluded.quantity, slot_id = coalesce(excluded.slot_id, cart_lines.slot_id)
        RETURNING variant_id
    )
    SELECT written::integer,
           (written + (SELECT count(*) FROM cart_lines
                        WHERE owner_id = :owner_id AND variant_id NOT IN (SELECT variant_id FROM removed)
                          AND variant_id NOT IN (SELECT variant_id FROM put)))::integer AS lines,
           (SELECT count(*) FROM cart_nights WHERE owner_id = :owner_id)::integer AS stays
      FROM (SELECT count(*) AS written FROM put) AS counted
    """,
)
PUT_NIGHTS = Query(
    CartChange,
    """
    WITH removed AS (
        DELETE FROM cart_nights
         WHERE owner_id = :owner_id
           AND CASE WHEN :whole THEN listing_id <> ALL(:listing_ids::uuid[])
                    ELSE listing_id = ANY(:removed_ids::uuid[]) END
        RETURNING listing_id
    ), put AS (
        INSERT INTO cart_nights (owner_id, listing_id, nights, rooms, added_at)
        SELECT :owner_id, listings.id, daterange(arrive, leave), rooms, :now
          FROM unnest(:listing_ids::uuid[], :arrives::date[], :leaves::date[], :rooms::smallint[])
               AS request (listing_id, arrive, leave, rooms)
          JOIN listings ON listings.id = request.listing_id AND listings.kind = 'stay'
            ON CONFLICT (owner_id, listing_id) DO UPDATE SET nights = excluded.nights, rooms = excluded.rooms
        RETURNING listing_id
    )
    SELECT written::integer,
           (SELECT count(*) FROM cart_lines WHERE owner_id = :owner_id)::integer AS lines,
           (written + (SELECT count(*) FROM cart_nights
                        WHERE owner_id = :owner_id AND listing_id NOT IN (SELECT listing_id FROM removed)
                          AND listing_id NOT IN (SELECT listing_id FROM put)))::integer AS stays
      FROM (SELECT count(*) AS written FROM put) AS counted
    """,
)
COUNT_CART = Query(
    CartSize,
    """
    SELECT (SELECT count(*) FROM cart_lines WHERE owner_id = :owner_id) AS lines,
           (SELECT count(*) FROM cart_nights WHERE owner_id = :owner_id) AS stays
    """,
)
# The account's and the device's quantities together, as far as the lot has units; lines beyond the limit are dropped.
MERGE_LINES = Query(
    None,
    """
    WITH moved AS (DELETE FROM cart_lines WHERE owner_id = :device_id
                   RETURNING variant_id, quantity, slot_id, added_at),
         wanted AS (
        SELECT moved.variant_id, moved.slot_id, moved.added_at,
               moved.quantity + coalesce(present.quantity, 0) AS quantity,
               least(:max_quantity::integer, lots.available_units / variants.lot_units_per_item) AS available
          FROM moved
          JOIN variants ON variants.id = moved.variant_id
          LEFT JOIN lots ON lots.id = variants.lot_id
          LEFT JOIN cart_lines AS present
                 ON present.owner_id = :account_id AND present.variant_id = moved.variant_id
         ORDER BY present.variant_id IS NULL, moved.added_at DESC
         LIMIT greatest(0, :max_lines::integer
                           - (SELECT count(*) FROM cart_lines WHERE owner_id = :account_id
                               AND variant_id NOT IN (SELECT variant_id FROM moved))))
    INSERT INTO cart_lines (owner_id, variant_id, quantity, slot_id, added_at)
    SELECT :account_id, variant_id, greatest(1, least(quantity, available)), slot_id, added_at FROM wanted
        ON CONFLICT (owner_id, variant_id) DO UPDATE
           SET quantity = excluded.quantity, slot_id = coalesce(excluded.slot_id, cart_lines.slot_id)
    """,
)
MERGE_NIGHTS = Query(
    None,
    """
    WITH moved AS (DELETE FROM cart_nights WHERE owner_id = :device_id RETURNING listing_id, nights, rooms, added_at)
    INSERT INTO cart_nights (owner_id, listing_id, nights, rooms, added_at)
    SELECT :account_id, listing_id, nights, rooms, added_at
      FROM moved
     ORDER BY added_at DESC
     LIMIT greatest(0, :max_stays::integer
                       - (SELECT count(*) FROM cart_nights WHERE owner_id = :account_id
                           AND listing_id NOT IN (SELECT listing_id FROM moved)))
        ON CONFLICT (owner_id, listing_id) DO UPDATE SET nights = excluded.nights, rooms = excluded.rooms
    """,
)
DELETE_OLD_LINES = Query(
    None,
    """
    DELETE FROM cart_lines
     WHERE (owner_id, variant_id) IN (
           SELECT owner_id, variant_id FROM cart_lines
            WHERE added_at < :before AND NOT EXISTS (SELECT FROM accounts WHERE accounts.id = owner_id)
            LIMIT :piece::integer)
    """,
)
DELETE_OLD_NIGHTS = Query(
    None,
    """
    DELETE FROM cart_nights
     WHERE (owner_id, listing_id) IN (
           SELECT owner_id, listing_id FROM cart_nights
            WHERE added_at < :before AND NOT EXISTS (SELECT FROM accounts WHERE accounts.id = owner_id)
            LIMIT :piece::integer)
    """,
)


def identify_device(token: str) -> DeviceId:
    """Return the owner of a device's cart; the token itself is not stored."""
    return DeviceId(UUID(bytes=hashlib.sha256(b"cart " + token.encode()).digest()[:16]))


async def put_lines(
    conn: Connection, owner: CartOwner, lines: Sequence[Line], *, whole: bool = False, now: datetime
) -> CartSize:
    """Set the quantities of some variants in the cart, and return its size; 0 removes one.

    With `whole`, all other lines are removed.

    Idempotent. The cart has one slot of an activity: another one replaces it, and a line without a slot keeps it. The
    cart shows availability, but only placing the order checks it.

    Raises:
        TooManyLines: the cart would contain more lines than one order allows.
        InvalidQuantity: a quantity is negative or too large.
        NotForSale: a variant does not exist.
    """
    if len(lines) > MAX_LINES:
        raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
    faults = tuple(
        FieldFault(f"lines[{index}].quantity", f"写 1 到 {MAX_QUANTITY}，0 是不要了")
        for index, line in enumerate(lines)
        if not 0 <= line.quantity <= MAX_QUANTITY
    )
    if faults:
        raise InvalidQuantity(max_quantity=MAX_QUANTITY, errors=faults)
    merged = list({line.variant_id: line for _, line in merge_lines(lines)}.values())
    nonzero = [line for line in merged if line.quantity]
    if any(line.quantity > MAX_QUANTITY for line in nonzero):
        raise InvalidQuantity(max_quantity=MAX_QUANTITY)
    await lock_quota(conn, "cart", owner)
    change = await PUT_LINES.one(
        conn,
        owner_id=owner,
        whole=whole,
        removed_ids=[line.variant_id for line in merged if not line.quantity],
        variant_ids=[line.variant_id for line in nonzero],
        quantities=[line.quantity for line in nonzero],
        slot_ids=[line.slot_id for line in nonzero],
        now=now,
    )
    if change.written != len(nonzero):
        raise NotForSale(title="", errors=(FieldFault("lines", "有一种商品不存在"),))
    return _require_cart_size(change)


async def put_nights(
    conn: Connection, owner: CartOwner, nights: Sequence[Nights], *, whole: bool = False, now: datetime
) -> CartSize:
    """Set the nights of some stays in the cart, and return its size; 0 rooms remove one.

    With `whole`, all other stays are removed.

    Raises:
        TooManyLines: the cart would contain more stays than one order allows.
        InvalidNights: a range cannot be booked, or a stay is listed twice.
        NotForSale: a stay does not exist.
    """
    if len(nights) > MAX_STAYS:
        raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
    listing_ids = [each.listing_id for each in nights]
    faults = tuple(
        FieldFault(f"nights[{index}]", "日期或间数不对")
        for index, each in enumerate(nights)
        if (each.rooms and not is_bookable(each, get_business_day(now))) or listing_ids.index(each.listing_id) != index
    )
    if faults:
        raise InvalidNights(max_nights=MAX_NIGHTS, max_rooms=MAX_ROOMS, errors=faults)
    nonzero = [each for each in nights if each.rooms]
    await lock_quota(conn, "cart", owner)
    change = await PUT_NIGHTS.one(
        conn,
        owner_id=owner,
        whole=whole,
        removed_ids=[each.listing_id for each in nights if not each.rooms],
        listing_ids=[each.listing_id for each in nonzero],
        arrives=[each.arrive_on for each in nonzero],
        leaves=[each.leave_on for each in nonzero],
        rooms=[each.rooms for each in nonzero],
        now=now,
    )
    if change.written != len(nonzero):
        raise NotForSale(title="", errors=(FieldFault("nights", "有一处住宿不存在"),))
    return _require_cart_size(change)


def _require_cart_size(size: CartSize) -> CartSize:
    if size.lines > MAX_LINES or size.stays > MAX_STAYS:
        raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
    return size


async def count_cart(conn: Connection, owner: CartOwner) -> int:
    """Return how many lines and stays the cart contains."""
    size = await COUNT_CART.one(conn, owner_id=owner)
    return size.lines + size.stays


async def merge_device_cart(conn: Connection, device_id: DeviceId, account_id: AccountId) -> None:
    """Move a device's cart into an account's; quantities of one variant are added, as far as they can be bought.

    Nights of a stay replace those of the account. What one order does not allow is dropped, the oldest first.
    """
    await lock_quota(conn, "cart", account_id)
    await MERGE_LINES.run(
        conn, device_id=device_id, account_id=account_id, max_lines=MAX_LINES, max_quantity=MAX_QUANTITY
    )
    await MERGE_NIGHTS.run(conn, device_id=device_id, account_id=account_id, max_stays=MAX_STAYS)


async def delete_old_device_lines(db: Database, before: datetime) -> int:
    """Delete the lines that devices put into their carts before a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD_LINES, before=before)


async def delete_old_device_nights(db: Database, before: datetime) -> int:
    """Delete the stays that devices put into their carts before a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD_NIGHTS, before=before)
