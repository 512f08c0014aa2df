"""A seller's own listing: its state, prices and stock, withdrawing and relisting it."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.detail import ListingDetail, ListingVariant, get_listing_id, get_product, get_stay
from market.catalogue.listings.edit import OwnVariant, VariantChange, change_variants, list_own_variants, move_listing
from market.catalogue.listings.models import (
    MAX_PRICE_FEN,
    MAX_QUANTITY,
    MIN_PRICE_FEN,
    ListingChanged,
    ListingKind,
    ListingMove,
    ListingState,
)
from market.catalogue.listings.tier_prices import (
    MAX_TIER_QUANTITY,
    MAX_TIERS,
    PriceTerms,
    TierPrice,
    list_price_term_faults,
)
from market.catalogue.listings.units import get_count_word
from market.catalogue.slots.list_slots import count_open_slots
from market.catalogue.slots.models import MAX_SLOTS_COUNTED
from market.catalogue.stock.models import InvalidStockChange, StockTooLow
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.packages.tell import tell_of_moved_listing
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_integer, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import (
    PhotoView,
    ShortNumber,
    format_unit,
    get_listing_path,
    make_photo_view,
)
from market.service.web.ui.format import yuan, yuan_input
from market.service.web.ui.illustrations import get_illustration

_STATE_WORDS = {ListingState.LIVE: "在卖", ListingState.WITHDRAWN: "下架了", ListingState.SUSPENDED: "县里停了"}
_NOTICES = {
    "listed": ("ok", "上架了", "买的人现在就能看见。卖出去了，发短信告诉您。"),
    "withdrawn": ("ok", "下架了", "没有人能再买。已经付了钱的单子照常发。"),
    "relisted": ("ok", "又上架了", "买的人现在就能看见。"),
    "edited": ("ok", "改好了", "买的人现在就看见新的。买过的人，单子上还是当时的名字。"),
    "repacked": ("ok", "装法换好了", "新单按新装法发。已经下的单，还按单子上写的发。"),
    "packed": ("ok", "多了一种装法", "买的人现在就能选。"),
    "unpacked": ("ok", "这一种不卖了", "已经下的单，还按单子上写的发。"),
    "changed": ("ok", "改好了", "买的人现在就看见新的。下过的单子不变。"),
}
_TOO_FEW_LEFT = "刚有人下了单，能卖的不够减了。看看现在还有多少，再改一次"
_MAX_KEY_LENGTH = 60


class OwnListingView(Struct, frozen=True):
    """A listing as its seller sees it."""

    title: str
    line: str
    state: str
    symbol: str
    photo: PhotoView | None
    rows: list[tuple[str, str]]
    public: str
    action: str
    live: bool
    can_move: bool


class OwnListing(Struct, frozen=True):
    """A listing with its price and its remaining stock."""

    listing: ListingDetail
    price_fen: Fen
    unit: str
    left: str


async def _load_listing(conn: Connection, listing_id: UUID, actor: Actor, clock: Clock) -> OwnListing:
    own = tuple(actor.producers)
    try:
        product = await get_product(conn, listing_id, producer_ids=own, now=clock.now())
    except NotFound:
        stay = await get_stay(conn, listing_id, producer_ids=own, now=clock.now())
        return OwnListing(stay.listing, stay.price_fen, stay.unit, f"{len(stay.rooms)} 间")
    base = product.variants[0]
    left = _describe_left(product.variants)
    if product.listing.kind is ListingKind.ACTIVITY:
        count = await count_open_slots(conn, listing_id, now=clock.now())
        left = f"{count} 场能订" if count < MAX_SLOTS_COUNTED else f"{count} 多场能订"
    return OwnListing(product.listing, base.price_fen, base.unit, left)


def _describe_left(variants: Sequence[ListingVariant]) -> str:
    """Describe what is left of each pack: of one `20 箱`, of several `5 斤箱 20，2 斤盒 7`."""
    if len(variants) > 1:
        return "，".join(
            f"{each.label or format_unit(each.unit)} {'不限' if each.left is None else each.left}" for each in variants
        )
    [only] = variants
    return f"{only.left} {get_count_word(only.unit)}" if only.left is not None else "不限"


class VariantForm(Struct, frozen=True):
    """The fields of one variant, as typed or as they are; `left` is empty if the variant does not count stock."""

    name: str
    price: str
    left: str
    seen: str
    counted: bool
    word: str
    tiers: list[tuple[str, str]]
    public: str

    @property
    def further(self) -> bool:
        """Whether a further price is written."""
        return bool(self.public or any(any(tier) for tier in self.tiers))


def _pad_tiers(tiers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return as many rows of tiers as a pack can have."""
    return tiers + [("", "")] * (MAX_TIERS - len(tiers))


def _get_typed_size(form: PostedForm, index: int, size: VariantForm) -> VariantForm:
    """Return the fields of a variant as they were typed."""
    return structs.replace(
        size,
        price=form.get_text(f"price-{index}"),
        left=form.get_text(f"left-{index}"),
        tiers=[(form.get_text(f"from-{index}-{n}"), form.get_text(f"tier-{index}-{n}")) for n in range(MAX_TIERS)],
        public=form.get_text(f"public-{index}"),
    )


def _fill_variants(variants: list[OwnVariant]) -> list[VariantForm]:
    """Return the variants as they are; only the first variant of a shared lot counts its stock."""
    lots: set[UUID] = set()
    sizes: list[VariantForm] = []
    for each in variants:
        counted = each.lot_id is not None and each.lot_id not in lots
        if each.lot_id is not None:
            lots.add(each.lot_id)
        left = str(each.left) if counted and each.left is not None else ""
        sizes.append(
            VariantForm(
                each.label or format_unit(each.unit),
                yuan_input(each.price_fen),
                left,
                left,
                counted,
                get_count_word(each.unit),
                _pad_tiers([(str(tier.from_quantity), yuan_input(tier.price_fen)) for tier in each.tiers]),
                yuan_input(each.public_price_fen),
            )
        )
    return sizes


def _hash_offer(variants: Sequence[OwnVariant]) -> str:
    """Return what stands for the packs and prices that a form shows: with it, the form tells whether they changed."""
    offer = [(each.id, each.price_fen, each.terms) for each in variants]
    return hashlib.sha256(msgspec.json.encode(offer)).hexdigest()[:16]


async def _listing_page(
    request: HttpRequest, conn: Connection, actor: Actor, clock: Clock, number: int,
    *, form: PostedForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    facts = await _load_listing(conn, await get_listing_id(conn, number), actor, clock)
    listing = facts.listing
    if listing.producer_id not in actor.producers:
        raise NotFound
    state = ListingState(listing.state)
    view = OwnListingView(
        title=listing.title,
        line=f"{listing.producer}，编号 {number}",
        state=_STATE_WORDS[state] if listing.certified or state is not ListingState.LIVE else "证过期了，先不卖",
        symbol=get_illustration(listing.category, listing.title),
        photo=make_photo_view(listing.photo, listing.photo_kind, wide=listing.kind != "product"),
        rows=[
            ("一份", format_unit(facts.unit)),
            ("价钱", f"{yuan(facts.price_fen)} 元"),
            ("还有", facts.left),
            ("卖出", f"{listing.sold_count}"),
        ],
        public=get_listing_path(listing.kind, number),
        action=f"/farm/listings/{number}",
        live=state is ListingState.LIVE,
        can_move=state is not ListingState.SUSPENDED,
    )
    variants = await list_own_variants(conn, actor, listing.id)
    sizes = _fill_variants(variants)
    if form is not None:
        sizes = [_get_typed_size(form, index, size) for index, size in enumerate(sizes)]
    notice = _NOTICES.get(request.query_params.get("said", ""))
    context = {
        "item": view,
        "notes": [notice] if notice else [],
        "sizes": sizes,
        "offer": form.get_text("offer") if form is not None else _hash_offer(variants),
        "goods": listing.kind == ListingKind.PRODUCT,
        "night": listing.kind == ListingKind.STAY,
        "activity": listing.kind == ListingKind.ACTIVITY,
        "errors": errors,
        "key": make_form_key(),
    }
    return render_page(request, "farm/listing.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}", include_in_schema=False)
async def show_listing(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[bytes]:
    """Show a listing of the person's own.

    Raises:
        NotFound: the listing belongs to someone else.
    """
    async with db.connection() as conn:
        return await _listing_page(request, conn, actor, clock, number)


def _read_change(form: PostedForm, index: int, variant: OwnVariant, size: VariantForm) -> VariantChange:
    """Read the change of one variant; the stock changes by the difference to the number that the form showed."""
    price = form.read_yuan(
        f"price-{index}",
        fault=f"价钱没写对。写一个数，比如 39，最多 {yuan(MAX_PRICE_FEN)}",
        minimum=MIN_PRICE_FEN,
        maximum=MAX_PRICE_FEN,
    )
    terms = _read_terms(form, index, price)
    if not size.counted:
        return VariantChange(variant.id, price, 0, terms)
    left = parse_integer(form.get_text(f"left-{index}"), maximum=MAX_QUANTITY)
    shown = parse_integer(form.get_text(f"seen-{index}"), maximum=MAX_QUANTITY)
    if left is None or shown is None:
        form.add_fault(f"left-{index}", "还有几份没写对。写一个数，比如 20；没有了写 0")
        return VariantChange(variant.id, price, 0)
    return VariantChange(variant.id, price, left - shown, terms)


def _read_terms(form: PostedForm, index: int, price_fen: Fen) -> PriceTerms | None:
    """Read the further prices of a pack; None if the form has no fields for them."""
    public = f"public-{index}"
    if public not in form.fields:
        return None
    rows: list[int] = []
    tiers: list[TierPrice] = []
    for n in range(MAX_TIERS):
        count_field, price_field = f"from-{index}-{n}", f"tier-{index}-{n}"
        if form.get_text(count_field) or form.get_text(price_field):
            rows.append(n)
            count = form.read_integer(count_field, fault="满几份没写对。写一个数，比如 10", maximum=MAX_TIER_QUANTITY)
            tiers.append(TierPrice(count, form.read_yuan(price_field, fault="这一档的价钱没写对。写一个数，比如 35")))
    public_fen = form.read_optional_yuan(public, fault="公家单位的价没写对。写一个数，比如 30；没有就空着")
    terms = PriceTerms(tiers=tuple(tiers), public_price_fen=public_fen)
    names = {"public_price_fen": public}
    for position, n in enumerate(rows):
        names[f"tiers[{position}].from_quantity"] = f"from-{index}-{n}"
        names[f"tiers[{position}].price_fen"] = f"tier-{index}-{n}"
    faulty = {fault.field for fault in form.faults}
    for fault in list_price_term_faults(terms, price_fen):
        if names[fault.field] not in faulty:
            form.add_fault(names[fault.field], fault.message)
    return terms


@post("/farm/listings/{number:int}/offer", include_in_schema=False)
async def submit_offer(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set prices and stock; a form sent twice counts once.

    Packs and prices that somebody else changed meanwhile are shown instead.

    Raises:
        NotFound: the listing belongs to someone else, or is suspended.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        listing_id = await get_listing_id(conn, number)
        variants = await list_own_variants(conn, actor, listing_id)
    sizes = _fill_variants(variants)
    changes = [
        _read_change(form, index, variant, size)
        for index, (variant, size) in enumerate(zip(variants, sizes, strict=True))
    ]
    errors, status = form.faults, 422
    typed: PostedForm | None = form
    if not errors:

        async def submit(conn: Connection) -> str:
            now_offered = await list_own_variants(conn, actor, listing_id)
            if now_offered and form.get_text("offer") not in {"", _hash_offer(now_offered)}:
                raise ListingChanged
            reference = f"form:{actor.account_id}:{form.key[:_MAX_KEY_LENGTH]}"
            await change_variants(conn, actor, listing_id, changes, reference=reference, now=clock.now())
            return f"/farm/listings/{number}?said=changed"

        try:
            return await submit_once(request, actor, form, submit)
        except (StockTooLow, InvalidStockChange) as refusal:
            counted = next((index for index, size in enumerate(sizes) if size.counted), 0)
            errors, status = [FieldFault(f"left-{counted}", _TOO_FEW_LEFT)], refusal.status
        except ListingChanged as refusal:
            errors, status, typed = [FieldFault("price-0", refusal.text("zh"))], refusal.status, None
    async with db.connection() as conn:
        return await _listing_page(request, conn, actor, clock, number, form=typed, errors=errors, status=status)


@post("/farm/listings/{number:int}", include_in_schema=False)
async def submit_move(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Withdraw a listing, or relist it.

    Raises:
        NotFound: the listing belongs to someone else.
        WrongListingState: the listing's state does not allow it.
    """
    form = await read_form(request)
    chosen = ListingMove.RELIST if form.get_text("move") == ListingMove.RELIST else ListingMove.WITHDRAW
    async with db.transaction() as conn:
        listing_id = await get_listing_id(conn, number)
        await move_listing(conn, actor, listing_id, chosen, now=clock.now())
        await tell_of_moved_listing(conn, seal, listing_id, chosen, now=clock.now())
    return redirect(f"/farm/listings/{number}?said={'relisted' if chosen is ListingMove.RELIST else 'withdrawn'}")


ROUTES = [show_listing, submit_move, submit_offer]
