"""One lot: where it is from, its labels to print, and to revoke."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.units import format_weight
from market.catalogue.producers.models import ProducerRow
from market.catalogue.producers.queries import list_own_producers
from market.catalogue.trace.harvests import delete_lot, get_own_lot, list_parents
from market.catalogue.trace.labels import get_own_run, list_runs, list_signed_labels, make_labels, revoke_labels
from market.catalogue.trace.models import (
    MAX_LABEL_GRAMS,
    MAX_LABELS,
    MAX_REASON_LENGTH,
    MIN_LABEL_GRAMS,
    MUST_PROMISE,
    PROMISE_NAMES,
    HarvestLot,
    LabelRun,
    LotInUse,
    LotParent,
    LotUsedUp,
    NewLabels,
    PromiseBasis,
    PromiseNeeded,
    TraceInvalid,
)
from market.catalogue.trace.rules import parse_grams
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.forms import PostedForm, make_form_key, parse_integer, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.ui.qr_code import draw_qr_code

ALL_LABELS = "全部"
"""What is written for a serial to revoke all labels of a lot."""
_NO_PROMISE = "none"


class LabelForm(Struct, frozen=True):
    """The forms of a lot as typed."""

    count: str = ""
    each: str = ""
    gtin: str = ""
    promise: str = ""
    serial: str = ""
    reason: str = ""


def list_lot_facts(lot: HarvestLot, parents: Sequence[LotParent]) -> list[tuple[str, str]]:
    """Return what a lot is, as names and values."""
    facts = [("作物", lot.crop), ("采收日期", day_zh(lot.harvested_on)), ("重量", format_weight(lot.grams))]
    if parents:
        for each in parents:
            where = f"{each.plot or '掺的'}，{day_zh(each.harvested_on)}收"
            facts.append(("掺自", f"第 {each.number} 批 {format_weight(each.grams)}，{where}"))
    else:
        facts.append(("地块", lot.plot))
    return [*facts, ("还没贴标签", format_weight(lot.left_grams) if lot.left_grams else "没有了")]


def describe_run(run: LabelRun) -> tuple[str, list[str]]:
    """Return the serials of a run, and what its labels state."""
    last = run.first_serial + run.count - 1
    name = f"{run.first_serial} 到 {last} 号" if run.count > 1 else f"{last} 号"
    promise = f"合格证：{PROMISE_NAMES[run.promise]}" if run.promise else "没有合格证"
    revoked = [f"作废了 {run.revoked} 张"] if run.revoked else []
    return name, [f"每张 {format_weight(run.grams)}，{promise}", f"{day_zh(run.issued_at)}做的", *revoked]


async def _find_shop(conn: Connection, actor: Actor, lot: HarvestLot) -> ProducerRow:
    return next(each for each in await list_own_producers(conn, actor) if each.id == lot.producer_id)


async def _page(
    request: HttpRequest, db: Database, actor: Actor, number: int,
    *, form: LabelForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        lot = await get_own_lot(conn, actor, number)
        parents = await list_parents(conn, lot.id)
        runs = await list_runs(conn, lot.id)
        must = (await _find_shop(conn, actor, lot)).kind in MUST_PROMISE
    context = {
        "lot": lot,
        "facts": list_lot_facts(lot, parents),
        "runs": [(f"/farm/labels/{each.number}", *describe_run(each)) for each in runs],
        "promises": [(each.value, name) for each, name in PROMISE_NAMES.items()]
        + ([] if must else [(_NO_PROMISE, "不开合格证")]),
        "must": must,
        "form": form or LabelForm(promise=PromiseBasis.OWN_PROMISE),
        "errors": errors,
        "keys": [make_form_key() for _ in range(3)],
        "most": MAX_LABELS,
        "most_reason": MAX_REASON_LENGTH,
        "all_labels": ALL_LABELS,
        "revoked": request.query_params.get("revoked", "")[:6],
    }
    return render_page(request, "farm/harvest_lot.html", context, status=status, actor=actor)


@get("/farm/harvest-lots/{number:str}", include_in_schema=False)
async def show_lot(
    request: HttpRequest, number: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Show a lot, its labels, and the forms that make and revoke them.

    Raises:
        NotFound: there is no such lot of a producer that the person works for.
    """
    return await _page(request, db, actor, parse_integer(number) or 0)


def _read_labels(form: PostedForm) -> NewLabels | None:
    """Read the labels to make; a wrong field adds a fault."""
    count = form.read_integer("count", fault=f"写 1 到 {MAX_LABELS} 张", minimum=1, maximum=MAX_LABELS)
    grams = parse_grams(form.get_text("each"))
    if grams is None or not MIN_LABEL_GRAMS <= grams <= MAX_LABEL_GRAMS:
        form.add_fault("each", "写成 2.5，从 0.01 到 999.999 公斤")
    gtin, promise = form.get_text("gtin"), form.get_text("promise")
    if len(gtin) > 14:
        form.add_fault("gtin", "商品条码最多 14 位数字")
    if promise not in {_NO_PROMISE, *PromiseBasis}:
        form.add_fault("promise", "选一样")
    if form.faults or grams is None:
        return None
    basis = None if promise == _NO_PROMISE else PromiseBasis(promise)
    return NewLabels(count=count, grams=grams, gtin=gtin, promise=basis)


@post("/farm/harvest-lots/{number:str}/labels", include_in_schema=False)
async def submit_labels(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Make labels, and show them to print.

    Raises:
        NotFound: there is no such lot of a producer that the person works for.
    """
    form = await read_form(request)
    typed, lot = form.fill(LabelForm), parse_integer(number) or 0
    new = _read_labels(form)
    if new is None:
        return await _page(request, db, actor, lot, form=typed, errors=form.faults, status=422)

    async def make(conn: Connection) -> str:
        return f"/farm/labels/{(await make_labels(conn, seal, actor, lot, new, now=clock.now())).number}"

    try:
        return await submit_once(request, actor, form, make)
    except (TraceInvalid, PromiseNeeded, LotUsedUp) as refusal:
        field = "promise" if isinstance(refusal, PromiseNeeded) else "count"
        faults = refusal.errors or (FieldFault(field, refusal.text("zh")),)
        return await _page(request, db, actor, lot, form=typed, errors=faults, status=refusal.status)


async def revoke_typed(conn: Connection, actor: Actor, lot: int, form: PostedForm, *, now: datetime) -> int:
    """Revoke the labels of a form, one by its serial or all by the word `ALL_LABELS`; return how many.

    Raises:
        TraceInvalid: the serial is neither, or no label that may be revoked; or there is no reason.
        NotFound, NotAllowed, SecondFactorRequired: see `revoke_labels`.
    """
    written = form.get_text("serial")
    serial = parse_integer(written)
    if serial is None and written != ALL_LABELS:
        raise TraceInvalid(errors=(FieldFault("serial", f"写哪一号，整批都作废就写“{ALL_LABELS}”"),))
    try:
        return len(await revoke_labels(conn, actor, lot, serial=serial, reason=form.get_text("reason"), now=now))
    except NotFound:
        fault = FieldFault("serial", "没有这一号，或者已经作废了" if serial is not None else "这一批没有能作废的标签了")
        raise TraceInvalid(errors=(fault,)) from None


@post("/farm/harvest-lots/{number:str}/revoke", include_in_schema=False)
async def submit_revocation(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Revoke one label or all labels of a lot.

    Raises:
        NotFound: there is no such lot of a producer that the person works for.
    """
    form = await read_form(request)
    lot = parse_integer(number) or 0

    async def revoke(conn: Connection) -> str:
        await get_own_lot(conn, actor, lot)
        count = await revoke_typed(conn, actor, lot, form, now=clock.now())
        return f"/farm/harvest-lots/{lot}?revoked={count}"

    try:
        return await submit_once(request, actor, form, revoke)
    except TraceInvalid as refusal:
        typed = form.fill(LabelForm)
        return await _page(request, db, actor, lot, form=typed, errors=refusal.errors, status=refusal.status)


@post("/farm/harvest-lots/{number:str}/delete", include_in_schema=False)
async def submit_deletion(
    request: HttpRequest, number: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Take back a lot that nothing was made of.

    Raises:
        NotFound: there is no such lot of a producer that the person works for.
        LotInUse: it has labels or is part of another lot.
    """
    await read_form(request)
    try:
        async with db.transaction() as conn:
            await delete_lot(conn, actor, parse_integer(number) or 0)
    except LotInUse as refusal:
        faults = [FieldFault("delete", refusal.text("zh"))]
        return await _page(request, db, actor, parse_integer(number) or 0, errors=faults, status=refusal.status)
    return redirect("/farm/plots?said=lot")


@get("/farm/labels/{number:str}", include_in_schema=False)
async def print_labels(
    request: HttpRequest, number: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Show the labels of a run to print: QR code, what is inside, and the 承诺达标合格证.

    Raises:
        NotFound: there is no such run of a producer that the person works for.
    """
    async with db.connection() as conn:
        run = await get_own_run(conn, actor, parse_integer(number) or 0)
        lot = await get_own_lot(conn, actor, run.lot)
        shop = await _find_shop(conn, actor, lot)
        labels = await list_signed_labels(conn, actor, run.number)
    origin = get_origin(request)
    context = {
        "lot": lot,
        "run": run,
        "weight": format_weight(run.grams),
        "grown": f"{shop.county}{shop.township}{shop.village}",
        "promise": PROMISE_NAMES[run.promise] if run.promise else "",
        "labels": [
            (each.serial, draw_qr_code(origin + each.text, f"第 {lot.number} 批 {each.serial} 号标签"))
            for each in labels
            if not each.revoked
        ],
    }
    return render_page(request, "farm/labels.html", context, actor=actor)


ROUTES = [show_lot, submit_labels, submit_revocation, submit_deletion, print_labels]
