"""Pages of programmes: their terms with the sentences they are based on, and the form that sets a programme."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, Role
from market.people.storage.files import FileStore
from market.people.storage.sent_bytes import count_sent_bytes
from market.reports.programmes import ProgrammeView, TermsView, list_programmes, list_sentences, list_terms
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.months.programme_form import (
    AS_TYPED,
    FUNDER_FIELDS,
    ProgrammeForm,
    ProgrammeFormInvalid,
    ProgrammeRecord,
    fill_programme_form,
    write_programme_file,
)
from market.service.web.desk.presenters import get_kind_name
from market.service.web.forms import PostedForm, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh, percent_bp, yuan
from market.subsidies.engine.models import Proration
from market.subsidies.findings.check_table import THRESHOLD_NAMES
from market.subsidies.imports.models import FactsDiffer
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.names import CHECK_NAMES, FUNDER_NAMES, KINDS
from market.subsidies.programmes.import_programmes import import_programmes
from market.subsidies.programmes.source import CheckSetting
from market.subsidies.programmes.stored import load_check_settings
from market.subsidies.terminology import list_types

_MORE_FUNDERS = ("prefecture", "province", "central", "other")


class TermsCard(Struct, frozen=True):
    """A version of the terms for display."""

    days: str
    rows: list[tuple[str, str]]


class ProgrammeCard(Struct, frozen=True):
    """A programme for display, with the sentences of its document."""

    code: str
    name: str
    document: str
    sha256: str
    rows: list[tuple[str, str]]
    terms: list[TermsCard]
    sentences: list[str]


@get("/programmes", include_in_schema=False)
async def show_programmes(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the county's programmes with their terms and sentences."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        programmes = await list_programmes(conn, desk.county)
        terms = await list_terms(conn, desk.county)
        sentences = await list_sentences(conn, desk.county)
        checks = await load_check_settings(conn, desk.county)
    cards = [
        _build_card(
            each,
            terms.get(each.code, []),
            [sentence.quote for sentence in sentences.get(each.code, [])],
            [_describe_check(setting) for setting in checks.get(each.code, [])],
        )
        for each in programmes
    ]
    notice = PageNotice("ok", "已设好") if request.query_params.get("done") == "1" else None
    return render_desk_page(
        request, desk, "programmes.html", {"cards": cards, "notice": notice, "sets": _may_set(actor)}
    )


def _may_set(actor: Actor) -> bool:
    return Role.POLICY in get_roles(actor)


def _describe_check(setting: CheckSetting) -> tuple[str, str]:
    """Return what a programme sets of a check: its name, and from when what holds, and why."""
    told = [f"{THRESHOLD_NAMES[name]} {value}" for name, value in setting.thresholds.items()]
    what = "、".join(told if setting.enabled else ["不查"]) or "按县里的门槛"
    return f"检查：{CHECK_NAMES[setting.check]}", f"{describe_days(setting)}：{what}（{setting.basis}）"


def describe_days(dated: CheckSetting | TermsView) -> str:
    """Return the days on which a setting or terms hold."""
    until = f"到 {day_zh(dated.until)}（不含）" if dated.until else "长期"
    return f"{day_zh(dated.start)} 起，{until}"


def _build_card(
    programme: ProgrammeView, terms: list[TermsView], quotes: list[str], checks: list[tuple[str, str]]
) -> ProgrammeCard:
    rows = [
        ("业务", "、".join(get_kind_name(kind) for kind in programme.kinds)),
        ("每户最多", f"{programme.max_lines} 条"),
        ("已审定", f"{programme.lines} 条"),
        *checks,
    ]
    return ProgrammeCard(
        programme.code,
        programme.name,
        programme.document_number,
        programme.document_sha256,
        rows,
        [_build_terms_card(each) for each in terms],
        quotes,
    )


def _build_terms_card(terms: TermsView) -> TermsCard:
    rows: list[tuple[str, str]] = []
    if terms.household_pays_bp is not None:
        rows.append(("农户最多付", percent_bp(terms.household_pays_bp)))
    if terms.fixed_fen is not None:
        rows.append(("定额", f"{yuan(terms.fixed_fen)} 元"))
    for words, cap in (("每条业务上限", terms.line_cap_fen), ("每户上限", terms.household_cap_fen)):
        rows.append((words, f"{yuan(cap)} 元" if cap is not None else "没有"))
    shares = zip(terms.funders, terms.shares_bp, strict=True)
    rows.append(("负担", "，".join(f"{FUNDER_NAMES[name]} {percent_bp(share)}" for name, share in shares)))
    rows.append(("谁能享受", "、".join(("原建档立卡", *terms.monitoring))))
    rows.append(("折算", "按天" if terms.proration is Proration.DAILY else "整月，看 1 日"))
    idle = f"{terms.idle_days} 天提醒，再 {terms.cure_days} 天移出" if terms.idle_days else "不看使用"
    rows.append(("闲置", idle))
    return TermsCard(describe_days(terms), rows)


@get("/programmes/set", include_in_schema=False)
async def show_programme_form(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the form for a new programme, or for new terms of an existing one."""
    desk = await open_desk(request, db, actor, clock)
    code = request.query_params.get("code", "")[:20]
    known = await _find_programme(db, desk, code)
    form = ProgrammeForm(code=code)
    if known is not None:
        form = fill_programme_form(known)
    return _form_page(request, desk, form, known, notice=None)


@post("/programmes/set", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_programme(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Set a programme with its terms: write the form as a programmes file and import it."""
    # A quote is compared with its document character by character, so full-width characters are not folded.
    posted = await read_form(request, as_typed=AS_TYPED)
    desk = await open_desk(request, db, actor, clock)
    form = posted.fill(ProgrammeForm)
    known = await _find_programme(db, desk, form.code)
    async with files.workbooks.take(actor.account_id):
        return await _set_programme(request, db, desk, form, known=known, posted=posted, seal=seal)


async def _set_programme(
    request: HttpRequest, db: Database, desk: DeskContext, form: ProgrammeForm,
    *, known: ProgrammeRecord | None, posted: PostedForm, seal: Seal,
) -> Response[Any]:  # fmt: skip
    sent = next((each for each in posted.get_files("paper") if each.filename), None)
    text = await sent.read() if sent else b""
    try:
        content, documents = write_programme_file(desk.county, posted, known, text)
        take_changes = posted.get_text("take_changes") == "1"
        name = f"{form.code}-{form.start}.json"
        upload = Upload(desk.county, "programmes", name, content, take_changes=take_changes)
        context = ImportContext(seal=seal, now=desk.now, attachments=documents)
        prepared = await prepare_upload(desk.actor, upload, context)
        size = len(content) + sum(map(len, documents.values()))
        async with db.transaction(scope=desk.county) as conn:
            await count_sent_bytes(conn, desk.actor.account_id, size, now=desk.now)
            await import_programmes(conn, desk.actor, prepared)
    except ProgrammeFormInvalid as bad:
        return _form_page(request, desk, form, known, notice=None, errors=bad.errors, status=bad.status)
    except Refusal as refusal:
        differs = isinstance(refusal, FactsDiffer)
        notice = _describe_changes(refusal) if differs else build_refusal_notice(refusal, "没有设")
        return _form_page(request, desk, form, known, notice=notice, differs=differs, status=refusal.status)
    return redirect(desk.to("/desk/programmes", done=1))


def _describe_changes(refusal: Refusal) -> PageNotice:
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    told = [f"{each.column}：现在写 {each.value or '（空）'}，{each.message}" for each in cells[:50]]
    return PageNotice("no", "没有设：会改动以前的标准", (refusal.text("zh"), *told))


async def _find_programme(db: Database, desk: DeskContext, code: str) -> ProgrammeRecord | None:
    """Return the stored programme, which the new terms update."""
    async with db.transaction(scope=desk.county) as conn:
        programme = next((each for each in await list_programmes(conn, desk.county) if each.code == code), None)
        if programme is None:
            return None
        terms = (await list_terms(conn, desk.county)).get(code, [])
        sentences = (await list_sentences(conn, desk.county)).get(code, [])
    return ProgrammeRecord(programme, terms, sentences)


def _form_page(
    request: HttpRequest,
    desk: DeskContext,
    form: ProgrammeForm,
    known: ProgrammeRecord | None,
    *,
    notice: PageNotice | None,
    errors: Any = (),
    differs: bool = False,
    status: int = 200,
) -> Response[bytes]:
    context = {
        "form": form,
        "differs": differs,
        "known": known is not None,
        "notice": notice,
        "errors": list(errors),
        "kinds": [(str(kind), name) for name, kind in KINDS.items()],
        "ways": [("percent_off", "农户最多付几成"), ("fixed", "定额减免")],
        "monitoring": [(each, each) for each in list_types(first=desk.today)],
        "funders": [
            (field, FUNDER_NAMES[funder]) for funder, field in FUNDER_FIELDS.items() if funder in _MORE_FUNDERS
        ],
        "today": desk.today,
        "sets": _may_set(desk.actor),
    }
    return render_desk_page(request, desk, "programme.html", context, status=status)


ROUTES = [show_programmes, show_programme_form, submit_programme]
