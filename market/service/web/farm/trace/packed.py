"""装箱贴的标签: which labels of the shop's lots are on each line of a parcel, and taking some off until it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.units import get_count_word
from market.catalogue.trace.models import TraceInvalid
from market.catalogue.trace.packed import LabelCode, PackedLot, list_packed_lots, pack_labels, read_label_codes
from market.catalogue.trace.unpacked import UnpackedLabel, list_unpacked_labels, unpack_labels
from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.orders.models import SuborderState
from market.service.http import HttpRequest
from market.service.web.farm.sending.parcels import load_parcel
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import clock_zh, day_zh

_MAX_TYPED, _MAX_TICKED = 400, 2000
_DONE = {"1": ("记下了", "买家扫标签，看得到是在乡集卖的。"), "off": ("去掉了", "去掉的标签可以贴别的东西。")}


class LineLabels(Struct, frozen=True, kw_only=True):
    """A line of a parcel for display: what was typed, its labels, those that may be taken off, and those that were."""

    field: str
    words: str
    typed: str
    lots: list[str]
    codes: list[str]
    removed: list[str]


def describe_packed_lot(lot: PackedLot) -> str:
    """Describe a lot of a parcel: `第 12 批香菇，东坡地，2019年9月20日收，3、4 号`."""
    serials = "、".join(map(str, lot.serials))
    return f"第 {lot.lot} 批{lot.crop}，{lot.plot or '几批掺的'}，{day_zh(lot.harvested_on)}收，{serials} 号"


async def _page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor, clock: Clock,
    *, suborder_id: UUID, typed: Mapping[str, str] | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        parcel = (await load_parcel(conn, seal, actor, suborder_id, now=clock.now())).parcel
        lots = await list_packed_lots(conn, suborder_id)
        removed = await list_unpacked_labels(conn, suborder_id)
    values = typed or {}
    context = {
        "number": parcel.code,
        "action": f"/farm/parcels/{suborder_id}/labels",
        "back": f"/farm/parcels/{suborder_id}",
        "lines": [
            LineLabels(
                field=f"l{index}",
                words=f"{line.title} {line.quantity} {get_count_word(line.unit)}",
                typed=values.get(f"l{index}", ""),
                lots=[describe_packed_lot(each) for each in lots if each.order_line_id == line.line_id],
                codes=[
                    str(LabelCode(each.lot, serial))
                    for each in lots
                    if each.order_line_id == line.line_id and parcel.state is SuborderState.PAID
                    for serial in each.serials
                ],
                removed=[_describe_removal(each) for each in removed if each.order_line_id == line.line_id],
            )
            for index, line in enumerate(parcel.lines)
        ],
        "errors": errors,
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "farm/packed_labels.html", context, actor=actor, status=status)


def _describe_removal(each: UnpackedLabel) -> str:
    return f"{LabelCode(each.lot, each.serial)}，{clock_zh(each.unpacked_at)}，{each.by}去掉"


@get("/farm/parcels/{suborder_id:uuid}/labels", include_in_schema=False)
async def show_packed_labels(
    request: HttpRequest,
    *,
    suborder_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show which labels are on a parcel, and the form for more.

    Raises:
        NotFound: the parcel belongs to someone else, or its suborder has ended.
    """
    return await _page(request, db, seal, actor, clock, suborder_id=suborder_id)


@post("/farm/parcels/{suborder_id:uuid}/labels", include_in_schema=False)
async def submit_packed_labels(
    request: HttpRequest,
    *,
    suborder_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Say which labels are on the lines of a parcel: all that were typed, or none."""
    form = await read_form(request)
    async with db.connection() as conn:
        parcel = (await load_parcel(conn, seal, actor, suborder_id, now=clock.now())).parcel
    typed = {f"l{index}": form.get_text(f"l{index}")[:_MAX_TYPED] for index in range(len(parcel.lines))}
    field = ""
    try:
        async with db.transaction() as conn:
            for field, line in zip(typed, parcel.lines, strict=True):
                await pack_labels(conn, actor, line.line_id, read_label_codes(typed[field]), now=clock.now())
    except TraceInvalid as refusal:
        errors = [FieldFault(field, each.message) for each in refusal.errors]
        return await _page(
            request, db, seal, actor, clock, suborder_id=suborder_id, typed=typed, errors=errors, status=refusal.status
        )
    return redirect(f"/farm/parcels/{suborder_id}/labels?done=1")


@post("/farm/parcels/{suborder_id:uuid}/labels/removals", include_in_schema=False)
async def submit_removed_labels(
    request: HttpRequest,
    *,
    suborder_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Take the ticked labels off a line of a parcel that was not sent: all, or none."""
    form = await read_form(request)
    async with db.connection() as conn:
        parcel = (await load_parcel(conn, seal, actor, suborder_id, now=clock.now())).parcel
    field = form.get_text("line")
    line = next((each for index, each in enumerate(parcel.lines) if field == f"l{index}"), parcel.lines[0])
    try:
        codes = read_label_codes(" ".join(form.get_texts("off"))[:_MAX_TICKED])
        async with db.transaction() as conn:
            await unpack_labels(conn, actor, line.line_id, codes, now=clock.now())
    except TraceInvalid as refusal:
        errors = [FieldFault(field, each.message) for each in refusal.errors]
        return await _page(
            request, db, seal, actor, clock, suborder_id=suborder_id, errors=errors, status=refusal.status
        )
    return redirect(f"/farm/parcels/{suborder_id}/labels?done=off")


ROUTES = [show_packed_labels, submit_packed_labels, submit_removed_labels]
