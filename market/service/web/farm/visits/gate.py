"""没网核码: a page that checks guests' codes without a network, and the upload of what it checked."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import SHANGHAI, Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.visits.scans import NewScan, ScanOutcome, UploadedScan, list_double_scans, load_gate_data, upload_scan
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller
from market.service.web.forms import parse_integer, parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh

_MAX_CODE_LENGTH = 200
_MAX_MOMENT_MS = 32_503_680_000_000
"""The year 3000 in milliseconds."""


@get("/farm/gate", include_in_schema=False)
async def show_gate(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the page that checks codes, with the keys and the void codes that it needs without a network."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        data = await load_gate_data(conn, seal, actor, now=clock.now())
        doubles = await list_double_scans(conn, actor, now=clock.now())
    context = {
        "data": msgspec.json.encode(data).decode(),
        "doubles": [
            (f"{each.title}，订单 {each.order_code}", "、".join(clock_zh(at.astimezone(SHANGHAI)) for at in each.scans))
            for each in doubles
        ],
        "saved": clock_zh(clock.now().astimezone(SHANGHAI)),
    }
    return render_page(request, "farm/gate.html", context, actor=actor)


@post("/farm/gate/scans", include_in_schema=False, status_code=200)
async def submit_scan(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> UploadedScan:
    """Record a scan as the phone made it; the same scan sent twice is recorded once.

    Raises:
        TooManyCheckInCodes: the person tried ten wrong codes in the last hour.
    """
    form = await read_form(request)
    nonce = parse_uuid(form.get_text("nonce"))
    moment = parse_integer(form.get_text("at"), maximum=_MAX_MOMENT_MS)
    code = form.get_text("code")
    if nonce is None or moment is None or len(code) > _MAX_CODE_LENGTH:
        return UploadedScan(nonce=nonce or UUID(int=0), outcome=ScanOutcome.WRONG, others=[])
    scan = NewScan(nonce=nonce, code=code, shown_at=datetime.fromtimestamp(moment / 1000, UTC))
    async with db.transaction() as conn:
        return await upload_scan(conn, seal, actor, scan, now=clock.now())


@get("/farm/gate-worker.js", include_in_schema=False, rate=RateClass.FREE)
async def show_gate_worker(request: HttpRequest) -> Response[bytes]:
    """Return the script that keeps the page; a browser asks for it under this name again and again."""
    renderer = get_services(request).renderer
    script = renderer.static[renderer.url("gate-worker.js")]
    return Response(script.content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


ROUTES = [show_gate, submit_scan, show_gate_worker]
