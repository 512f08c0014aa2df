"""Pre-sale (预售): a product sold before its harvest, with a deposit, a balance and its days, and days of sending."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    MAX_PRICE_FEN,
    BadListing,
    ListingState,
    WrongListingState,
)
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MAX_PRESALE_AHEAD = timedelta(days=300)
"""How far ahead the balance may be due."""
MAX_WINDOW = timedelta(days=60)
"""For how long the balance is collected, and goods are sent; and how long after the last balance sending begins."""


class PresaleTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of a pre-sale: the deposit for one item, the days of the balance, and the days of sending."""

    deposit_fen: Fen
    balance_from: date
    balance_until: date
    send_from: date
    send_until: date


class _OwnProduct(Struct, frozen=True):
    state: ListingState
    lowest_fen: Fen


LOCK_OWN_PRODUCT = Query(
    _OwnProduct,
    """
    SELECT state, (SELECT min(price_fen) FROM variants WHERE listing_id = listings.id AND position IS NOT NULL)
                  AS lowest_fen
      FROM listings
     WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[]) AND kind = 'product'
       FOR NO KEY UPDATE
    """,
)
FIND_PRESALE = Query(
    PresaleTerms,
    """
    SELECT deposit_fen, balance_from, balance_until, send_from, send_until
      FROM presales WHERE listing_id = :listing_id
    """,
)
SET_PRESALE = Query(
    None,
    """
    INSERT INTO presales (listing_id, deposit_fen, balance_from, balance_until, send_from, send_until)
    VALUES (:listing_id, :deposit_fen, :balance_from, :balance_until, :send_from, :send_until)
    ON CONFLICT (listing_id) DO UPDATE
       SET deposit_fen = excluded.deposit_fen, balance_from = excluded.balance_from,
           balance_until = excluded.balance_until, send_from = excluded.send_from, send_until = excluded.send_until
    """,
)
DELETE_PRESALE = Query(None, "DELETE FROM presales WHERE listing_id = :listing_id")


async def find_presale(conn: Connection, listing_id: UUID) -> PresaleTerms | None:
    """Return the terms on which a product is sold before its harvest, or None."""
    return await FIND_PRESALE.maybe(conn, listing_id=listing_id)


async def set_presale(
    conn: Connection, actor: Actor, listing_id: UUID, terms: PresaleTerms, *, now: datetime
) -> PresaleTerms:
    """Sell the actor's product before its harvest, on these terms; orders that were placed keep theirs.

    Raises:
        NotFound: there is no such product, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        BadListing: terms are invalid; `errors` lists all of them.
    """
    product = await _lock_own_product(conn, actor, listing_id)
    if faults := list_presale_faults(terms, lowest=product.lowest_fen, day=get_business_day(now)):
        raise BadListing(errors=tuple(faults))
    await SET_PRESALE.run(
        conn, listing_id=listing_id, deposit_fen=terms.deposit_fen, balance_from=terms.balance_from,
        balance_until=terms.balance_until, send_from=terms.send_from, send_until=terms.send_until,
    )  # fmt: skip
    await _audit(conn, actor, listing_id, {"deposit_fen": terms.deposit_fen, "from": str(terms.balance_from)}, now=now)
    return terms


async def end_presale(conn: Connection, actor: Actor, listing_id: UUID, *, now: datetime) -> None:
    """Sell the actor's product as usual again; orders that were placed keep their terms. Repeating changes nothing.

    Raises:
        NotFound: there is no such product, or it belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    await _lock_own_product(conn, actor, listing_id)
    if await find_presale(conn, listing_id) is not None:
        await DELETE_PRESALE.run(conn, listing_id=listing_id)
        await _audit(conn, actor, listing_id, {"ended": True}, now=now)


def list_presale_faults(terms: PresaleTerms, *, lowest: Fen, day: date) -> list[FieldFault]:
    """Return why terms cannot be offered on `day` for a product whose cheapest pack costs `lowest`."""
    faults: list[FieldFault] = []
    if not 0 < terms.deposit_fen < min(lowest, MAX_PRICE_FEN):
        faults.append(FieldFault("deposit_fen", "订金要比一份的价钱少"))
    if not day < terms.balance_from <= day + MAX_PRESALE_AHEAD:
        faults.append(FieldFault("balance_from", f"尾款从明天起、{MAX_PRESALE_AHEAD.days} 天以内的一天开始收"))
    if not terms.balance_from <= terms.balance_until <= terms.balance_from + MAX_WINDOW:
        faults.append(FieldFault("balance_until", f"尾款收到哪天：不早于开始收的那天，最多收 {MAX_WINDOW.days} 天"))
    if not terms.balance_from <= terms.send_from <= terms.balance_until + MAX_WINDOW:
        faults.append(FieldFault("send_from", f"收尾款以后才能发货，最晚在尾款最后一天的 {MAX_WINDOW.days} 天以内"))
    if not max(terms.send_from, terms.balance_until) <= terms.send_until <= terms.send_from + MAX_WINDOW:
        faults.append(
            FieldFault("send_until", f"发完的那天不早于尾款的最后一天；从开始发算，最多 {MAX_WINDOW.days} 天")
        )
    return faults


async def _lock_own_product(conn: Connection, actor: Actor, listing_id: UUID) -> _OwnProduct:
    product = await LOCK_OWN_PRODUCT.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if product is None:
        raise NotFound
    if product.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[product.state])
    return product


async def _audit(conn: Connection, actor: Actor, listing_id: UUID, detail: dict[str, object], *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="listing.presale", object=f"listing:{listing_id}", detail=detail,
        now=now,
    )  # fmt: skip
