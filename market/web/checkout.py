"""From the cart to an order: where to send, how to pay, the sum in words, one key."""

import secrets
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor
from market.kernel import Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import (
    Address,
    AddressWrong,
    Batcher,
    Cart,
    CartGroup,
    OtherOrderUnderKey,
    SuborderKind,
    TotalChanged,
    get_cart,
    get_order,
    list_orders,
    place_cart,
    seal_address,
)
from market.settings import Settings
from market.web.cards import count_word, read_number
from market.web.cart import cart_page, has_goods, stay_notes, sum_rows
from market.web.look.format import yuan
from market.web.origins import REGIONS, region_of
from market.web.paying import go_to_pay, pay_origins
from market.web.plumbing import fields, page, see_other, services
from market.web.stay import nights_words
from payments import Method

_FIELD_NAMES = {
    "address.name": "who",
    "address.phone": "tel",
    "address.region_code": "region",
    "address.street": "address",
}
_LONGEST_KEY = 100

Asked = Request[Any, Any, Any]


class Values(Struct, frozen=True):
    """What the form holds."""

    who: str = ""
    tel: str = ""
    region: str = ""
    address: str = ""
    rail: str = Method.ALIPAY


class GroupView(Struct, frozen=True):
    """What one producer sends or hosts, as rows of a reckoning."""

    name: str
    rows: list[tuple[str, int]]


def _rows(group: CartGroup) -> list[tuple[str, int]]:
    rows = [(f"{line.title} × {line.quantity} {count_word(line.unit)}", int(line.amount_fen)) for line in group.lines]
    rows += [
        (f"{stay.title}，{stay.rooms} 间{nights_words((stay.leave_on - stay.arrive_on).days)}", int(stay.amount_fen))
        for stay in group.nights
    ]
    return rows + ([("运费", int(group.freight_fen))] if group.kind is SuborderKind.GOODS else [])


async def _last_values(db: Database, seal: Seal, actor: Actor, region: str) -> Values:
    """Return the address of the person's latest order, so that nothing is typed twice."""
    async with db.connection() as conn:
        latest = (await list_orders(conn, actor, limit=1)).items
        order = await get_order(conn, seal, actor, latest[0].id) if latest else None
    if order is None or order.address is None:
        return Values(region=region)
    return Values(order.address.name, order.address.phone, region, order.address.street)


async def _checkout_page(
    request: Asked, actor: Actor, cart: Cart, values: Values, *, key: str,
    errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    held = services(request)
    today = held.clock.today()
    promises = ["坏果包赔：收到 48 小时内拍一张照片，按坏的份量退，钱从平台退。"] if has_goods(cart) else []
    if has_goods(cart):
        promises.append("水果、蔬菜、鲜肉是鲜货，没有七天无理由退货；别的没拆封能退。")
    promises += [note for group in cart.groups for stay in group.nights for note in stay_notes(stay, today)]
    promises.append("钱先放在平台，您收到货、到店住下了才给卖家。")
    context = {
        "has_goods": has_goods(cart),
        "groups": [GroupView(group.producer, _rows(group)) for group in cart.groups],
        "rows": sum_rows(cart),
        "total_fen": cart.total_fen,
        "promises": promises,
        "values": values,
        "regions": REGIONS,
        "errors": errors,
        "key": key,
    }
    return page(
        request, "shop/checkout.html", context, actor=actor, cart=cart.count, status=status,
        pay_origins=pay_origins(held.settings),
    )  # fmt: skip


@get("/checkout", include_in_schema=False)
async def checkout(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Ask where to send and how to pay; a cart that cannot be ordered is shown instead."""
    region = region_of(str(request.query_params.get("region", "")))
    async with db.connection() as conn:
        cart = await get_cart(conn, actor.account_id, region_code=region, now=clock.now())
    if not cart.ready:
        return see_other("/cart")
    values = await _last_values(db, seal, actor, region)
    return await _checkout_page(request, actor, cart, values, key=secrets.token_urlsafe(18))


def _read(found: dict[str, Any]) -> tuple[Values, str, Fen | None]:
    values = Values(
        who=str(found.get("who", "")),
        tel=str(found.get("tel", "")),
        region=region_of(str(found.get("region", ""))),
        address=str(found.get("address", "")),
        rail=Method.WECHAT if found.get("rail") == Method.WECHAT else Method.ALIPAY,
    )
    total = read_number(found.get("total", ""))
    key = str(found.get("key", ""))[:_LONGEST_KEY] or secrets.token_urlsafe(18)
    return values, key, None if total is None else Fen(total)


def _faults(refusal: AddressWrong) -> tuple[FieldFault, ...]:
    return tuple(FieldFault(_FIELD_NAMES.get(fault.field, fault.field), fault.message) for fault in refusal.errors)


@post("/checkout", include_in_schema=False)
async def place_order(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    batcher: NamedDependency[Batcher],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Place the cart as one order and go on to pay it; pressing twice places it once."""
    values, key, total = _read(await fields(request))
    now = clock.now()
    async with db.connection() as conn:
        cart = await get_cart(conn, actor.account_id, region_code=values.region, now=now)
    address = Address(values.who, values.tel, values.region, values.address)
    try:
        placed = await place_cart(
            db,
            batcher,
            actor.account_id,
            address=seal_address(seal, address, parcel=has_goods(cart)),
            key=key,
            total_fen=total,
            now=now,
            pay_minutes=settings.pay_minutes,
        )
    except AddressWrong as refusal:
        return await _checkout_page(
            request, actor, cart, values, key=key, errors=_faults(refusal), status=refusal.status
        )
    except TotalChanged as refusal:
        fault = FieldFault("region", f"换了省或者价钱变了，现在一共 {yuan(cart.total_fen)} 元，看过再按“付款”。")
        return await _checkout_page(
            request, actor, cart, values, key=secrets.token_urlsafe(18), errors=(fault,), status=refusal.status
        )
    except OtherOrderUnderKey:
        return see_other("/me")
    except Refusal as refusal:
        return await cart_page(request, actor, region=values.region, said=refusal.text("zh"), status=refusal.status)
    return await go_to_pay(request, actor, placed.id, placed.number, method=Method(values.rail))


ROUTES = [checkout, place_order]
