"""快递费: who pays for carriage, in words; what a shop charges by weight, or that it pays itself."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue import Freight, NewFreight, get_freight, own_producer, set_freight
from market.identity import Actor
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.producers import ProducerRow, list_own
from market.web.cards import freight_rule
from market.web.farm import sells
from market.web.forms import read_uuid, read_yuan
from market.web.look.format import yuan
from market.web.origins import region_name
from market.web.plumbing import fields, page, see_other

FREE, CHARGED = "free", "charged"
_WAYS = ((FREE, "包邮，快递费算我的"), (CHARGED, "买家付快递费"))
_FAR = ("65", "54", "63", "46")
"""新疆, 西藏, 青海, 海南: where carriage costs most, so that many shops do not send there."""
_KILOS = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?")
_MOST_FEN = 10_000_00
_MOST_FREE_FEN = 1_000_000_00

Asked = Request[Any, Any, Any]


class Values(Struct, frozen=True):
    """What the form of carriage holds; weights in kilograms, sums in yuan, as they are typed."""

    way: str = CHARGED
    first: str = "1"
    first_price: str = ""
    more: str = "1"
    more_price: str = ""
    free_above: str = ""
    no_ship: list[str] = []


def freight_words(freight: Freight | None) -> str:
    """Say to a seller who pays for carriage as things stand."""
    if freight is None or freight.is_free:
        return "您现在包邮，快递费算您的。"
    return f"买家付快递费：{freight_rule(freight)}。"


async def freight_line(conn: Connection, actor: Actor) -> str:
    """Say who pays for carriage, for the one shop of a person; of several, that each has its own."""
    if len(actor.producers) != 1:
        return "快递费各家定各家的。"
    return freight_words(await get_freight(conn, actor.producers[0]))


def _kilos(grams: int) -> str:
    whole, rest = divmod(grams, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _values_of(freight: Freight | None) -> Values:
    if freight is None:
        return Values(way=FREE)
    if freight.is_free:
        return Values(way=FREE, no_ship=freight.no_ship)
    free_above = "" if freight.free_above_fen is None else _typed(freight.free_above_fen)
    return Values(
        CHARGED, _kilos(freight.first_g), _typed(freight.first_fen), _kilos(freight.next_g), _typed(freight.next_fen),
        free_above, freight.no_ship,
    )  # fmt: skip


def _typed(fen: int) -> str:
    return yuan(fen).replace(",", "")


def _grams(text: str) -> int | None:
    match = _KILOS.fullmatch(text.strip())
    return None if match is None else int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")) or None


def read_freight(values: Values) -> NewFreight | list[FieldFault]:
    """Read what was typed into what carriage costs, or say all that is wrong."""
    if values.way == FREE:
        return NewFreight(first_g=1000, first_fen=0, next_g=1000, next_fen=0, no_ship=values.no_ship)
    first_g, next_g = _grams(values.first), _grams(values.more)
    first, more = read_yuan(values.first_price), read_yuan(values.more_price)
    free = read_yuan(values.free_above) if values.free_above else None
    faults = [] if first_g else [FieldFault("first", "头一段多重没写对。写一个数，比如 1")]
    faults += _price_faults("first_price", first)
    faults += [] if next_g else [FieldFault("more", "每加多重没写对。写一个数，比如 1")]
    faults += _price_faults("more_price", more)
    if values.free_above and (free is None or not 0 < free <= _MOST_FREE_FEN):
        faults.append(FieldFault("free_above", "满多少免快递费，写一个数，比如 88；没有就空着"))
    if faults or first_g is None or next_g is None or first is None or more is None:
        return faults
    if not first and not more:
        return [FieldFault("first_price", "都写 0 就是包邮，请选“包邮”")]
    return NewFreight(
        first_g=first_g, first_fen=first, next_g=next_g, next_fen=more, free_above_fen=free, no_ship=values.no_ship
    )


def _price_faults(name: str, fen: int | None) -> list[FieldFault]:
    if fen is None or fen > _MOST_FEN:
        return [FieldFault(name, f"快递费没写对。写一个数，比如 8，最多 {yuan(_MOST_FEN)}")]
    return []


def _chosen(shops: Sequence[ProducerRow], wanted: UUID) -> str:
    return next((shop.name for shop in shops if shop.id == wanted), "")


async def _freight_page(
    request: Asked, conn: Connection, actor: Actor, producer_id: UUID, values: Values | None,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    freight = await get_freight(conn, producer_id)
    shops = await list_own(conn, actor)
    shown = values or _values_of(freight)
    regions = list(dict.fromkeys((*_FAR, *(freight.no_ship if freight else ()))))
    context = {
        "name": _chosen(shops, producer_id),
        "others": [(f"/farm/freight?of={shop.id}", shop.name) for shop in shops if shop.id != producer_id],
        "now": freight_words(freight),
        "ways": _WAYS,
        "regions": [(code, region_name(f"{code}0000")) for code in regions],
        "producer": str(producer_id),
        "values": shown,
        "errors": errors,
        "said": request.query_params.get("said") == "set",
    }
    return page(request, "farm/freight.html", context, actor=actor, status=status)


@get("/farm/freight", include_in_schema=False)
async def freight_form(request: Asked, db: NamedDependency[Database], actor: NamedDependency[Actor]) -> Response[Any]:
    """Show who pays for carriage, and ask what it is to cost.

    Raises:
        NotFound: the person does not work for the producer.
    """
    if not sells(actor):
        return see_other("/farm/apply")
    wanted = read_uuid(str(request.query_params.get("of", ""))) or actor.producers[0]
    async with db.connection() as conn:
        return await _freight_page(request, conn, actor, own_producer(actor, wanted), None)


@post("/farm/freight", include_in_schema=False)
async def take_freight(
    request: Asked,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Set what carriage costs; orders that were placed keep theirs.

    Raises:
        NotFound: the person does not work for the producer.
    """
    found = await fields(request)
    producer_id = own_producer(actor, read_uuid(str(found.get("producer", ""))))
    ticked: object = found.get("no_ship", [])
    typed = {name: str(found.get(name, "")) for name in Values.__struct_fields__[:-1]}
    values = Values(**typed, no_ship=[str(each) for each in _listed(ticked)])
    freight = read_freight(values)
    if isinstance(freight, list):
        async with db.connection() as conn:
            return await _freight_page(request, conn, actor, producer_id, values, errors=freight, status=422)
    async with db.transaction() as conn:
        await set_freight(conn, actor, producer_id, freight, now=clock.now())
    return see_other(f"/farm/freight?of={producer_id}&said=set")


def _listed(ticked: object) -> list[Any]:
    return list(ticked) if isinstance(ticked, list) else [ticked]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


ROUTES = [freight_form, take_freight]
