"""举报: a listing, a review or a story, with a reason; who is reported does not learn who did."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.villages.content.models import (
    MAX_REPORT_LENGTH,
    ContentReport,
    NewReport,
    ReportedBefore,
    ReportedKind,
    ReportReason,
    StoryInvalid,
    TooManyReports,
)
from market.villages.content.reports import KIND_NAMES, REASON_NAMES, report_content, require_reportable

_WORDS = {"assigned": "等答复，一个工作日", "closed": "答复了"}


class ContentReportForm(Struct, frozen=True):
    """The form as typed."""

    reason: str = ""
    text: str = ""


def describe_report(report: ContentReport) -> list[str]:
    """Return what was reported, why, and the answer, for the reporter."""
    about = say("{0}：{1}", say(KIND_NAMES[report.kind]), report.about[:60])
    answer = say("答复：{0}", report.answer) if report.answer else say(_WORDS.get(report.state, "在办"))
    return [about, say("；").join(filter(None, (say(REASON_NAMES[report.reason]), report.text))), answer]


def _find_kind(kind: str) -> ReportedKind:
    found = next((each for each in ReportedKind if each == kind), None)
    if found is None:
        raise NotFound
    return found


async def _page(
    request: HttpRequest, actor: Actor, kind: ReportedKind,
    *, form: ContentReportForm, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    category = "review_report" if kind is ReportedKind.REVIEW else "content_report"
    context = {
        "title": say(f"举报{KIND_NAMES[kind]}"),
        "action": request.url.path,
        "reasons": [(each.value, say(words)) for each, words in REASON_NAMES.items()],
        "due": await load_due_words(request, category),
        "who": say("平台") if kind is ReportedKind.REVIEW else say("县里"),
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_REPORT_LENGTH,
    }
    return render_page(request, "shop/report.html", context, actor=actor, status=status)


@get("/report/{kind:str}/{reference:str}", include_in_schema=False, english=True)
async def show_content_report_form(
    request: HttpRequest,
    *,
    kind: FromPath[str],
    reference: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Response[bytes]:
    """Ask why something is reported.

    Raises:
        NotFound: nothing that everybody can read has this kind and reference.
    """
    found = _find_kind(kind)
    async with db.connection() as conn:
        await require_reportable(conn, found, reference[:40])
    return await _page(request, actor, found, form=ContentReportForm())


@post("/report/{kind:str}/{reference:str}", include_in_schema=False, english=True)
async def submit_content_report(
    request: HttpRequest,
    *,
    kind: FromPath[str],
    reference: FromPath[str],
    actor: NamedDependency[Actor],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Report it, once however often the form is sent.

    Raises:
        NotFound: nothing that everybody can read has this reference.
    """
    form = await read_form(request)
    found, typed = _find_kind(kind), form.fill(ContentReportForm)
    reason = next((each for each in ReportReason if each == typed.reason), None)
    if reason is None:
        errors = [FieldFault("reason", say("请选为什么"))]
        return await _page(request, actor, found, form=typed, errors=errors, status=StoryInvalid.status)

    async def report(conn: Connection) -> str:
        new = NewReport(kind=found, reference=reference[:40], reason=reason, text=typed.text[:1000])
        await report_content(conn, seal, actor, new, now=clock.now())
        return "/me/info?done=reported"

    try:
        return await submit_once(request, actor, form, report, scope=get_person_scope(actor))
    except (StoryInvalid, ReportedBefore, TooManyReports) as refusal:
        errors = list(refusal.errors) or [FieldFault("reason", refusal.text(get_language()))]
        return await _page(request, actor, found, form=typed, errors=errors, status=refusal.status)


ROUTES = [show_content_report_form, submit_content_report]
