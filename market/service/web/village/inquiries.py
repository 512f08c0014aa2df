"""问县里: emergency numbers first, then the form that asks, what the visitor asked, and what was answered before."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.answers.inquiries import (
    ask_county,
    list_own_inquiries,
    list_published_inquiries,
    preview_inquiry,
    share_inquiry,
    unshare_inquiry,
)
from market.cases.answers.models import (
    INQUIRY_NAMES,
    MAX_INQUIRY_LENGTH,
    Inquiry,
    InquiryInvalid,
    InquiryKind,
    NewInquiry,
    TooManyInquiries,
)
from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.places.counties.load import load_county_settings
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village
from market.service.web.village.sharing import SharedCase, SharedKind, make_sharing_routes

EMERGENCY_NUMBERS = (("110", "报警"), ("119", "火警"), ("120", "急救"), ("96110", "遇到骗子"), ("12345", "政务热线"))
"""Who comes at once; nobody waits for an answer with these."""
_DONE = {
    "asked": ("问出去了", "县里在期限里答复，答了短信告诉您。"),
    "shared": ("大家看得到了", "不写您的名字和村。随时能收回。"),
    "unshared": ("收回了", "别人看不到了。"),
}


class _InquiryView(Struct, frozen=True):
    """An inquiry as its asker sees it."""

    id: str
    title: str
    lines: list[str]
    answered: bool
    shared: bool


def describe_inquiry(inquiry: Inquiry) -> list[str]:
    """Return what was asked, and the answer or who gives it until when."""
    late = [f"延了期：{inquiry.extension}"] if inquiry.extension else []
    if inquiry.state is not CaseState.CLOSED:
        who = "平台" if inquiry.assignee == "platform" else "县里"
        return [inquiry.text, *late, f"等{who}答复，{format_due(inquiry.due_at)}前"]
    told = "答" if inquiry.outcome is CaseOutcome.SOLVED else "不归县里管"
    return [inquiry.text, *late, f"{told}：{inquiry.answer}"]


async def _page(
    request: HttpRequest, db: Database, seal: Seal, visitor: Actor | None, clock: Clock,
    *, kind: str = InquiryKind.INQUIRY, text: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
    if not village.code or village.fault:
        return redirect(f"/village?village={village.code}" if village.code else "/village")
    county = get_county_code(village.code)
    async with db.transaction(scope=county) as conn:
        published = await list_published_inquiries(conn, county)
        days = (await load_county_settings(conn, county, day=clock.today())).inquiry_days
    own: list[Inquiry] = []
    if visitor is not None:
        async with db.transaction(scope=get_person_scope(visitor)) as conn:
            own = await list_own_inquiries(conn, seal, visitor.account_id)
    context = {
        "village": village,
        "numbers": EMERGENCY_NUMBERS,
        "kinds": [
            (InquiryKind.INQUIRY.value, f"{INQUIRY_NAMES[InquiryKind.INQUIRY]}，{days} 个工作日里答"),
            (InquiryKind.DISCLOSURE.value, f"{INQUIRY_NAMES[InquiryKind.DISCLOSURE]}，20 个工作日，最多延 20 个"),
        ],
        "own": [
            _InquiryView(
                str(each.case_id),
                f"{INQUIRY_NAMES[each.kind]}，第 {each.number} 件，{day_zh(get_business_day(each.received_at))}",
                describe_inquiry(each), each.state is CaseState.CLOSED, each.shared_at is not None,
            )
            for each in own
        ],
        "published": [
            (each.text, [f"答：{each.answer}", day_zh(get_business_day(each.shared_at))]) for each in published
        ],
        "signed_in": visitor is not None,
        "kind": kind,
        "text": text,
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_INQUIRY_LENGTH,
        "done": _DONE.get(request.query_params.get("done", "")),
    }  # fmt: skip
    return render_page(request, "village/inquiries.html", context, status=status, actor=visitor)


@get("/village/inquiries", include_in_schema=False)
async def show_inquiries(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the emergency numbers, the form that asks, the visitor's inquiries, and what others share."""
    return await _page(request, db, seal, visitor, clock)


@post("/village/inquiries", include_in_schema=False)
async def submit_inquiry(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Ask the county, once however often the form is sent."""
    form = await read_form(request)
    text, typed = form.get_text("text")[:4000], form.get_text("kind")
    village = request.query_params.get("village", "")[:12]
    kind = next((each for each in InquiryKind if each == typed), None)
    if kind is None:
        errors = [FieldFault("kind", "请选问什么")]
        return await _page(request, db, seal, actor, clock, text=text, errors=errors, status=InquiryInvalid.status)
    new = NewInquiry(kind=kind, text=text)

    async def ask(conn: Connection) -> str:
        await ask_county(conn, seal, actor, village, new, now=clock.now())
        return f"/village/inquiries?village={village}&done=asked"

    try:
        return await submit_once(request, actor, form, ask, scope=get_person_scope(actor))
    except (InquiryInvalid, TooManyInquiries) as refusal:
        faults = refusal.errors or (FieldFault("text", refusal.text("zh")),)
        return await _page(request, db, seal, actor, clock, kind=kind, text=text, errors=faults, status=refusal.status)


async def _find_shared(conn: Connection, seal: Seal, actor: Actor, case_id: UUID) -> SharedCase | None:
    own = await list_own_inquiries(conn, seal, actor.account_id)
    inquiry = next((each for each in own if each.case_id == case_id), None)
    if inquiry is None or inquiry.state is not CaseState.CLOSED:
        return None
    return SharedCase(
        title="给大家看", hint="不写哪个村、谁家。", text=inquiry.text, answer=inquiry.answer, place="",
        public_text=inquiry.public_text, shared=inquiry.shared_at is not None,
        back=f"/village/inquiries?village={inquiry.village_code}", back_words="回问县里",
    )  # fmt: skip


SHARING = SharedKind(
    path="/village/inquiries",
    most=MAX_INQUIRY_LENGTH,
    invalid=InquiryInvalid,
    find=_find_shared,
    preview=lambda conn, seal, actor, found, text, now: preview_inquiry(conn, seal, actor, found, text=text, now=now),
    share=lambda conn, seal, actor, found, text, now: share_inquiry(conn, seal, actor, found, text=text, now=now),
    unshare=unshare_inquiry,
)

ROUTES = [show_inquiries, submit_inquiry, *make_sharing_routes(SHARING)]
