"""协议和标准的审定: what one official proposes or imports, and another approves."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.audit.record import record_export
from market.people.identity.access import get_roles, require_county_role
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.people.storage.sent_bytes import TooManyBytes
from market.reports.programmes import list_programmes
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import PostedForm, parse_day, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, percent_bp
from market.subsidies.agreements.agreements import (
    decide_agreement,
    list_agreements,
    propose_agreement,
    read_agreement_document,
)
from market.subsidies.agreements.models import (
    APPROVER,
    PROPOSER,
    Agreement,
    AgreementDecided,
    AgreementInvalid,
    AgreementNotFound,
    AgreementOutcome,
    AgreementRate,
    NewAgreement,
    SecondTermsPart,
    TooManyAgreements,
)
from market.subsidies.agreements.terms import approve_terms, list_terms_files
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.names import OPERATOR_NAMES, OPERATORS, Operator
from payments.money import parse_percent

_RATE = "rates."
_DONE = {"propose": "记下了，等另一个人审定", "decide": "定好了"}


class AgreementForm(Struct, frozen=True):
    """The form of an agreement as typed."""

    operator: str = ""
    name: str = ""
    start: str = ""
    until: str = ""


def _present(desk: DeskContext, each: Agreement) -> tuple[str, list[str], str, str]:
    """Return an agreement as a row: name, cells, its document, and its id if it waits."""
    days = f"{each.start} 起" + (f"，到 {each.until} 止" if each.until else "")
    state = "等审定"
    if each.outcome is not None and each.decided_at is not None:
        word = "审定" if each.outcome is AgreementOutcome.APPROVED else "没有同意"
        state = f"{each.decided_by} {clock_zh(each.decided_at)} {word}"
    cells = [
        OPERATOR_NAMES[each.operator], _format_rates(each), days,
        f"{each.proposed_by} {clock_zh(each.proposed_at)}", state,
    ]  # fmt: skip
    waits = "" if each.outcome else str(each.id)
    return each.name, cells, desk.to(f"/desk/agreements/{each.id}/document"), waits


def _format_rates(agreement: Agreement) -> str:
    return "，".join(f"{each.programme} {percent_bp(each.concession_bp)}" for each in agreement.rates) or "没有写"


async def _page(
    request: HttpRequest, conn: Connection, desk: DeskContext, *, values: AgreementForm | None = None,
    rates: Mapping[str, str] | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    files = await list_terms_files(conn, desk.county)
    roles = get_roles(desk.actor)
    context = {
        "rows": [_present(desk, each) for each in await list_agreements(conn, desk.county)],
        "files": [
            (
                each.name,
                [
                    IMPORT_KINDS[each.kind].name_zh, f"{each.imported_by} {clock_zh(each.imported_at)}",
                    f"{each.approved_by} {clock_zh(each.approved_at)} 审定" if each.approved_at else "等审定",
                ],
                "" if each.approved_at else str(each.id),
            )
            for each in files
        ],
        "proposes": desk.whole and PROPOSER in roles,
        "approves": desk.whole and APPROVER in roles,
        "operators": [("", "请选"), *((each.value, name) for name, each in OPERATORS.items())],
        "values": values or AgreementForm(),
        "programmes": [
            (f"{_RATE}{each.code}", f"{each.code} {each.name}", (rates or {}).get(each.code, ""))
            for each in await list_programmes(conn, desk.county)
        ],
        "errors": errors,
        "notice": notice,
    }  # fmt: skip
    return render_desk_page(request, desk, "agreements.html", context, status=status)


@get("/agreements", include_in_schema=False)
async def show_agreements(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the operators' agreements and the files of terms, with who approved each."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    async with db.transaction(scope=desk.county) as conn:
        return await _page(request, conn, desk, notice=PageNotice("ok", done) if done else None)


@post("/agreements", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_agreement(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Propose an agreement with its document."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    actor = require_county_role(actor, PROPOSER, desk.county)
    async with files.workbooks.take(actor.account_id):
        return await _propose(request, db, desk, actor, form, seal=seal)


async def _propose(
    request: HttpRequest, db: Database, desk: DeskContext, actor: Actor, form: PostedForm, *, seal: Seal
) -> Response[Any]:
    typed, chosen = form.fill(AgreementForm), form.get_files("document")
    document = await chosen[0].read() if chosen else b""
    operator = next((each for each in Operator if each == typed.operator), None)
    start, until = parse_day(typed.start), parse_day(typed.until)
    faults = [FieldFault("operator", "请选一家")] if operator is None else []
    written, rates, wrong = _read_rates(form)
    faults += wrong
    if start is None:
        faults.append(FieldFault("start", "请写从哪天起"))
    if typed.until and until is None:
        faults.append(FieldFault("until", "应是日期，例如 2019-12-31；长期就空着"))
    if operator is not None and start is not None and not faults:
        new = NewAgreement(
            operator=operator, name=typed.name, rates=rates, start=start, until=until,
            document_name=(chosen[0].filename or "") if chosen else "", document=document,
        )  # fmt: skip
        try:
            async with db.transaction(scope=desk.county) as conn:
                await propose_agreement(conn, seal, actor, desk.county, new, now=desk.now)
        except AgreementInvalid as refusal:
            faults += refusal.errors
        except (TooManyAgreements, TooManyBytes) as refusal:
            faults.append(FieldFault("document", refusal.text("zh")))
    if faults:
        # What the domain was not asked for is missing too: nobody sends the form twice to hear the rest.
        told = {each.field for each in faults}
        faults += [
            FieldFault(field, message)
            for field, missing, message in (
                ("name", not typed.name.strip(), "请写协议的名字或编号"),
                ("document", not document, "请选协议的文件"),
            )
            if missing and field not in told
        ]
        async with db.transaction(scope=desk.county) as conn:
            return await _page(
                request, conn, desk, values=typed, rates=written, errors=faults, status=AgreementInvalid.status
            )
    return redirect(desk.to("/desk/agreements", done="propose"))


def _read_rates(form: PostedForm) -> tuple[dict[str, str], list[AgreementRate], list[FieldFault]]:
    """Return the rates as typed, by programme, those that are one, and the faults of the others; empty is none."""
    written = {name.removeprefix(_RATE): form.get_text(name).strip() for name in form.fields if name.startswith(_RATE)}
    parsed = {code: parse_percent(text) for code, text in written.items() if text}
    faults = [FieldFault(f"{_RATE}{code}", "请写百分比，例如 70") for code, rate in parsed.items() if rate is None]
    rates = [
        AgreementRate(programme=code, concession_bp=rate) for code, rate in sorted(parsed.items()) if rate is not None
    ]
    return written, rates, faults


@post("/agreements/terms", include_in_schema=False)
async def submit_terms_approval(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Approve a file of programmes or plans that another official imported."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    file_id = parse_uuid(form.get_text("file"))
    if file_id is None:
        raise AgreementNotFound
    return await _decide(request, db, desk, lambda conn: approve_terms(conn, actor, desk.county, file_id, now=desk.now))


@post("/agreements/{agreement_id:str}", include_in_schema=False)
async def submit_agreement_decision(
    request: HttpRequest,
    *,
    agreement_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Approve or refuse an agreement that another official proposed."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    approve, parsed = form.get_text("decision") == "approve", parse_uuid(agreement_id)
    if parsed is None:
        raise AgreementNotFound
    return await _decide(
        request, db, desk,
        lambda conn: decide_agreement(conn, actor, desk.county, parsed, approve=approve, now=desk.now),
    )  # fmt: skip


async def _decide(
    request: HttpRequest, db: Database, desk: DeskContext, work: Callable[[Connection], Awaitable[None]]
) -> Response[Any]:
    try:
        async with db.transaction(scope=desk.county) as conn:
            await work(conn)
    except (AgreementDecided, SecondTermsPart) as refusal:
        async with db.transaction(scope=desk.county) as conn:
            notice = PageNotice("no", refusal.text("zh"))
            return await _page(request, conn, desk, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/agreements", done="decide"))


@get("/agreements/{agreement_id:uuid}/document", include_in_schema=False)
async def download_agreement(
    request: HttpRequest,
    *,
    agreement_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the document of an agreement; the audit record keeps who took it."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        document = await read_agreement_document(conn, seal, desk.county, agreement_id)
        await record_export(
            conn, actor=str(actor.account_id), name="agreement", county=desk.county,
            detail={"agreement": str(agreement_id)}, now=desk.now,
        )  # fmt: skip
    headers = {"Content-Disposition": f"attachment; filename=agreement-{agreement_id}.bin"}
    return Response(document, media_type="application/octet-stream", headers=headers)


ROUTES = [show_agreements, submit_agreement, submit_terms_approval, submit_agreement_decision, download_agreement]
