"""The cart: the lines and nights that a buyer intends to order; it reserves nothing.

A cart belongs to an account or, before signing in, to a device; the device's is merged into the account's at sign-in.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.people.identity.models import AccountId
from market.sales.orders.checkout.order_request import is_bookable, merge_lines
from market.sales.orders.models import (
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


class CartContents(Struct, frozen=True):
    """The lines and nights of a cart, in the sequence in which they were put there."""

    lines: list[Line]
    nights: list[Nights]


class _CartChange(Struct, frozen=True):
    """Why nothing was written: `line`, `stay` or `size`; else what the cart contains now."""

    obstacle: str | None
    lines: list[Line] | None
    nights: list[Nights] | None


PUT_CART_ROWS = Query(
    _CartChange,
    """
    SELECT obstacle, lines, nights
      FROM put_cart_rows(:owner_id, :whole, :variant_ids, :quantities, :slot_ids, :listing_ids, :arrivals, :departures,
                         :room_counts, :max_lines, :max_stays, :now)
    """,
)
GET_CART_CONTENTS = Query(CartContents, "SELECT lines, nights FROM get_cart_contents(:owner_id)")
COUNT_CART = Query(
    int,
    """
    SELECT (SELECT count(*) FROM cart_lines WHERE owner_id = :owner_id)
           + (SELECT count(*) FROM cart_nights WHERE owner_id = :owner_id)
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


async def put_cart(
    conn: Connection,
    owner: CartOwner,
    *,
    lines: Sequence[Line] | None = None,
    nights: Sequence[Nights] | None = None,
    whole: bool = False,
    now: datetime,
) -> CartContents:
    """Set quantities of variants and rooms of stays in the cart, and return its contents; 0 removes one.

    With `whole`, all others are removed, unless `lines` or `nights` is None.

    Idempotent, and one statement, which needs no transaction. The cart has one slot of an activity: another one
    replaces it, and a line without a slot keeps it. The cart shows availability, but only placing the order checks it.

    Raises:
        TooManyLines: the cart would contain more lines or stays than one order allows.
        InvalidQuantity: a quantity is negative or too large.
        InvalidNights: a range cannot be booked, or a stay is listed twice.
        NotForSale: a variant or a stay does not exist.
    """
    if len(lines or ()) > MAX_LINES or len(nights or ()) > MAX_STAYS:
        raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
    if not whole:
        lines, nights = lines or None, nights or None
    merged = None if lines is None else _merge_variants(lines)
    if nights is not None:
        _require_bookable(nights, get_business_day(now))
    change = await PUT_CART_ROWS.one(
        conn,
        owner_id=owner,
        whole=whole,
        variant_ids=None if merged is None else [line.variant_id for line in merged],
        quantities=None if merged is None else [line.quantity for line in merged],
        slot_ids=None if merged is None else [line.slot_id for line in merged],
        listing_ids=None if nights is None else [each.listing_id for each in nights],
        arrivals=None if nights is None else [each.arrive_on for each in nights],
        departures=None if nights is None else [each.leave_on for each in nights],
        room_counts=None if nights is None else [each.rooms for each in nights],
        max_lines=MAX_LINES,
        max_stays=MAX_STAYS,
        now=now,
    )
    match change.obstacle:
        case "size":
            raise TooManyLines(max_lines=MAX_LINES, max_stays=MAX_STAYS)
        case "line":
            raise NotForSale(title="", errors=(FieldFault("lines", "有一种商品不存在"),))
        case "stay":
            raise NotForSale(title="", errors=(FieldFault("nights", "有一处住宿不存在"),))
        case _:
            return CartContents(change.lines or [], change.nights or [])


def _merge_variants(lines: Sequence[Line]) -> list[Line]:
    """Return one line for each variant.

    Raises:
        InvalidQuantity: a quantity is negative or too large.
    """
    faults = tuple(
        FieldFault(f"lines[{index}].quantity", f"写 1 到 {MAX_QUANTITY}，0 是不要了")
        for index, line in enumerate(lines)
        if not 0 <= line.quantity <= MAX_QUANTITY
    )
    if faults:
        raise InvalidQuantity(max_quantity=MAX_QUANTITY, errors=faults)
    merged = list({line.variant_id: line for _, line in merge_lines(lines)}.values())
    if any(line.quantity > MAX_QUANTITY for line in merged):
        raise InvalidQuantity(max_quantity=MAX_QUANTITY)
    return merged


def _require_bookable(nights: Sequence[Nights], day: date) -> None:
    """Require ranges of nights that can be booked, each of another stay.

    Raises:
        InvalidNights: one cannot be booked, or a stay is listed twice.
    """
    listing_ids = [each.listing_id for each in nights]
    faults = tuple(
        FieldFault(f"nights[{index}]", "日期或间数不对")
        for index, each in enumerate(nights)
        if (each.rooms and not is_bookable(each, day)) or listing_ids.index(each.listing_id) != index
    )
    if faults:
        raise InvalidNights(max_nights=MAX_NIGHTS, max_rooms=MAX_ROOMS, errors=faults)


async def load_cart_contents(conn: Connection, owner: CartOwner) -> CartContents:
    """Return the lines and nights of the cart."""
    return await GET_CART_CONTENTS.one(conn, owner_id=owner)


async def count_cart(conn: Connection, owner: CartOwner) -> int:
    """Return how many lines and stays the cart contains."""
    return await COUNT_CART.one(conn, owner_id=owner)


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
