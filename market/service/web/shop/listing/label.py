"""扫标签: whether the code on a box is a label of the market, what it states, and whether it was revoked."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.trace.labels import scan_label
from market.catalogue.trace.models import PROMISE_NAMES, ScannedLabel
from market.catalogue.trace.verify_label import LabelForged
from market.kernel import Database
from market.kernel.language import say
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.ui.format import day_zh, weight


def _list_facts(found: ScannedLabel) -> list[tuple[str, str]]:
    where = say("几批掺的（{0} 批），最早的", found.parents) if found.parents else say("{0}，", found.plot)
    return [
        (say("谁家的"), found.producer),
        (say("产地"), found.village),
        (say("收的"), say("{0}{1}收", where, day_zh(found.harvested_on))),
        (say("重量"), weight(found.grams)),
        (
            say("合格证"),
            say("承诺达标，依据{0}", say(PROMISE_NAMES[found.promise])) if found.promise else say("没有开"),
        ),
        (say("标签"), say("{0}开", day_zh(found.issued_at))),
        *([(say("卖出"), say("{0}装箱，在乡集卖的", day_zh(found.packed_at)))] if found.packed_at else []),
    ]


async def _show(request: HttpRequest, db: Database, visitor: Actor | None) -> Response[bytes]:
    found: ScannedLabel | None = None
    why = ""
    try:
        async with db.connection() as conn:
            found = await scan_label(conn, f"{request.url.path}?{request.url.query}")
    except LabelForged:
        why = "forged"
    except NotFound:
        why = "unknown"
    context = {
        "found": found,
        "why": why,
        "facts": _list_facts(found) if found else [],
        "shop": f"/sellers/{found.producer_number}" if found and found.producer_open else "",
    }
    status = 200 if found else 404
    # Nothing keeps it: the next scan must show a revocation.
    return render_page(request, "shop/label.html", context, actor=visitor, status=status)


@get("/l/10/{lot:str}/21/{serial:str}", include_in_schema=False, english=True, rate=RateClass.SEARCH)
async def show_label(
    request: HttpRequest,
    lot: FromPath[str],  # noqa: ARG001 - what is signed is the whole address
    serial: FromPath[str],  # noqa: ARG001
    db: NamedDependency[Database],
    visitor: NamedDependency[Actor | None],
) -> Response[bytes]:
    """Show what a scanned label states."""
    return await _show(request, db, visitor)


@get("/01/{gtin:str}/10/{lot:str}/21/{serial:str}", include_in_schema=False, english=True, rate=RateClass.SEARCH)
async def show_product_label(
    request: HttpRequest,
    *,
    gtin: FromPath[str],  # noqa: ARG001 - what is signed is the whole address
    lot: FromPath[str],  # noqa: ARG001
    serial: FromPath[str],  # noqa: ARG001
    db: NamedDependency[Database],
    visitor: NamedDependency[Actor | None],
) -> Response[bytes]:
    """Show what a scanned label with a product code states; the path is that of a GS1 Digital Link."""
    return await _show(request, db, visitor)


ROUTES = [show_label, show_product_label]
