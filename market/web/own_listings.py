"""One thing that a farmer sells: how it stands, and taking it down or putting it up again."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue import Listing, Move, State, get_product, get_stay, listing_id_of, move_listing
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock
from market.web.cards import Number, Photo, address_of, count_word, photo_of, unit_words
from market.web.look.drawings import drawing_for
from market.web.look.format import yuan
from market.web.plumbing import fields, page, see_other

_STATE_WORDS = {State.LIVE: "在卖", State.WITHDRAWN: "下架了", State.SUSPENDED: "县里停了"}


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
    said = {
        "listed": ("ok", "上架了", "买的人现在就能看见。卖出去了，发短信告诉您。"),
        "withdrawn": ("ok", "下架了", "没有人能再买。已经付了钱的单子照常发。"),
        "relisted": ("ok", "又上架了", "买的人现在就能看见。"),
    }.get(str(request.query_params.get("said", "")))
    context = {"item": view, "notes": [said] if said else []}
    return page(request, "farm/listing.html", context, actor=actor)


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


ROUTES = [own_listing, move]
