"""Checkout: the address, the payment method, and the total, from the cart to an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.units import get_count_word
from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.places.organisations.public_buyers import list_buying_now
from market.sales.coupons.models import Bearer, Voucher, VoucherId
from market.sales.coupons.rules import VOUCHER_FIELD, list_fitting_vouchers
from market.sales.coupons.vouchers import list_vouchers
from market.sales.invoices.ask import ask_with_order
from market.sales.invoices.models import (
    INVOICE,
    MAX_EMAIL_LENGTH,
    MAX_TITLE_LENGTH,
    InvoiceDetails,
    InvoiceInvalid,
    InvoiceKind,
)
from market.sales.invoices.rules import check_details
from market.sales.orders.address import Address, InvalidAddress, address_to_point, seal_address
from market.sales.orders.cart_view import Cart, CartGroup, get_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place_cart import place_cart
from market.sales.orders.checkout.seen_terms import CancelTermsChanged
from market.sales.orders.models import SuborderKind, TotalChanged
from market.sales.orders.queries import load_latest_address
from market.sales.pickup_points.models import PICKUP_FIELD, PickupPoint, PickupPointId
from market.sales.pickup_points.register import list_points_for
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.cookies import finish_drafts
from market.service.web.forms import PostedForm, make_form_key, parse_integer, parse_uuid, read_form, rename_faults
from market.service.web.invoice_words import KIND_NAMES
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.buying import pay, rejected_checkout
from market.service.web.shop.buying.cart import (
    choose_region,
    format_slot,
    has_goods,
    has_visits,
    list_cancellation_notes,
    list_sum_rows,
)
from market.service.web.shop.buying.rejected_checkout import CheckoutForm, RejectedCheckout
from market.service.web.shop.buying.unit_checkout import (
    UNIT_METHOD,
    UNIT_REFUSALS,
    check_unit_cart,
    request_placed_order,
)
from market.service.web.shop.coupon_words import PLATFORM_PARCEL
from market.service.web.shop.listing.stay import format_nights
from market.service.web.shop.orders.order_deposit import describe_plan
from market.service.web.shop.promises import (
    WEIGHED_LATER,
    describe_bad_fruit_promise,
    describe_pickup_rule,
    describe_returns,
    list_escrow_notes,
)
from market.service.web.shop.regions import complete_street, get_region, list_regions, read_region
from market.service.web.shop.shown_rate import find_shown_rate
from market.service.web.ui.format import yuan
from payments import Method

_FIELD_NAMES = {
    "address.name": "who",
    "address.phone": "tel",
    "address.region_code": "region",
    "address.street": "address",
}
_CHOSEN_FIELDS = (("pickup", PICKUP_FIELD), ("voucher", VOUCHER_FIELD))
_MAX_KEY_LENGTH = 100


class CheckoutGroupView(Struct, frozen=True):
    """The lines of one producer, as rows of amounts."""

    name: str
    rows: list[tuple[str, int]]


def _group_rows(group: CartGroup) -> list[tuple[str, int]]:
    rows = [
        (
            f"{line.title} × {line.quantity} {say(get_count_word(line.unit))}"
            + (say("，{0}", format_slot(line.slot)) if line.slot else "")
            + (say("，{0}", say(WEIGHED_LATER)) if line.weight else ""),
            int(line.amount_fen),
        )
        for line in group.lines
    ]
    rows += [
        (
            say("{0}，{1} 间{2}", stay.title, stay.rooms, format_nights((stay.leave_on - stay.arrive_on).days)),
            int(stay.amount_fen),
        )
        for stay in group.nights
    ]
    return rows + ([(say("运费"), int(group.freight_fen))] if group.freight_fen else [])


INVOICE_OPTIONS = [("", "不要"), *((kind.value, words) for kind, words in KIND_NAMES.items())]
_INVOICE_FIELDS = {"invoice", "title", "tax_number", "email"}
_TOTAL_CHANGED = "换了省、换了券或者价钱变了"
_NO_VOUCHER = "none"
_TO_THE_DOOR = ""


def _describe_point(point: PickupPoint) -> str:
    return say("自提：{0}，{1}，{2}", point.name, point.address, point.hours)


def _choose_voucher(vouchers: Sequence[Voucher], chosen: str) -> Voucher | None:
    """Return the voucher that is chosen in the form; the best one if the form offered no choice yet."""
    if chosen == _NO_VOUCHER or not vouchers:
        return None
    return next((each for each in vouchers if str(each.id) == chosen), vouchers[0])


def _list_voucher_options(vouchers: Sequence[Voucher], errors: Sequence[FieldFault]) -> list[tuple[str, str]]:
    """Return the choices, also if none is left after the chosen voucher was refused."""
    options = [(str(each.id), say("{0}，减 {1} 元", each.name, yuan(each.amount_fen))) for each in vouchers]
    refused = any(each.field == "voucher" for each in errors)
    return [*options, (_NO_VOUCHER, say("这次不用券"))] if options or refused else []


async def _fill_form(conn: Connection, last: Address | None, region: str) -> CheckoutForm:
    """Fill the form with the latest address; its street belongs to its region only, and names its city."""
    method = pay.METHOD_OPTIONS[0][0]
    if last is None:
        return CheckoutForm(region=region, method=method)
    known = get_region(last.region_code) == region
    street = await complete_street(conn, last.region_code, last.street) if known else ""
    return CheckoutForm(last.name, last.phone, region, street, method)


def _compute_total(cart: Cart, voucher: Voucher | None) -> Fen:
    return Fen(cart.total_fen - (voucher.amount_fen if voucher else 0))


def _read_invoice(values: CheckoutForm) -> InvoiceDetails | None:
    """Return to whom the invoices of an order are issued, or None if none is asked for.

    Raises:
        InvoiceInvalid: a field is missing or wrong, or a title was written without saying whose it is.
    """
    kind = next((each for each in InvoiceKind if each == values.invoice), None)
    if kind is None:
        if values.title or values.tax_number:
            raise InvoiceInvalid(errors=(FieldFault("invoice", say("写了抬头，请选开给谁；不要就擦掉抬头和税号")),))
        return None
    return check_details(
        InvoiceDetails(kind=kind, title=values.title, tax_number=values.tax_number, email=values.email)
    )


async def _load_cart(conn: Connection, actor: Actor, region: str, now: datetime) -> tuple[Cart, list[Voucher]]:
    """Return the cart, and the vouchers that can be used for it, the best first."""
    cart = await get_cart(conn, actor.account_id, region_code=region, now=now)
    vouchers = await list_vouchers(conn, actor.account_id, {each.producer_id for each in cart.items})
    return cart, list_fitting_vouchers(vouchers, cart.items, day=get_business_day(now))


async def _list_points(conn: Connection, cart: Cart) -> list[PickupPoint]:
    """Return the points at which all parcels of the cart can be picked up: those of the only county of its goods."""
    sellers = {group.producer_id for group in cart.groups if group.kind is SuborderKind.GOODS}
    return await list_points_for(conn, sellers) if sellers else []


def _find_point(points: Sequence[PickupPoint], chosen: str) -> PickupPoint | None:
    return next((each for each in points if str(each.id) == chosen), None)


def _choose_title(errors: Sequence[FieldFault]) -> str | None:
    """Return the heading of faults that are nobody's mistake: what was shown changed meanwhile."""
    if any(each.field == "terms" for each in errors):
        return say("店家改了“不去了退多少”，看过再按“付款”")
    return say("一共的钱变了") if any(each.message.startswith(say(_TOTAL_CHANGED)) for each in errors) else None


async def _checkout_page(
    request: HttpRequest, actor: Actor, cart: Cart, values: CheckoutForm, vouchers: Sequence[Voucher], *,
    points: Sequence[PickupPoint] = (), unit: bool = False, key: str, errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    promises = [say("{0}。", describe_bad_fruit_promise(services.settings.claim_hours))] if has_goods(cart) else []
    promises += [describe_returns(services.settings.return_days)] if has_goods(cart) else []
    voucher = _choose_voucher(vouchers, values.voucher)
    reduction = [(say("券：{0}", voucher.name), -int(voucher.amount_fen))] if voucher else []
    if voucher and voucher.bearer is Bearer.PLATFORM and has_goods(cart):
        promises.insert(0, say(PLATFORM_PARCEL))
    now = services.clock.now()
    promises += [note for group in cart.groups for note in list_cancellation_notes(group, now)]
    total = _compute_total(cart, voucher)
    plan = cart.deposit if cart.deposit and cart.deposit.deposit_fen < total else None
    if plan is not None:
        plan = structs.replace(plan, balance_fen=Fen(total - plan.deposit_fen))
        promises = [*describe_plan(plan, stay=not has_goods(cart)), *promises]
    promises += list_escrow_notes(services.settings.receive_days, visits=has_visits(cart))
    context = {
        "has_goods": has_goods(cart),
        "groups": [CheckoutGroupView(group.producer, _group_rows(group)) for group in cart.groups],
        "rows": list_sum_rows(cart) + reduction,
        "total_fen": total,
        "rate": await find_shown_rate(request),
        "pay_words": say("付订金 {0} 元", yuan(plan.deposit_fen)) if plan else say("付款 {0} 元", yuan(total)),
        "vouchers": _list_voucher_options(vouchers, errors),
        "voucher": str(voucher.id) if voucher else _NO_VOUCHER,
        "promises": promises,
        "values": values,
        "regions": list_regions(),
        "points": [(_TO_THE_DOOR, say("送到家")), *((str(each.id), _describe_point(each)) for each in points)]
        if points
        else [],
        "pickup_rule": describe_pickup_rule(services.settings.pickup_days),
        "methods": pay.say_options([*pay.METHOD_OPTIONS, UNIT_METHOD] if unit else pay.METHOD_OPTIONS),
        "invoice_kinds": pay.say_options(INVOICE_OPTIONS),
        "invoice_due": await load_due_words(request, INVOICE),
        "invoice_open": bool(values.invoice) or any(each.field in _INVOICE_FIELDS for each in errors),
        "invoice_most": (MAX_TITLE_LENGTH, MAX_EMAIL_LENGTH),
        "errors": errors,
        "errors_title": _choose_title(errors),
        "terms": cart.cancel_terms,
        "key": key,
    }
    return render_page(
        request, "shop/checkout.html", context, actor=actor, cart=cart.count, status=status,
        pay_origins=pay.list_payment_origins(services.settings),
    )  # fmt: skip


@get("/checkout", include_in_schema=False, english=True)
async def show_checkout(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Ask for the address and the payment method; show the cart instead if it cannot be ordered.

    `again=1` shows the form as it was refused, with its faults, or with another voucher.
    """
    rejected = rejected_checkout.load(request) if request.query_params.get("again") == "1" else None
    faults = rejected.faults if rejected else []
    async with db.connection() as conn:
        last = await load_latest_address(conn, seal, actor)
        if rejected and rejected.values.region:
            values = rejected.values
        else:
            values = await _fill_form(conn, last, choose_region(request, last))
        cart, vouchers = await _load_cart(conn, actor, values.region, clock.now())
        points = await _list_points(conn, cart)
        unit = bool(await list_buying_now(conn, [actor.account_id], day=clock.today()))
    if not cart.ready:
        return redirect(f"/cart?region={values.region}")
    status = InvalidAddress.status if faults else 200
    return await _checkout_page(
        request,
        actor,
        cart,
        values,
        vouchers,
        points=points,
        unit=unit,
        key=make_form_key(),
        errors=faults,
        status=status,
    )


def _show_again(request: HttpRequest, values: CheckoutForm, faults: list[FieldFault]) -> Response[Any]:
    """Redirect to the form as typed, which shows its faults: a page that answered a form could not be returned to."""
    response = redirect("/checkout?again=1")
    rejected_checkout.store(request, response, RejectedCheckout(values, faults))
    return response


def _read_voucher(chosen: str) -> VoucherId | None:
    found = parse_uuid(chosen)
    return None if found is None else VoucherId(found)


def _read_checkout(form: PostedForm) -> tuple[CheckoutForm, Fen | None]:
    """Return the form as it was typed, with a valid region and method, and the total that it showed."""
    method = form.get_text("method")
    values = structs.replace(
        form.fill(CheckoutForm),
        region=read_region(form.get_text("region")),
        method=method if method == UNIT_METHOD[0] else pay.read_method(method),
    )
    total = parse_integer(form.get_text("total"))
    return values, None if total is None else Fen(total)


def _answer_refusal(request: HttpRequest, values: CheckoutForm, refusal: Refusal, *, total_fen: Fen) -> Response[Any]:
    """Show the form again with what can be corrected there, else the cart with the reason."""
    if isinstance(refusal, IdempotencyKeyReused):
        return redirect("/me")
    if isinstance(refusal, (InvalidAddress, InvoiceInvalid, *UNIT_REFUSALS)):
        field = "method" if isinstance(refusal, UNIT_REFUSALS) else "address"
        return _show_again(request, values, rename_faults(refusal, _FIELD_NAMES, otherwise=field))
    if isinstance(refusal, CancelTermsChanged):
        return _show_again(request, values, [FieldFault("terms", each.message) for each in refusal.errors])
    if isinstance(refusal, TotalChanged):
        text = say("{0}，现在一共 {1} 元，看过再按“付款”。", say(_TOTAL_CHANGED), yuan(total_fen))
        return _show_again(request, values, [FieldFault("region", text)])
    wrong = next((name for name, field in _CHOSEN_FIELDS if any(each.field == field for each in refusal.errors)), None)
    if wrong is not None:
        kept = structs.replace(values, pickup="") if wrong == "pickup" else values
        return _show_again(request, kept, [FieldFault(wrong, refusal.text(get_language()))])
    response = redirect(f"/cart?region={values.region}")
    rejected_checkout.store(request, response, RejectedCheckout(message=refusal.text(get_language())))
    return response


@post("/checkout", include_in_schema=False, english=True)
async def submit_checkout(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    batcher: NamedDependency[Batcher],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Place the cart as one order and start the payment; a form sent twice places one order.

    With the button that chooses a voucher the form is shown again, with its total.
    """
    form = await read_form(request)
    values, total = _read_checkout(form)
    if form.get_text("do") == "voucher":
        return _show_again(request, values, [])
    by_unit = values.method == UNIT_METHOD[0]
    key = form.key[:_MAX_KEY_LENGTH]
    now = clock.now()
    async with db.connection() as conn:
        cart, vouchers = await _load_cart(conn, actor, values.region, now)
        point = _find_point(await _list_points(conn, cart), values.pickup)
        if point is not None and get_region(point.county_code) != values.region:
            values = structs.replace(values, region=get_region(point.county_code))
            cart, vouchers = await _load_cart(conn, actor, values.region, now)
    chosen = _choose_voucher(vouchers, values.voucher)
    address = Address(values.who, values.tel, values.region, values.address)
    if point is not None:
        address = address_to_point(address, point)
    try:
        await check_unit_cart(request, actor, cart, values, voucher=_read_voucher(values.voucher) is not None, now=now)
        wanted = _read_invoice(values)
        placed = await place_cart(
            db,
            batcher,
            actor.account_id,
            address=seal_address(seal, address, parcel=has_goods(cart)),
            key=key,
            total_fen=total,
            cancel_terms=form.get_text("terms")[:_MAX_KEY_LENGTH],
            voucher_id=_read_voucher(values.voucher),
            pickup_point_id=PickupPointId(parse_uuid(values.pickup) or UUID(int=0)) if values.pickup else None,
            companion=None if wanted is None or by_unit else ask_with_order(seal, actor, wanted, now=now),
            now=now,
            pay_minutes=settings.pay_minutes,
        )
    except Refusal as refusal:
        return _answer_refusal(request, values, refusal, total_fen=_compute_total(cart, chosen))
    if by_unit:
        started: Response[Any] = await request_placed_order(request, actor, placed, now=now)
    else:
        started = await pay.start_payment(request, actor, placed.id, placed.number, method=Method(values.method))
    rejected_checkout.clear(request, started)
    finish_drafts(started, form.draft)
    return started


ROUTES = [show_checkout, submit_checkout]
