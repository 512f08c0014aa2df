"""我的信息: what a person consented to and withdraws, the copy, corrections, who looked, what stays, complaints."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.consents.give import give_consent
from market.people.consents.models import CONSENT_TEXTS, CONSENT_VERSION, ConsentPurpose
from market.people.identity.models import Actor, NotFound
from market.people.identity.sign_in import update_account
from market.privacy.county_holdings import HOLDINGS
from market.privacy.holdings import Holding, HoldingFate
from market.privacy.looks import list_looks
from market.privacy.own_consents import (
    KIND_NAMES,
    ConsentKind,
    GivenConsent,
    list_given_consents,
    withdraw_given_consent,
)
from market.privacy.request_models import DataRequest
from market.privacy.requests import COUNTY_REQUEST, list_data_requests
from market.sales.complaints.models import ComplaintCategory
from market.service.http import HttpRequest
from market.service.web.account.data_requests import describe_data_request
from market.service.web.case_words import load_due_words
from market.service.web.farm.reduction import get_withdrawal_path
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.report import describe_report
from market.service.web.ui.format import clock_zh, day_zh
from market.villages.content.reports import list_own_reports
from market.villages.content.story_views import list_asked_stories

_SHOWN_REQUESTS = 5
_FATES = {
    HoldingFate.ERASED: "注销就删的",
    HoldingFate.EXPIRES: "到日子自己删的",
    HoldingFate.KEPT: "要留下的，和为什么",
}
_DONE = {
    "withdrawn": "撤回了，从现在起不再用",
    "given": "记下了，随时可以撤回",
    "renamed": "姓名改好了",
    "refused": "记下了，这篇不登",
    "reported": "交上去了，办好短信告诉您，对方不知道是您",
    "asked": "交上去了，答复了短信告诉您",
}


def _describe_consent(given: GivenConsent) -> tuple[str, list[str]]:
    about = say("{0}：{1}", say(KIND_NAMES[given.kind]), given.about) if given.about else say(KIND_NAMES[given.kind])
    return about, [say("{0}同意的", day_zh(get_business_day(given.given_at))), say(given.text)]


def _find_withdrawal_page(given: GivenConsent) -> str:
    """Return the page that asks before a consent ends, if the person cannot simply give it back; else nothing."""
    return get_withdrawal_path(given.id) if given.kind is ConsentKind.REDUCTION and given.id else ""


def _view_request(found: DataRequest) -> tuple[str, list[str]]:
    return say("第 {0} 件", found.number), describe_data_request(found)


def _view_holding(held: Holding) -> tuple[str, str, str, str]:
    return say(held.name), say(held.purpose), say(held.retention), say(held.why)


async def _page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor,
    *, name: str | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        given = await list_given_consents(conn, seal, actor.account_id)
        asked = await list_data_requests(conn, seal, actor.account_id, limit=_SHOWN_REQUESTS)
        stories = await list_asked_stories(conn, actor.account_id)
        reports = await list_own_reports(conn, seal, actor.account_id, limit=_SHOWN_REQUESTS)
    reads_warnings = any(each.kind is ConsentKind.WARNING_SMS for each in given)
    context = {
        "consents": [
            (each.kind.value, str(each.id or ""), *_describe_consent(each), _find_withdrawal_page(each))
            for each in given
        ],
        "warning": "" if reads_warnings else say(CONSENT_TEXTS[ConsentPurpose.WARNING_SMS, CONSENT_VERSION]),
        "stories": [(f"/stories/{each.number}/consent", each.title, [each.village]) for each in stories],
        "reports": [(say("举报第 {0} 件", each.number), describe_report(each)) for each in reports],
        "requests": [_view_request(each) for each in asked],
        "name": actor.name if name is None else name,
        "renames": not actor.producers and actor.handle is None,
        "errors": errors,
        "due": await load_due_words(request, COUNTY_REQUEST),
        "due_complaint": await load_due_words(request, ComplaintCategory.GOODS),
        "done": say(_DONE.get(request.query_params.get("done", ""), "")),
    }
    return render_page(request, "account/my_information.html", context, actor=actor, status=status)


@get("/me/info", include_in_schema=False, english=True)
async def show_my_information(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
) -> Response[bytes]:
    """Show every consent with its withdrawal, and the ways to the copy, corrections, looks and complaints."""
    return await _page(request, db, seal, actor)


@post("/me/info/consents", include_in_schema=False, english=True)
async def submit_consent(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Withdraw a consent, or consent to warnings by SMS.

    Raises:
        NotFound: the person gave no such consent.
    """
    form = await read_form(request)
    kind = next((each for each in ConsentKind if each == form.get_text("kind")), None)
    if kind is None:
        raise NotFound
    giving = form.get_text("act") == "give"
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        if not giving:
            await withdraw_given_consent(conn, seal, actor, kind, parse_uuid(form.get_text("id")), now=clock.now())
        elif kind is ConsentKind.WARNING_SMS:
            await give_consent(conn, actor, ConsentPurpose.WARNING_SMS, now=clock.now())
        else:
            raise NotFound
    return redirect("/me/info?done=given" if giving else "/me/info?done=withdrawn")


@post("/me/info/name", include_in_schema=False, english=True)
async def submit_own_name(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
) -> Response[Any]:
    """Correct the own name at once; a verified one is corrected by the county."""
    form = await read_form(request)
    name = form.get_text("name")[:200]
    try:
        if not name.strip():
            raise _NameMissing
        async with db.transaction() as conn:
            await update_account(conn, actor, name=name, elder=actor.elder)
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="name")
        return await _page(request, db, seal, actor, name=name, errors=errors, status=refusal.status)
    return redirect("/me/info?done=renamed")


class _NameMissing(Refusal):
    """The name is empty."""

    code = "own_name_missing"
    status = 422
    zh = "写上姓名。"
    en = "The name is missing."


@get("/me/info/looks", include_in_schema=False, english=True)
async def show_looks(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Show who looked at the person's data or acted on it: role and office, day, what."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        looks = await list_looks(conn, actor.account_id)
    rows = [
        (
            say(each.what),
            [say("{0}{1}", each.office, say(each.who)) if each.office else say(each.who), clock_zh(each.at)],
        )
        for each in looks
    ]
    return render_page(request, "account/looks.html", {"rows": rows}, actor=actor)


@get("/me/info/kept", include_in_schema=False, english=True)
async def show_kept(request: HttpRequest, visitor: NamedDependency[Actor | None]) -> Response[bytes]:
    """Show what the market holds about persons, for what, how long, and what stays after the account, and why."""
    groups = [
        (
            say(words),
            [_view_holding(each) for each in HOLDINGS if each.fate is fate],
        )
        for fate, words in _FATES.items()
    ]
    return render_page(request, "account/kept.html", {"groups": groups}, actor=visitor)


ROUTES = [show_my_information, submit_consent, submit_own_name, show_looks, show_kept]
