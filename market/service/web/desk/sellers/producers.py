"""Applications to sell: the village confirms, the county recommends, another official approves; never the applicant."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.producers.check_certificates import reject_certificate, set_certificate_area, verify_certificate
from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import (
    ADMISSION_STEP_NAMES,
    CERTIFICATE_NAMES,
    PRODUCER_KIND_NAMES,
    PRODUCER_STATE_NAMES,
    AdmissionStep,
    AreaNeeded,
    Certificate,
    CertificateKind,
    Producer,
    ProducerRow,
    ProducerState,
    ReasonNeeded,
)
from market.catalogue.producers.queries import (
    FIRST_ID,
    get_producer,
    list_account_producers,
    list_pending_producers,
    list_unverified_producers,
    may_decide,
    may_verify,
)
from market.kernel import Connection, Database, FieldFault, Query, Refusal
from market.kernel.clock import Clock
from market.kernel.division_codes import pad_code
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.people.identity.models import AccountId, Actor, NotAllowed, NotFound
from market.people.identity.sign_in import find_account_by_phone, get_phone
from market.places.divisions.queries import list_children
from market.sales.payouts.correct_seller_name import UNVERIFIED_STATES
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_county_query,
    build_refusal_notice,
    open_desk,
    render_desk_page,
)
from market.service.web.forms import parse_id, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh

_PAGE_SIZE = 20


class CertificatePhoto(Struct, frozen=True):
    """The photo of a certificate."""

    id: UUID
    photo_id: UUID


LIST_CERTIFICATE_PHOTOS = Query(
    CertificatePhoto,
    "SELECT id, photo_id FROM certificates WHERE producer_id = :producer_id AND photo_id IS NOT NULL LIMIT 100",
)
_FORWARD = {
    ProducerState.APPLIED: (AdmissionStep.CONFIRM, "村里核实，属实"),
    ProducerState.CONFIRMED: (AdmissionStep.RECOMMEND, "县里推荐"),
    ProducerState.RECOMMENDED: (AdmissionStep.APPROVE, "审核通过，可以卖"),
    ProducerState.OPEN: (AdmissionStep.SUSPEND, "暂停"),
    ProducerState.SUSPENDED: (AdmissionStep.REOPEN, "恢复"),
}
_DONE = {
    "1": "已记下",
    "named": "姓名改好了，短信已经发给本人",
    "unpaid": "姓名改好了，短信已经发给本人；收款账户停用了，请本人在“我的钱”里重新填",
    "same": "姓名本来就是这样，没有改动",
}
_ADMITTED = frozenset({ProducerState.OPEN, ProducerState.SUSPENDED})
_REFUSABLE = frozenset({ProducerState.APPLIED, ProducerState.CONFIRMED, ProducerState.RECOMMENDED})


@get("/producers", include_in_schema=False)
async def list_producer_applications(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the applications whose next step the official may take, oldest first."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _list_page(request, db, desk, {})


async def _list_page(
    request: HttpRequest, db: Database, desk: DeskContext, search: Mapping[str, Any], *, status: int = 200
) -> Response[bytes]:
    """Show the applications to decide, and what a search for a seller found."""
    after = parse_uuid(request.query_params.get("after", "")) or FIRST_ID
    rows, more, certificates = None, None, []
    async with db.connection() as conn:
        try:
            applications = await list_pending_producers(conn, desk.actor, after=after, limit=_PAGE_SIZE)
        except NotAllowed:
            pass
        else:
            rows = _link_producers(desk, applications.items)
            more = desk.to("/desk/producers", after=applications.next) if applications.next else None
            certificates = await _list_unverified_certificates(conn, desk)
    shown = {"rows": rows, "more": more, "certificates": certificates}
    context = {**shown, "phone": "", "errors": [], "found": [], **search}
    return render_desk_page(request, desk, "producers.html", context, status=status)


def _link_producers(desk: DeskContext, producers: Iterable[ProducerRow]) -> list[tuple[str, str, list[str]]]:
    return [
        (
            desk.to(f"/desk/producers/{row.id}"),
            row.name,
            [f"{row.township} {row.village}　{PRODUCER_KIND_NAMES[row.kind]}", PRODUCER_STATE_NAMES[row.state]],
        )
        for row in producers
    ]


# A phone number belongs into no URL.
@post("/producers/find", include_in_schema=False, auditor="reads")
async def submit_phone(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Open the seller for whom the account of a phone works, if the official sees it; of several, list them."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    phone = form.get_text("phone")
    async with db.connection() as conn:
        account_id = await find_account_by_phone(conn, seal, phone)
        found = [] if account_id is None else await list_account_producers(conn, actor, account_id)
    if len(found) == 1:
        return redirect(desk.to(f"/desk/producers/{found[0].id}"))
    if found:
        return await _list_page(request, db, desk, {"phone": phone, "found": _link_producers(desk, found)})
    errors = [FieldFault("phone", "您管的地方没有用这个电话的卖家，请对一下 11 位手机号")]
    return await _list_page(request, db, desk, {"phone": phone, "errors": errors}, status=422)


async def _list_unverified_certificates(conn: Connection, desk: DeskContext) -> list[tuple[str, str, list[str]]]:
    """Return the sellers with certificates that the official may verify."""
    try:
        producers = await list_unverified_producers(conn, desk.actor, limit=_PAGE_SIZE)
    except NotAllowed:
        return []
    return [
        (
            f"{desk.to(f'/desk/producers/{row.id}')}#papers",
            row.name,
            [f"{row.township} {row.village}　{PRODUCER_KIND_NAMES[row.kind]}", "交了证，等核对"],
        )
        for row in producers.items
    ]


@get("/producers/{producer_id:str}", include_in_schema=False)
async def show_producer(
    request: HttpRequest,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show an application with its steps and certificates, and the official's next step."""
    desk = await open_desk(request, db, actor, clock, register=False)
    done = _DONE.get(request.query_params.get("done", ""))
    notice = PageNotice("ok", done) if done else None
    async with db.connection() as conn:
        return await _page(request, conn, seal, desk, parse_path_id(producer_id), notice=notice)


@post("/producers/{producer_id:str}", include_in_schema=False)
async def submit_decision(
    request: HttpRequest,
    *,
    producer_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Decide on a producer; the applicant gets an SMS."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    producer_uuid = parse_path_id(producer_id)
    try:
        step = AdmissionStep(form.get_text("step"))
    except ValueError:
        raise NotFound from None
    try:
        async with db.transaction() as conn:
            await decide_producer(
                conn,
                seal,
                actor,
                producer_uuid,
                step=step,
                reason=form.get_text("reason"),
                applicant=form.get_text("applicant") or None,
                certificates=[parse_id(each) for each in form.get_texts("certificate")],
                now=desk.now,
            )
    except NotFound:
        raise
    except Refusal as refusal:
        async with db.connection() as conn:
            return await _page(
                request, conn, seal, desk, producer_uuid,
                notice=build_refusal_notice(refusal, f"没有办成：{ADMISSION_STEP_NAMES[step]}"), status=refusal.status,
            )  # fmt: skip
    return redirect(desk.to(f"/desk/producers/{producer_uuid}", done=1))


@post("/producers/{producer_id:str}/certificates/{certificate_id:str}", include_in_schema=False)
async def submit_verification(
    request: HttpRequest,
    *,
    producer_id: FromPath[str],
    certificate_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Verify a seller's certificate, a geographical indication with its area, or reject it with a reason."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    producer_uuid, certificate = parse_path_id(producer_id), parse_path_id(certificate_id)
    area = form.get_texts("area")
    try:
        async with db.transaction() as conn:
            if form.get_text("act") == "reject":
                await reject_certificate(
                    conn, seal, actor, producer_uuid, certificate, reason=form.get_text("reason"), now=desk.now
                )
            else:
                if area:
                    await set_certificate_area(conn, actor, producer_uuid, certificate, area, now=desk.now)
                await verify_certificate(conn, actor, producer_uuid, certificate, now=desk.now)
    except (ReasonNeeded, AreaNeeded) as refusal:
        async with db.connection() as conn:
            return await _page(
                request, conn, seal, desk, producer_uuid,
                notice=build_refusal_notice(refusal, "没有办成"), status=refusal.status,
            )  # fmt: skip
    return redirect(desk.to(f"/desk/producers/{producer_uuid}", done=1))


async def _page(
    request: HttpRequest, conn: Connection, seal: Seal, desk: DeskContext, producer_id: UUID,
    *, notice: PageNotice | None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    producer: Producer = await get_producer(conn, seal, desk.actor, producer_id)
    photos = {each.id: each.photo_id for each in await LIST_CERTIFICATE_PHOTOS.all(conn, producer_id=producer_id)}
    row = producer.producer
    forward = _FORWARD.get(row.state)
    own_step = may_decide(desk.actor, row)
    checks = row.state in _ADMITTED and may_verify(desk.actor, row)
    phone = await get_phone(conn, seal, AccountId(row.applied_by)) or ""
    context = {
        "applicant": next((each.name for each in producer.steps if each.account_id == row.applied_by), ""),
        # The official who decides calls the applicant; others see a masked number.
        "phone": phone if own_step or checks else mask_phone(phone),
        "calls": own_step or checks,
        "notice": notice,
        "producer": row,
        "kind": PRODUCER_KIND_NAMES[row.kind],
        "state": PRODUCER_STATE_NAMES[row.state],
        "steps": [
            (f"{day_zh(each.at)}　{ADMISSION_STEP_NAMES[each.step]}，{each.name}", "done", each.reason or None)
            for each in producer.steps
        ],
        "certificates": [
            (
                CERTIFICATE_NAMES[each.kind],
                each.number,
                each.issuer,
                f"{each.expires_on} 到期" if each.expires_on else "",
                _describe_check(each),
                f"/certificates/{photos[each.id]}" if each.id in photos else "",
                f"/desk/producers/{row.id}/certificates/{each.id}" if checks and each.rejected_at is None else "",
                each.verified_at is not None,
                each.kind is CertificateKind.GEOGRAPHICAL_INDICATION and each.verified_at is None,
            )
            for each in producer.certificates
        ],
        "seen": [each.id for each in producer.certificates],
        "forward": forward if own_step else None,
        "refusable": own_step and row.state in _REFUSABLE,
        "townships": [
            (each.code, each.name) for each in (await list_children(conn, pad_code(row.county_code)) if checks else [])
        ],
        "names": may_verify(desk.actor, row) and row.state not in UNVERIFIED_STATES,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "producer.html", context, status=status)


def _describe_check(certificate: Certificate) -> str:
    if certificate.rejected_at is not None:
        return f"没有通过：{certificate.reject_reason}"
    return "已核验" if certificate.verified_at else "待核验"


def parse_path_id(text: str) -> UUID:
    """Parse an id in a path.

    Raises:
        NotFound: it is no id.
    """
    return parse_id(text)


ROUTES = [list_producer_applications, submit_phone, show_producer, submit_decision, submit_verification]
