"""快递费: whether the buyer pays freight, and what a shop charges by weight."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.freight import MAX_FREIGHT_FEN, FreightTerms, find_freight, set_freight
from market.catalogue.listings.models import MAX_PRICE_FEN, MIN_PRICE_FEN, BadListing
from market.catalogue.listings.publish import resolve_own_producer
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller, load_shop_links
from market.service.web.forms import PostedForm, parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import format_freight_rule, format_surcharges
from market.service.web.shop.regions import get_region_name
from market.service.web.ui.format import yuan, yuan_input

FREE, CHARGED = "free", "charged"
_FREIGHT_OPTIONS = ((FREE, "包邮，快递费算我的"), (CHARGED, "买家付快递费"))
_REMOTE_PROVINCES = ("65", "54", "63", "46")
"""新疆, 西藏, 青海, 海南: freight is most expensive there, so many shops do not ship to them."""


class FreightForm(Struct, frozen=True):
    """The freight form as it was typed; weights in kilograms, sums in yuan."""

    way: str = CHARGED
    first: str = "1"
    first_price: str = ""
    more: str = "1"
    more_price: str = ""
    free_above: str = ""
    no_ship: list[str] = []
    cold_price: str = ""
    no_cold: list[str] = []
    remote_price: str = ""
    remote: list[str] = []


def describe_freight(freight: FreightTerms | None) -> str:
    """Describe to a seller who pays the freight now."""
    if freight is None:
        return "您现在包邮，快递费算您的。"
    surcharges = format_surcharges(freight)
    if freight.is_free:
        return f"您现在包邮，快递费算您的。{f'另外，{surcharges}。' if surcharges else ''}"
    return f"买家付快递费：{format_freight_rule(freight)}。"


async def load_freight_line(conn: Connection, actor: Actor) -> str:
    """Describe who pays the freight, or, with several shops, that each has its own rule."""
    if len(actor.producers) != 1:
        return "快递费各家定各家的。"
    return describe_freight(await find_freight(conn, actor.producers[0]))


def _format_kilograms(grams: int) -> str:
    whole, rest = divmod(grams, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _fill_form(freight: FreightTerms | None) -> FreightForm:
    if freight is None:
        return FreightForm(way=FREE)
    form = FreightForm(
        way=FREE,
        no_ship=list(freight.no_ship),
        cold_price=yuan_input(freight.cold_fen or None),
        no_cold=list(freight.no_cold),
        remote_price=yuan_input(freight.remote_fen or None),
        remote=list(freight.remote),
    )
    if freight.is_free:
        return form
    return structs.replace(
        form,
        way=CHARGED,
        first=_format_kilograms(freight.first_g),
        first_price=yuan_input(freight.first_fen),
        more=_format_kilograms(freight.next_g),
        more_price=yuan_input(freight.next_fen),
        free_above=yuan_input(freight.free_above_fen),
    )


def _read_freight(form: PostedForm) -> FreightTerms:
    wrong_surcharge = f"加价没写对。写一个数，比如 5，最多 {yuan(MAX_FREIGHT_FEN)}；不加就空着"
    cold, remote = (
        form.read_optional_yuan(name, fault=wrong_surcharge, maximum=MAX_FREIGHT_FEN) or Fen(0)
        for name in ("cold_price", "remote_price")
    )
    free = FreightTerms(
        first_g=1000,
        first_fen=Fen(0),
        next_g=1000,
        next_fen=Fen(0),
        no_ship=tuple(form.get_texts("no_ship")),
        cold_fen=cold,
        no_cold=tuple(form.get_texts("no_cold")),
        remote_fen=remote,
        remote=tuple(form.get_texts("remote")),
    )
    if form.get_text("way") == FREE:
        return free
    wrong_price = f"快递费没写对。写一个数，比如 8，最多 {yuan(MAX_FREIGHT_FEN)}"
    freight = structs.replace(
        free,
        first_g=form.read_kilograms("first", fault="首重没写对。写一个数，比如 1"),
        first_fen=form.read_yuan("first_price", fault=wrong_price, maximum=MAX_FREIGHT_FEN),
        next_g=form.read_kilograms("more", fault="续重没写对。写一个数，比如 1"),
        next_fen=form.read_yuan("more_price", fault=wrong_price, maximum=MAX_FREIGHT_FEN),
        free_above_fen=form.read_optional_yuan(
            "free_above",
            fault="满多少免快递费，写一个数，比如 88；没有就空着",
            minimum=MIN_PRICE_FEN,
            maximum=MAX_PRICE_FEN,
        ),
    )
    if not form.faults and not freight.first_fen and not freight.next_fen:
        form.add_fault("first_price", "都写 0 就是包邮，请选“包邮”")
    return freight


async def _freight_page(
    request: HttpRequest, conn: Connection, actor: Actor, producer_id: UUID, values: FreightForm | None,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    freight = await find_freight(conn, producer_id)
    name, others = await load_shop_links(conn, actor, producer_id, "/farm/freight")
    shown = values or _fill_form(freight)
    chosen = (*freight.no_ship, *freight.no_cold, *freight.remote) if freight else ()
    regions = list(dict.fromkeys((*_REMOTE_PROVINCES, *chosen)))
    context = {
        "name": name,
        "others": others,
        "now": describe_freight(freight),
        "ways": _FREIGHT_OPTIONS,
        "regions": [(code, get_region_name(f"{code}0000")) for code in regions],
        "producer": str(producer_id),
        "values": shown,
        "optional": [("free_above", "一单满多少就免", shown.free_above, "元")],
        "errors": errors,
        "said": request.query_params.get("said") == "set",
    }
    return render_page(request, "farm/freight.html", context, actor=actor, status=status)


@get("/farm/freight", include_in_schema=False)
async def show_freight(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show who pays the freight, and the form that changes it.

    Raises:
        NotFound: the person does not work for the producer.
    """
    if not is_seller(actor):
        return redirect("/farm/apply")
    shop_id = parse_uuid(request.query_params.get("of", "")) or actor.producers[0]
    async with db.connection() as conn:
        return await _freight_page(request, conn, actor, resolve_own_producer(actor, shop_id), None)


@post("/farm/freight", include_in_schema=False)
async def submit_freight(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Set the freight rule; orders already placed keep theirs.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    freight = _read_freight(form)
    if form.faults:
        values = form.fill(FreightForm)
        async with db.connection() as conn:
            return await _freight_page(request, conn, actor, producer_id, values, errors=form.faults, status=422)
    try:
        async with db.transaction() as conn:
            await set_freight(conn, actor, producer_id, freight, now=clock.now())
    except BadListing as refusal:
        async with db.connection() as conn:
            return await _freight_page(
                request, conn, actor, producer_id, form.fill(FreightForm), errors=refusal.errors, status=refusal.status
            )
    return redirect(f"/farm/freight?of={producer_id}&said=set", draft=form.draft)


ROUTES = [show_freight, submit_freight]
