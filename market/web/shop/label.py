"""扫标签: whether the code on a box is a label of the market, what it states, and whether it was revoked."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.units import format_weight
from market.http import HttpRequest
from market.identity.models import Actor, NotFound
from market.kernel import Database
from market.rate_limits import RateClass
from market.trace.labels import scan_label
from market.trace.models import PROMISE_NAMES, ScannedLabel
from market.trace.verify_label import LabelForged
from market.web.pages import render_page
from market.web.ui.format import day_zh


def _list_facts(found: ScannedLabel) -> list[tuple[str, str]]:
    where = f"几批掺的（{found.parents} 批），最早的" if found.parents else f"{found.plot}，"
    return [
        ("谁家的", found.producer),
        ("产地", found.village),
        ("收的", f"{where}{day_zh(found.harvested_on)}收"),
        ("重量", format_weight(found.grams)),
        ("合格证", f"承诺达标，依据{PROMISE_NAMES[found.promise]}" if found.promise else "没有开"),
        ("标签", f"{day_zh(found.issued_at)}开"),
        *([("卖出", f"{day_zh(found.packed_at)}装箱，在乡集卖的")] if found.packed_at else []),
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


@get("/l/10/{lot:str}/21/{serial:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def show_label(
    request: HttpRequest,
    lot: FromPath[str],  # noqa: ARG001 - what is signed is the whole address
    serial: FromPath[str],  # noqa: ARG001
    db: NamedDependency[Database],
    visitor: NamedDependency[Actor | None],
) -> Response[bytes]:
    """Show what a scanned label states."""
    return await _show(request, db, visitor)


@get("/01/{gtin:str}/10/{lot:str}/21/{serial:str}", include_in_schema=False, rate=RateClass.SEARCH)
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
