"""地块和标签: what a seller grows on, what was harvested, and how much of it has no label yet."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.publish import resolve_own_producer
from market.catalogue.listings.units import format_weight
from market.catalogue.trace.harvests import list_lots, mix_lots, record_harvest
from market.catalogue.trace.models import (
    MAX_PLOT_NAME_LENGTH,
    HarvestLot,
    HarvestTooLarge,
    LotPart,
    LotsDiffer,
    LotUsedUp,
    NewHarvest,
    NewPlot,
    NoYieldLimit,
    Plot,
    PlotKnown,
    PlotYield,
    TraceInvalid,
)
from market.catalogue.trace.plots import add_plot, list_plot_yields, list_plots, list_shop_limits
from market.catalogue.trace.rules import format_area, parse_area, parse_grams
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller, list_producer_options
from market.service.web.forms import PostedForm, make_form_key, parse_integer, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_short, day_zh

_FIELDS: dict[type[Refusal], str] = {
    PlotKnown: "name", NoYieldLimit: "crop", HarvestTooLarge: "kg", LotUsedUp: "parts", LotsDiffer: "parts",
}  # fmt: skip
_REFUSED: tuple[type[Refusal], ...] = (TraceInvalid, *_FIELDS)


class TraceForm(Struct, frozen=True):
    """The forms of the page as typed."""

    producer: str = ""
    name: str = ""
    area: str = ""
    plot: str = ""
    crop: str = ""
    day: str = ""
    kg: str = ""


def list_trace_faults(refusal: Refusal) -> list[FieldFault]:
    """Return the faults of a refusal, at the field of the forms that it is about."""
    field = next((each for kind, each in _FIELDS.items() if isinstance(refusal, kind)), "name")
    return list(refusal.errors) or [FieldFault(field, refusal.text("zh"))]


def describe_lot(lot: HarvestLot) -> tuple[str, list[str]]:
    """Return the name of a lot, and what is left of it."""
    left = f"还有 {format_weight(lot.left_grams)} 没贴标签" if lot.left_grams else "都用了"
    where = lot.plot or "掺的"
    return f"{lot.crop}，第 {lot.number} 批", [
        f"{where}，{day_zh(lot.harvested_on)}收，{format_weight(lot.grams)}",
        left,
    ]


def _describe_plot(plot: Plot, yields: Sequence[PlotYield]) -> tuple[str, list[str]]:
    given = [
        f"今年{each.crop} {format_weight(each.harvested_grams)}，最多 {format_weight(each.limit_grams)}"
        for each in yields
        if each.plot_id == plot.id
    ]
    return f"{plot.name}，{format_area(plot.area_m2)}", given or ["今年还没有记采收"]


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock,
    *, form: TraceForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    today = clock.today()
    async with db.connection() as conn:
        plots = await list_plots(conn, actor.producers)
        yields = await list_plot_yields(conn, actor.producers, year=today.year)
        lots = await list_lots(conn, actor.producers)
        shops = await list_producer_options(conn, actor)
        crops = [each.crop for shop in actor.producers[:5] for each in await list_shop_limits(conn, shop, day=today)]
    context = {
        "lots": [(f"/farm/harvest-lots/{each.number}", *describe_lot(each)) for each in lots],
        "mixable": sum(each.left_grams > 0 for each in lots) > 1,
        "plots": [_describe_plot(each, yields) for each in plots],
        "plot_options": [(str(each.id), f"{each.name}，{format_area(each.area_m2)}") for each in plots],
        "crops": [(each, each) for each in dict.fromkeys(crops)],
        "shops": shops,
        "form": form or TraceForm(producer=str(actor.producers[0]), day=str(today)),
        "first_shop": str(actor.producers[0]),
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_PLOT_NAME_LENGTH,
        "said": {"plot": "地块记下了", "lot": "删掉了"}.get(request.query_params.get("said", ""), ""),
    }
    return render_page(request, "farm/plots.html", context, status=status, actor=actor)


@get("/farm/plots", include_in_schema=False)
async def show_plots(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Show lots with what is left, plots with what they gave, and the forms that add to them."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    return await _page(request, db, actor, clock)


@post("/farm/plots", include_in_schema=False)
async def submit_plot(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Add a plot.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    typed = form.fill(TraceForm)
    producer_id = resolve_own_producer(actor, parse_uuid(typed.producer))
    new = NewPlot(name=typed.name[: 2 * MAX_PLOT_NAME_LENGTH], area_m2=parse_area(typed.area) or 0)

    async def add(conn: Connection) -> str:
        await add_plot(conn, actor, producer_id, new, now=clock.now())
        return "/farm/plots?said=plot"

    try:
        return await submit_once(request, actor, form, add)
    except _REFUSED as refusal:
        faults = list_trace_faults(refusal)
        return await _page(request, db, actor, clock, form=typed, errors=faults, status=refusal.status)


@post("/farm/harvests", include_in_schema=False)
async def submit_harvest(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Record a harvest as a new lot, and go on to its labels.

    Raises:
        NotFound: the plot is not of a producer that the person works for.
    """
    if not is_seller(actor):
        raise NotFound
    form = await read_form(request)
    typed = form.fill(TraceForm)
    plot_id = form.read_uuid("plot", fault="选一块地")
    day = form.read_day("day", fault="选哪天收的")
    grams = parse_grams(typed.kg)
    if not typed.crop:
        form.add_fault("crop", "选收的是什么")
    if grams is None:
        form.add_fault("kg", "写成 120 或 120.5")
    if form.faults or plot_id is None or day is None or grams is None:
        return await _page(request, db, actor, clock, form=typed, errors=form.faults, status=422)
    new = NewHarvest(plot_id=plot_id, crop=typed.crop[:40], harvested_on=day, grams=grams)

    async def record(conn: Connection) -> str:
        return f"/farm/harvest-lots/{(await record_harvest(conn, actor, new, now=clock.now())).number}"

    try:
        return await submit_once(request, actor, form, record)
    except _REFUSED as refusal:
        faults = list_trace_faults(refusal)
        return await _page(request, db, actor, clock, form=typed, errors=faults, status=refusal.status)


async def _mixing_page(
    request: HttpRequest, db: Database, actor: Actor,
    *, form: PostedForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        lots = [each for each in await list_lots(conn, actor.producers) if each.left_grams]
    context = {
        "lots": [
            (
                f"kg-{each.number}",
                f"{each.crop}，第 {each.number} 批，{each.plot or '掺的'}，{day_short(each.harvested_on)}收",
                f"还有 {format_weight(each.left_grams)}",
                form.get_text(f"kg-{each.number}") if form else "",
            )
            for each in lots
        ],
        "errors": errors,
        "key": make_form_key(),
    }
    return render_page(request, "farm/mix_lots.html", context, status=status, actor=actor)


@get("/farm/mixtures", include_in_schema=False)
async def show_mixing(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Show the form that mixes lots."""
    return await _mixing_page(request, db, actor) if is_seller(actor) else redirect("/farm/apply")


@post("/farm/mixtures", include_in_schema=False)
async def submit_mixture(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Mix lots into a new one, and go on to its labels.

    Raises:
        NotFound: the person works for no producer, or a lot is of another one.
    """
    if not is_seller(actor):
        raise NotFound
    form = await read_form(request)
    parts: list[LotPart] = []
    for name in form.fields:
        number = parse_integer(name.removeprefix("kg-")) if name.startswith("kg-") else None
        if number is None or not form.get_text(name):
            continue
        grams = parse_grams(form.get_text(name))
        if grams is None:
            form.add_fault(name, "写成 20 或 20.5，不掺的空着")
        else:
            parts.append(LotPart(lot=number, grams=grams))
    if form.faults:
        return await _mixing_page(request, db, actor, form=form, errors=form.faults, status=422)

    async def mix(conn: Connection) -> str:
        own = {each.number: each.producer_id for each in await list_lots(conn, actor.producers)}
        shop = own.get(parts[0].lot, actor.producers[0]) if parts else actor.producers[0]
        return f"/farm/harvest-lots/{(await mix_lots(conn, actor, shop, parts, now=clock.now())).number}"

    try:
        return await submit_once(request, actor, form, mix)
    except _REFUSED as refusal:
        faults = [FieldFault("parts", each.message) for each in list_trace_faults(refusal)]
        return await _mixing_page(request, db, actor, form=form, errors=faults, status=refusal.status)


ROUTES = [show_plots, submit_plot, submit_harvest, show_mixing, submit_mixture]
