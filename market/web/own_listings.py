"""One thing that a farmer sells: how it stands, its price and what is left, taking it down, putting it up again."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue import (
    Kind,
    Listing,
    Move,
    OfferChange,
    OwnVariant,
    State,
    change_offer,
    get_product,
    get_stay,
    list_own_variants,
    listing_id_of,
    move_listing,
)
from market.catalogue.models import MOST_PRICE_FEN
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.stock import LessThanNothing, NothingToCount
from market.web.cards import Number, Photo, address_of, count_word, photo_of, read_number, unit_words
from market.web.forms import read_yuan
from market.web.look.drawings import drawing_for
from market.web.look.format import yuan
from market.web.once import once_form
from market.web.plumbing import fields, page, see_other

_STATE_WORDS = {State.LIVE: "在卖", State.WITHDRAWN: "下架了", State.SUSPENDED: "县里停了"}
_SAID = {
    "listed": ("ok", "上架了", "买的人现在就能看见。卖出去了，发短信告诉您。"),
    "withdrawn": ("ok", "下架了", "没有人能再买。已经付了钱的单子照常发。"),
    "relisted": ("ok", "又上架了", "买的人现在就能看见。"),
    "changed": ("ok", "改好了", "买的人现在就看见新的。下过的单子不变。"),
}
_SHORT = "刚有人下了单，能卖的不够减了。看看现在还有多少，再改一次"
_MOST_LEFT = 1_000_000
_LONGEST_KEY = 60


class View(Struct, frozen=True):
    """What the page says of it."""

    title: str
    line: str
    state: str
    symbol: str
    photo: Photo | None
    rows: list[tuple[str, str]]
    public: str
    action: str
    live: bool
    can_move: bool


class Facts(Struct, frozen=True):
    """A listing with its price and what is left."""

    listing: Listing
    price_fen: Fen
    unit: str
    left: str


async def _facts(conn: Connection, listing_id: UUID, actor: Actor, clock: Clock) -> Facts:
    own = tuple(actor.producers)
    try:
        product = await get_product(conn, listing_id, own=own, now=clock.now())
    except NotFound:
        stay = await get_stay(conn, listing_id, own=own, now=clock.now())
        return Facts(stay.listing, stay.price_fen, stay.unit, f"{len(stay.rooms)} 间")
    base = product.variants[0]
    left = f"{base.left} {count_word(base.unit)}" if base.left is not None else "不限"
    return Facts(product.listing, base.price_fen, base.unit, left)


class Size(Struct, frozen=True):
    """One size of the form: what was typed, or how it stands; `left` is empty where nothing is counted."""

    name: str
    price: str
    left: str
    seen: str
    counted: bool


def _sizes(variants: list[OwnVariant]) -> list[Size]:
    """Return the sizes as they stand; a lot that several draw on is counted by the first of them."""
    lots: set[UUID] = set()
    sizes: list[Size] = []
    for each in variants:
        counted = each.lot_id is not None and each.lot_id not in lots
        if each.lot_id is not None:
            lots.add(each.lot_id)
        left = str(each.left) if counted and each.left is not None else ""
        sizes.append(
            Size(each.label or unit_words(each.unit), yuan(each.price_fen).replace(",", ""), left, left, counted)
        )
    return sizes


async def _page(
    request: Request[Any, Any, Any], conn: Connection, actor: Actor, clock: Clock, number: int,
    *, typed: Mapping[str, str] | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    facts = await _facts(conn, await listing_id_of(conn, number), actor, clock)
    listing = facts.listing
    if listing.producer_id not in actor.producers:
        raise NotFound
    state = State(listing.state)
    view = View(
        title=listing.title,
        line=f"{listing.producer}，编号 {number}",
        state=_STATE_WORDS[state],
        symbol=drawing_for(listing.category, listing.title),
        photo=photo_of(listing.photo, listing.photo_kind, wide=listing.kind != "product"),
        rows=[
            ("一份", unit_words(facts.unit)),
            ("价钱", f"{yuan(facts.price_fen)} 元"),
            ("还有", facts.left),
            ("卖出", f"{listing.sold_count}"),
        ],
        public=address_of(listing.kind, number),
        action=f"/farm/listings/{number}",
        live=state is State.LIVE,
        can_move=state is not State.SUSPENDED,
    )
    sizes = _sizes(await list_own_variants(conn, actor, listing.id))
    if typed is not None:
        sizes = [
            structs.replace(size, price=typed.get(f"price-{place}", ""), left=typed.get(f"left-{place}", ""))
            for place, size in enumerate(sizes)
        ]
    said = _SAID.get(str(request.query_params.get("said", "")))
    context = {
        "item": view,
        "notes": [said] if said else [],
        "sizes": sizes,
        "counted": count_word(facts.unit),
        "night": listing.kind == Kind.STAY,
        "errors": errors,
        "key": secrets.token_urlsafe(18),
    }
    return page(request, "farm/listing.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}", include_in_schema=False)
async def own_listing(
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[bytes]:
    """Show a thing that the person sells.

    Raises:
        NotFound: it is none of the person's.
    """
    async with db.connection() as conn:
        return await _page(request, conn, actor, clock, number)


def _read_change(
    place: int, variant: OwnVariant, size: Size, typed: Mapping[str, str]
) -> OfferChange | list[FieldFault]:
    """Read what was typed for one size; how many are left is told by how it was shown when the form was opened."""
    faults: list[FieldFault] = []
    price = read_yuan(typed.get(f"price-{place}", ""))
    if price is None or not 0 < price <= MOST_PRICE_FEN:
        faults.append(FieldFault(f"price-{place}", "价钱没写对。写一个数，比如 39"))
    change = 0
    if size.counted:
        left = read_number(typed.get(f"left-{place}", ""), most=_MOST_LEFT)
        seen = read_number(typed.get(f"seen-{place}", ""), most=_MOST_LEFT)
        if left is None or seen is None:
            faults.append(FieldFault(f"left-{place}", "还有几份没写对。写一个数，比如 20；没有了写 0"))
        else:
            change = left - seen
    if faults or price is None:
        return faults
    return OfferChange(variant.id, Fen(price), change)


@post("/farm/listings/{number:int}/offer", include_in_schema=False)
async def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Set the price and count what is left; the same form sent twice counts once.

    Raises:
        NotFound: it is none of the person's, or suspended.
    """
    found = await fields(request)
    typed = {name: str(value) for name, value in found.items()}
    key = typed.get("key", "") or secrets.token_urlsafe(18)
    async with db.connection() as conn:
        listing_id = await listing_id_of(conn, number)
        variants = await list_own_variants(conn, actor, listing_id)
    read = [
        _read_change(place, variant, size, typed)
        for place, (variant, size) in enumerate(zip(variants, _sizes(variants), strict=True))
    ]
    errors = [fault for each in read if not isinstance(each, OfferChange) for fault in each]
    status = 422
    if not errors:
        changes = [each for each in read if isinstance(each, OfferChange)]

        async def work(conn: Connection) -> str:
            reference = f"form:{actor.account_id}:{key[:_LONGEST_KEY]}"
            await change_offer(conn, actor, listing_id, changes, reference=reference, now=clock.now())
            return f"/farm/listings/{number}?said=changed"

        try:
            return await once_form(request, actor, key, work)
        except (LessThanNothing, NothingToCount) as refusal:
            counted = next((place for place, size in enumerate(_sizes(variants)) if size.counted), 0)
            errors, status = [FieldFault(f"left-{counted}", _SHORT)], refusal.status
    async with db.connection() as conn:
        return await _page(request, conn, actor, clock, number, typed=typed, errors=errors, status=status)


@post("/farm/listings/{number:int}", include_in_schema=False)
async def move(
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Take a thing down, or put it up again.

    Raises:
        NotFound: it is none of the person's.
        NotNow: it does not stand where this can be done.
    """
    found = await fields(request)
    wanted = Move.RELIST if found.get("move") == Move.RELIST else Move.WITHDRAW
    async with db.transaction() as conn:
        await move_listing(conn, actor, await listing_id_of(conn, number), wanted, now=clock.now())
    return see_other(f"/farm/listings/{number}?said={'relisted' if wanted is Move.RELIST else 'withdrawn'}")


ROUTES = [own_listing, move, change]
