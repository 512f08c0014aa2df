"""Booking a package: what it costs and refunds, the address, the payment method; one form, one order."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.models import ListingKind
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.sales.orders.address import Address, InvalidAddress, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.seen_terms import CancelTermsChanged
from market.sales.orders.models import TotalChanged
from market.sales.orders.queries import load_latest_address
from market.sales.packages.book import PackageQuote, PackageWish, PartTime, book_package, quote_package
from market.sales.packages.models import MAX_COUNT, REST_HOURS, Package
from market.sales.packages.read import get_live_package
from market.service.http import HttpRequest
from market.service.web.cookies import finish_drafts
from market.service.web.forms import make_form_key, parse_day, parse_integer, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.buying.cart import choose_region
from market.service.web.shop.buying.pay import (
    METHOD_OPTIONS,
    list_payment_origins,
    read_method,
    say_options,
    start_payment,
)
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.package_cards import count_part
from market.service.web.shop.packages import describe_tiers
from market.service.web.shop.promises import describe_missed_visits
from market.service.web.shop.regions import complete_street, get_region, list_regions, read_region
from market.service.web.ui.format import day_short, yuan
from payments import Method

_FIELDS = {
    "address.name": "who", "address.phone": "tel", "address.region_code": "region", "address.street": "address",
}  # fmt: skip
_MAX_KEY_LENGTH = 100


class BookingForm(Struct, frozen=True):
    """The form as it was typed."""

    who: str = ""
    tel: str = ""
    region: str = ""
    address: str = ""
    method: str = ""


def _read_wish(fields: Any, package: Package) -> PackageWish:
    """Return what a query or a form wants of a package; a day or a time that is malformed is none."""
    times: list[PartTime] = []
    for part in package.parts:
        try:
            starts_at = datetime.fromisoformat(str(fields.get(f"t{part.position}", "")).replace(" ", "+"))
        except ValueError:
            continue
        times.append(PartTime(part.position, starts_at))
    count = parse_integer(str(fields.get("n", "")), maximum=MAX_COUNT) or 0
    return PackageWish(count=count, arrive_on=parse_day(str(fields.get("day", ""))) or date.min, times=times)


def _describe_rows(package: Package, wish: PackageWish, quote: PackageQuote) -> list[tuple[str, int]]:
    rows = [(say("{0} × {1} 套", package.title, wish.count), int(quote.price_fen))]
    return rows + ([(say("邮费"), int(quote.freight_fen))] if quote.freight_fen else [])


def _list_parts(package: Package, quote: PackageQuote) -> list[str]:
    """Return who would supply each part with what: `农家院客房，1 间：甲家`."""
    lines: list[str] = []
    for part, own in zip(package.parts, quote.parts, strict=True):
        count = count_part(part.kind, part.quantity, part.unit)
        shared = len(own.suppliers) > 1
        lines += [
            say("{0}，{1}：{2}", each.title, count, each.producer) + (say("，{0} 套", each.packages) if shared else "")
            for each in own.suppliers
        ]
    return lines


async def _page(
    request: HttpRequest, actor: Actor, package: Package, wish: PackageWish, *, values: BookingForm,
    now: datetime, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    services = get_services(request)
    link = f"/packages/{package.number}"
    try:
        async with services.db.connection() as conn:
            quote = await quote_package(
                conn, package.number, wish, region_code=values.region, now=now,
                pay_minutes=services.settings.pay_minutes,
            )  # fmt: skip
    except Refusal as refusal:
        context = {
            "title": package.title,
            "text": refusal.text(get_language()),
            "words": _list_words(package, refusal.errors),
            "back": f"{link}?day={wish.arrive_on}&n={max(1, wish.count)}#when",
        }
        return render_page(request, "shop/package_problem.html", context, actor=actor, status=refusal.status)
    has_goods = any(part.kind is ListingKind.PRODUCT for part in package.parts)
    hidden = [
        ("day", str(wish.arrive_on)),
        ("n", str(wish.count)),
        ("total", str(quote.total_fen)),
        ("terms", quote.cancel_terms),
    ]
    context = {
        "title": package.title,
        "when": day_short(wish.arrive_on),
        "parts": _list_parts(package, quote),
        "rows": _describe_rows(package, wish, quote),
        "total_fen": quote.total_fen,
        "tiers": describe_tiers(quote.tiers),
        "rest_hours": REST_HOURS,
        "hidden": [*hidden, *((f"t{each.position}", each.starts_at.isoformat()) for each in wish.times)],
        "has_goods": has_goods,
        "missed": describe_missed_visits(services.settings.receive_days),
        "values": values,
        "regions": list_regions(),
        "methods": say_options(METHOD_OPTIONS),
        "errors": errors,
        "key": key,
        "action": f"{link}/book",
        "back": f"{link}?day={wish.arrive_on}&n={wish.count}#when",
    }
    return render_page(
        request, "shop/book_package.html", context, actor=actor, status=status,
        pay_origins=list_payment_origins(services.settings),
    )  # fmt: skip


def _list_words(package: Package, faults: Sequence[FieldFault]) -> list[str]:
    """Return the faults of a booking in words, each with its part."""
    names = {f"parts[{part.position - 1}]": part.suppliers[0].title for part in package.parts}
    return [
        say("{0}：{1}", names[each.field], each.message) if each.field in names else each.message for each in faults
    ]


@get("/packages/{number:int}/book", include_in_schema=False, english=True)
async def show_package_booking(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show what a package costs and refunds, and ask for the address and the payment method.

    Raises:
        NotFound: no package on sale has this number.
    """
    async with db.connection() as conn:
        package = await get_live_package(conn, number)
        last = await load_latest_address(conn, seal, actor)
        region = choose_region(request, last)
        known = last is not None and get_region(last.region_code) == region
        street = await complete_street(conn, last.region_code, last.street) if last and known else ""
    values = BookingForm(region=region, method=METHOD_OPTIONS[0][0])
    if last is not None:
        values = BookingForm(last.name, last.phone, region, street, METHOD_OPTIONS[0][0])
    wish = _read_wish(request.query_params, package)
    return await _page(request, actor, package, wish, values=values, now=clock.now(), key=make_form_key())


@post("/packages/{number:int}/book", include_in_schema=False, english=True)
async def submit_package_booking(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    batcher: NamedDependency[Batcher],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Place the order of a package and start the payment; a form sent twice places one order.

    Raises:
        NotFound: no package on sale has this number.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        package = await get_live_package(conn, number)
    wish, now = _read_wish(form.fields, package), clock.now()
    values = structs.replace(form.fill(BookingForm), region=read_region(form.get_text("region")))
    method = read_method(values.method)
    has_goods = any(part.kind is ListingKind.PRODUCT for part in package.parts)
    address = Address(values.who, values.tel, values.region, values.address)
    try:
        placed = await book_package(
            db, batcher, actor.account_id, number, wish,
            address=seal_address(seal, address, parcel=has_goods),
            key=form.key[:_MAX_KEY_LENGTH], total_fen=parse_integer(form.get_text("total")),
            cancel_terms=form.get_text("terms")[:_MAX_KEY_LENGTH], now=now, pay_minutes=settings.pay_minutes,
        )  # fmt: skip
    except IdempotencyKeyReused:
        return redirect("/me")
    except InvalidAddress as refusal:
        errors = rename_faults(refusal, _FIELDS, otherwise="address")
    except TotalChanged as refusal:
        total = yuan(int(str(refusal.facts["total_fen"])))
        errors = [FieldFault("region", say("换了省或者价钱变了，现在一共 {0} 元，看过再按“付款”", total))]
    except CancelTermsChanged as refusal:
        errors = [
            FieldFault("terms", say("店家改了“不去了退多少”，现在{0}，看过再按“付款”", refusal.errors[0].message))
        ]
    except Refusal as refusal:
        errors = [
            FieldFault("who", words) for words in _list_words(package, refusal.errors) or [refusal.text(get_language())]
        ]
    else:
        started = await start_payment(request, actor, placed.id, placed.number, method=Method(method))
        finish_drafts(started, form.draft)
        return started
    return await _page(
        request, actor, package, wish, values=values, now=now, key=make_form_key(), errors=errors, status=422
    )


ROUTES = [show_package_booking, submit_package_booking]
