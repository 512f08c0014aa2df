"""The page of one activity: its slots, from which the buyer chooses one and a number of persons."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import Struct
from msgspec.structs import replace

from market.catalogue.favourites.models import FavouriteKind
from market.catalogue.listings.detail import ListingDetail, ListingVariant, ProductDetail, get_numbered_product
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.night_rules import RuleKind
from market.catalogue.listings.person_classes import CHILD
from market.catalogue.slots.list_slots import find_coming_slot, list_coming_slots
from market.catalogue.slots.models import MAX_SLOTS_SHOWN, Slot, SlotState
from market.catalogue.slots.rules import find_slot_refusal, get_slot_terms
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import say
from market.people.identity.models import Actor, NotFound
from market.sales.orders.cart import put_cart
from market.sales.orders.models import Line, VariantId
from market.service.http import HttpRequest
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import NO_STORE, render_page
from market.service.web.services import get_services
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.buying.cart import format_slot, get_or_start_cart, show_cart_next
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.coupon_words import list_listing_coupons
from market.service.web.shop.favourites import FavouriteButton
from market.service.web.shop.listing.details import (
    describe_shop_closed,
    format_origin,
    join_facts,
    list_certificates,
    list_more_photos,
    list_price_split,
    list_tags,
    list_trail,
    list_way,
    load_reviews,
    make_metadata,
    to_dict,
)
from market.service.web.shop.listing.own_view import load_own_view
from market.service.web.shop.listing.price_words import describe_price_rule
from market.service.web.shop.listing.stay import list_refund_tiers
from market.service.web.shop.promises import describe_activity_payment
from market.service.web.shop.shown_rate import find_shown_rate
from market.service.web.ui.format import yuan

_MAX_PARTY = 200


class SlotForm(Struct, frozen=True):
    """The form of an activity as it was typed; `after` is the last slot before those of the page."""

    slot: str = ""
    after: str = ""
    n: str = "1"
    children: str = ""


class ActivityView(Struct, frozen=True):
    """The activity for display; `choices` are the slots that take guests, `full` those that do not."""

    number: int
    title: str
    line: str
    tags: list[tuple[str, str]]
    price_fen: Fen
    """What one person pays in the slot that costs least."""
    varies: bool
    """Whether the price depends on the day."""
    unit: str
    per: str
    left: int
    choices: list[tuple[str, str]]
    full: list[str]
    tiers: list[str]
    weighed_words: str = ""
    """Empty: what an activity costs is not weighed."""
    presale_words: list[str] = []
    """None: an activity is not sold before its harvest."""
    prices: list[str] = []
    """What a child costs, if it has a price of its own."""
    has_child_price: bool = False


def _activity_view(product: ProductDetail, slots: Sequence[Slot], now: datetime) -> ActivityView:
    listing, base = product.listing, product.variants[0]
    child = _find_child(product)
    open_ones = [each for each in slots if each.state is SlotState.OPEN and each.free]
    sold = say("{0} 人次去过", listing.sold_count) if listing.sold_count else ""
    prices = {each.price_fen for each in open_ones} or {base.price_fen}
    child_prices = {each.child_price_fen for each in open_ones if each.child_price_fen is not None}
    return ActivityView(
        number=listing.number,
        title=listing.title,
        line=join_facts([listing.producer, sold]),
        tags=list_tags(listing),
        price_fen=min(prices),
        varies=len(prices) > 1,
        unit=say("起，一位") if len(prices) > 1 else say("一位"),
        per="",
        left=sum(each.free for each in open_ones),
        choices=[(str(each.id), _describe_slot(each, varies=len(prices) > 1)) for each in open_ones],
        full=[
            say("{0}，{1}", format_slot(each), say("不接人了") if each.free else say("满了"))
            for each in slots
            if each not in open_ones
        ],
        tiers=_describe_tiers(open_ones[0], open_ones[0].price_fen, now) if open_ones else [],
        prices=[_describe_child_price(child_prices or {child.price_fen})] if child else [],
        has_child_price=child is not None,
    )


def _describe_slot(slot: Slot, *, varies: bool) -> str:
    """Describe a slot to choose: `10月2日 周四 8:00–12:00，一位 38.00 元，国庆价，还有 12 个名额`."""
    parts = [format_slot(slot)]
    if varies:
        parts.append(say("一位 {0} 元", yuan(slot.price_fen)))
        parts += [say("{0} {1} 元", CHILD, yuan(slot.child_price_fen))] if slot.child_price_fen is not None else []
        usual = slot.price_rule is RuleKind.ALWAYS
        parts += [] if usual else [describe_price_rule(slot.price_rule, slot.holiday_name)]
    return say("，").join([*parts, say("还有 {0} 个名额", slot.free)])


def _describe_child_price(prices: set[Fen]) -> str:
    """Describe what a child pays; on the days that cost least, if it depends on the day."""
    return say("{0}一位 {1} 元{2}，也占一个名额", CHILD, yuan(min(prices)), say("起") if len(prices) > 1 else "")


def _find_child(product: ProductDetail) -> ListingVariant | None:
    """Return the variant of a child, if the activity has one."""
    return next((each for each in product.variants[1:] if each.label == CHILD), None)


def _describe_tiers(slot: Slot, price_fen: Fen, now: datetime) -> list[str]:
    """Describe the refund of a place in the first slot; the others have the same distances."""
    rows = list_refund_tiers(
        get_slot_terms(slot, now), arrive=slot.day, amount=price_fen, today=get_business_day(now), place=say("去的")
    )
    return [f"{words}{figure}" for words, figure, state in rows if state != "gone"]


def list_visitor_questions(listing: ListingDetail, *, receive_days: int) -> list[tuple[str, str]]:
    """Return questions of visitors with answers."""
    questions = [
        (say("谁家办的"), say("{0}。", listing.producer)),
        (say("在哪里"), say("{0}。怎么走，订好了打店家电话问，电话在订单上。", format_origin(listing))),
        (say("到了给谁看"), say("付款后有一个入场码，给店家看一眼就行，一起来的人用一个，只能用一次。")),
        (say("钱什么时候给店家"), describe_activity_payment(receive_days)),
    ]
    return [(say("说说它"), listing.story), *questions] if listing.story else questions


async def _load_slots(
    conn: Connection, listing: ListingDetail, after: UUID | None, *, now: datetime
) -> tuple[list[Slot], UUID | None]:
    """Return a page of the coming slots, and the last of them if there are more."""
    if not listing.taking_orders:
        return [], None
    slots = await list_coming_slots(conn, listing.id, now=now, after=after, limit=MAX_SLOTS_SHOWN + 1)
    shown = slots[:MAX_SLOTS_SHOWN]
    return shown, shown[-1].id if len(slots) > MAX_SLOTS_SHOWN else None


def _explain_unavailable(closed: str, *, more: bool) -> tuple[str, str]:
    """Explain why no slot of the page can be booked."""
    if closed:
        return say("这家现在不接单"), closed
    if more:
        return say("这些场次都满了"), say("往后翻，看看更晚的场次。")
    return say("还没有能订的场次"), say("过些日子再来看，或者看看别家的。")


async def render_activity(
    request: HttpRequest,
    conn: Connection,
    product: ProductDetail,
    visitor: Actor | None,
    *,
    now: datetime,
    values: SlotForm | None = None,
    errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[Any]:
    """Render an activity with a page of its coming slots; with faults, the form as it was typed."""
    listing = product.listing
    values = values or SlotForm(after=request.query_params.get("after", ""))
    after = parse_uuid(values.after)
    slots, more = await _load_slots(conn, listing, after, now=now)
    reviews = await load_reviews(conn, listing)
    item = _activity_view(product, slots, now)
    link = f"/goods/{listing.number}"
    day = get_business_day(now)
    own = await load_own_view(conn, visitor, listing, day=day)
    about = make_metadata(
        request, listing, reviews, link=link, price=item.price_fen, in_stock=item.left > 0 or more is not None
    )
    closed = "" if listing.taking_orders else describe_shop_closed(listing)
    context = {
        "item": item,
        "rate": await find_shown_rate(request),
        "favourite": FavouriteButton(FavouriteKind.LISTING, listing.number, own.kept, link),
        "more_photos": list_more_photos(listing),
        "coupons": list_listing_coupons(own, visitor, listing, item.price_fen, day=day),
        "trail": list_trail(listing),
        "freight": [],
        "regions": [],
        "way": list_way(listing),
        "ask": list_visitor_questions(listing, receive_days=get_services(request).settings.receive_days),
        "parts": list_price_split(listing, item.price_fen),
        "certificates": list_certificates(listing),
        "values": values if values.slot or not item.choices else replace(values, slot=item.choices[0][0]),
        "errors": errors,
        "gone": _explain_unavailable(closed, more=more is not None),
        "back": link if after else None,
        "more": f"{link}?after={more}" if more else None,
        "max_party": _MAX_PARTY,
        **to_dict(reviews),
        **to_dict(about),
    }
    cache = NO_STORE if errors else SHORT_PUBLIC_CACHE
    return render_page(request, "shop/activity.html", context, cache=cache, status=status)


@post("/goods/{number:int}", include_in_schema=False, english=True)
async def submit_slot(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
    number: ShortNumber,
) -> Response[Any]:
    """Put places in a slot of an activity into the cart; they replace those in another slot of it.

    Raises:
        NotFound: no live activity has that number.
    """
    form = await read_form(request)
    values, now = form.fill(SlotForm), clock.now()
    async with db.connection() as conn:
        product = await get_numbered_product(conn, number, now=now)
        if product.listing.kind is not ListingKind.ACTIVITY:
            raise NotFound
        chosen = parse_uuid(values.slot)
        slot = None if chosen is None else await find_coming_slot(conn, product.listing.id, chosen, now=now)
        child = _find_child(product)
        adults = form.read_integer("n", fault=say("几位没写对，写 1 到 {0}", _MAX_PARTY), minimum=1, maximum=_MAX_PARTY)
        children = 0
        if child is not None and form.get_text("children"):
            fault = say("几位{0}没写对，写 0 到 {1}", CHILD, _MAX_PARTY)
            children = form.read_integer("children", fault=fault, maximum=_MAX_PARTY)
        party = adults + children
        status = 422
        if slot is None:
            form.add_fault("slot", say("选一场；选过的那场可能刚开始，或者取消了"))
        elif not form.faults:
            refusal = find_slot_refusal(slot, party=party, title=product.listing.title, field="slot_id", now=now)
            if refusal is not None:
                names = {"slot_id": "slot", "quantity": "n"}
                form.faults += [FieldFault(names[each.field], each.message) for each in refusal.errors]
                status = refusal.status
            elif party > slot.free:
                form.add_fault("n", say("这一场只剩 {0} 个名额", slot.free) if slot.free else say("这一场满了，换一场"))
                status = 409
        if form.faults or slot is None:
            return await render_activity(
                request, conn, product, visitor, now=now, values=values, errors=form.faults, status=status
            )
    owner, token = get_or_start_cart(request, visitor)
    async with db.transaction() as conn:
        lines = [Line(VariantId(product.variants[0].id), adults, slot.id)]
        lines += [Line(VariantId(child.id), children, slot.id)] if child is not None else []
        await put_cart(conn, owner, lines=lines, now=now)
    return show_cart_next(request, token)


ROUTES = [submit_slot]
