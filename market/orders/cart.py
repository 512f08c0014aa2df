"""Filling the cart: what a buyer means to order; nothing is held by it."""

from collections.abc import Sequence
from datetime import datetime

from market.identity import AccountId
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import day_of
from market.orders.models import (
    MOST_LINES,
    MOST_NIGHTS,
    MOST_QUANTITY,
    MOST_ROOMS,
    MOST_STAYS,
    Line,
    Nights,
    NightsWrong,
    NotForSale,
    QuantityWrong,
    TooMuchAsked,
)
from market.orders.rules import merge
from market.orders.wish import is_bookable

# Rows are put in one statement; a variant that is unknown is left out, which the count shows.
PUT_LINES = Query(
    int,
    """
    WITH put AS (
        INSERT INTO cart_lines (account_id, variant_id, quantity, put_at)
        SELECT :account_id, variants.id, quantity, :now
          FROM unnest(:variant_ids::uuid[], :quantities::integer[]) AS given (variant_id, quantity)
          JOIN variants ON variants.id = given.variant_id
          JOIN listings ON listings.id = listing_id AND listings.kind <> 'stay'
            ON CONFLICT (account_id, variant_id) DO UPDATE SET quantity = excluded.quantity
        RETURNING 1
    )
    SELECT count(*)::integer FROM put
    """,
)
DROP_LINES = Query(
    None, "DELETE FROM cart_lines WHERE account_id = :account_id AND variant_id = ANY(:variant_ids::uuid[])"
)
DROP_OTHER_LINES = Query(
    None, "DELETE FROM cart_lines WHERE account_id = :account_id AND variant_id <> ALL(:variant_ids::uuid[])"
)
PUT_NIGHTS = Query(
    int,
    """
    WITH put AS (
        INSERT INTO cart_nights (account_id, listing_id, nights, rooms, put_at)
        SELECT :account_id, listings.id, daterange(arrive, leave), rooms, :now
          FROM unnest(:listing_ids::uuid[], :arrives::date[], :leaves::date[], :rooms::smallint[])
               AS given (listing_id, arrive, leave, rooms)
          JOIN listings ON listings.id = given.listing_id AND listings.kind = 'stay'
            ON CONFLICT (account_id, listing_id) DO UPDATE SET nights = excluded.nights, rooms = excluded.rooms
        RETURNING 1
    )
    SELECT count(*)::integer FROM put
    """,
)
DROP_NIGHTS = Query(
    None, "DELETE FROM cart_nights WHERE account_id = :account_id AND listing_id = ANY(:listing_ids::uuid[])"
)
DROP_OTHER_NIGHTS = Query(
    None, "DELETE FROM cart_nights WHERE account_id = :account_id AND listing_id <> ALL(:listing_ids::uuid[])"
)
COUNT_CART = Query(
    int,
    """
    SELECT (SELECT count(*) FROM cart_lines WHERE account_id = :account_id)
         + (SELECT count(*) FROM cart_nights WHERE account_id = :account_id)
    """,
)


async def put_lines(
    conn: Connection, account_id: AccountId, lines: Sequence[Line], *, whole: bool = False, now: datetime
) -> None:
    """Set the quantities of some variants in the cart; 0 takes one out. With `whole` these are all that stays.

    Repeating changes nothing. What is left is looked at when the cart is shown, and decided when the order is placed.

    Raises:
        TooMuchAsked: the cart would hold more lines than one order takes.
        QuantityWrong: a quantity is negative or too large.
        NotForSale: there is no such variant.
    """
    if len(lines) > MOST_LINES:
        raise TooMuchAsked(lines=MOST_LINES, stays=MOST_STAYS)
    wrong = tuple(
        FieldFault(f"lines[{place}].quantity", f"要在 0 到 {MOST_QUANTITY} 之间")
        for place, line in enumerate(lines)
        if not 0 <= line.quantity <= MOST_QUANTITY
    )
    if wrong:
        raise QuantityWrong(most=MOST_QUANTITY, errors=wrong)
    wanted = [line for _, line in merge(lines)]
    kept = [line for line in wanted if line.quantity]
    if any(line.quantity > MOST_QUANTITY for line in kept):
        raise QuantityWrong(most=MOST_QUANTITY)
    if whole:
        await DROP_OTHER_LINES.run(conn, account_id=account_id, variant_ids=[line.variant_id for line in kept])
    else:
        gone = [line.variant_id for line in wanted if not line.quantity]
        await DROP_LINES.run(conn, account_id=account_id, variant_ids=gone)
    put = await PUT_LINES.one(
        conn,
        account_id=account_id,
        variant_ids=[line.variant_id for line in kept],
        quantities=[line.quantity for line in kept],
        now=now,
    )
    if put != len(kept):
        raise NotForSale(title="", errors=(FieldFault("lines", "有一种商品不存在"),))
    await _check_room(conn, account_id)


async def put_nights(
    conn: Connection, account_id: AccountId, nights: Sequence[Nights], *, whole: bool = False, now: datetime
) -> None:
    """Set the nights wanted of some stays in the cart; 0 rooms take one out. With `whole` these are all that stays.

    Raises:
        TooMuchAsked: the cart would hold more stays than one order takes.
        NightsWrong: a range cannot be booked, or a stay is named twice.
        NotForSale: there is no such stay.
    """
    if len(nights) > MOST_STAYS:
        raise TooMuchAsked(lines=MOST_LINES, stays=MOST_STAYS)
    named = [each.listing_id for each in nights]
    wrong = tuple(
        FieldFault(f"nights[{place}]", "日期或间数不对")
        for place, each in enumerate(nights)
        if (each.rooms and not is_bookable(each, day_of(now))) or named.index(each.listing_id) != place
    )
    if wrong:
        raise NightsWrong(most=MOST_NIGHTS, rooms=MOST_ROOMS, errors=wrong)
    kept = [each for each in nights if each.rooms]
    if whole:
        await DROP_OTHER_NIGHTS.run(conn, account_id=account_id, listing_ids=[each.listing_id for each in kept])
    else:
        gone = [each.listing_id for each in nights if not each.rooms]
        await DROP_NIGHTS.run(conn, account_id=account_id, listing_ids=gone)
    put = await PUT_NIGHTS.one(
        conn,
        account_id=account_id,
        listing_ids=[each.listing_id for each in kept],
        arrives=[each.arrive_on for each in kept],
        leaves=[each.leave_on for each in kept],
        rooms=[each.rooms for each in kept],
        now=now,
    )
    if put != len(kept):
        raise NotForSale(title="", errors=(FieldFault("nights", "有一处住宿不存在"),))
    await _check_room(conn, account_id)


async def _check_room(conn: Connection, account_id: AccountId) -> None:
    if await COUNT_CART.one(conn, account_id=account_id) > MOST_LINES:
        raise TooMuchAsked(lines=MOST_LINES, stays=MOST_STAYS)


async def count_cart(conn: Connection, account_id: AccountId) -> int:
    """Return how many lines and stays the cart holds, for the number beside its picture."""
    return await COUNT_CART.one(conn, account_id=account_id)
