"""Programmes with their terms: read with the sentences that they rest on, and set by a form as well as by a file."""

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor, Role
from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.reports.desk.books import ProgrammeView, TermsView, programmes_of, sentences_of, terms_of
from market.subsidies.files import Upload
from market.subsidies.import_programmes import import_programmes
from market.subsidies.words import FUNDER_NAMES, KINDS
from market.web.desk.drawn import kind_of
from market.web.desk.office import Office, Said, enter, said_of, show
from market.web.desk.set_programme import AS_TYPED, BadTerms, Known, ProgrammeForm, form_of, written_programme
from market.web.look.format import day_zh, percent_bp, yuan
from market.web.plumbing import fields, see_other

Asked = Request[Any, Any, Any]


class TermsCard(Struct, frozen=True):
    """A version of the terms in words."""

    days: str
    rows: list[tuple[str, str]]


class ProgrammeCard(Struct, frozen=True):
    """A programme in words, with the sentences of its document."""

    code: str
    name: str
    document: str
    sha256: str
    rows: list[tuple[str, str]]
    terms: list[TermsCard]
    sentences: list[str]


@get("/programmes", include_in_schema=False)
async def programmes(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the county's programmes, their terms, and the sentences that they rest on."""
    office = await enter(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        found = await programmes_of(conn, office.county)
        terms = await terms_of(conn, office.county)
        sentences = await sentences_of(conn, office.county)
    cards = [
        _card(each, terms.get(each.code, []), [sentence.quote for sentence in sentences.get(each.code, [])])
        for each in found
    ]
    said = Said("ok", "已设好") if request.query_params.get("done") == "1" else None
    return show(request, office, "programmes.html", {"cards": cards, "said": said, "sets": _sets(actor)})


def _sets(actor: Actor) -> bool:
    return any(grant.role is Role.POLICY for grant in actor.grants)


def _card(programme: ProgrammeView, terms: list[TermsView], quotes: list[str]) -> ProgrammeCard:
    rows = [
        ("业务", "、".join(kind_of(kind) for kind in programme.kinds)),
        ("每户最多", f"{programme.max_lines} 条"),
        ("折算", "按天" if programme.proration == "daily" else "整月，看 1 日"),
        (
            "闲置",
            f"{programme.idle_days} 天提醒，再 {programme.cure_days} 天移出" if programme.idle_days else "不看使用",
        ),
        ("已审定", f"{programme.lines} 条"),
    ]
    return ProgrammeCard(
        programme.code,
        programme.name,
        programme.document_number,
        programme.document_sha256,
        rows,
        [_terms_card(each) for each in terms],
        quotes,
    )


def _terms_card(terms: TermsView) -> TermsCard:
    rows: list[tuple[str, str]] = []
    if terms.household_pays_bp is not None:
        rows.append(("农户最多付", percent_bp(terms.household_pays_bp)))
    if terms.fixed_fen is not None:
        rows.append(("定额", f"{yuan(terms.fixed_fen)} 元"))
    for words, cap in (("每条业务上限", terms.line_cap_fen), ("每户上限", terms.household_cap_fen)):
        rows.append((words, f"{yuan(cap)} 元" if cap is not None else "没有"))
    shares = zip(terms.funders, terms.shares_bp, strict=True)
    rows.append(("负担", "，".join(f"{FUNDER_NAMES[name]} {percent_bp(share)}" for name, share in shares)))
    until = f"到 {day_zh(terms.until)}（不含）" if terms.until else "长期"
    return TermsCard(f"{day_zh(terms.start)} 起，{until}", rows)


@get("/programmes/set", include_in_schema=False)
async def ask_programme(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Ask for a programme, or for new terms of one."""
    office = await enter(request, db, actor, clock)
    code = request.query_params.get("code", "")[:20]
    known = await _known(db, office, code)
    form = ProgrammeForm(code=code)
    if known is not None:
        form = form_of(known)
    return _form_page(request, office, form, known, said=None)


@post("/programmes/set", include_in_schema=False)
async def set_programme(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Set a programme with its terms: what the form says is written as a file and imported like one."""
    found = await fields(request)
    office = await enter(request, db, actor, clock)
    typed = await request.form()
    form = ProgrammeForm(
        **{
            # A quote is compared with its document letter by letter: full-width marks stay as they were typed.
            name: str(typed.get(name, "")).strip() if name in AS_TYPED else str(found.get(name, ""))
            for name in ProgrammeForm.__struct_fields__
        }
    )
    known = await _known(db, office, form.code)
    sent = found.get("paper")
    text = await sent.read() if isinstance(sent, UploadFile) and sent.filename else b""
    try:
        content, documents = written_programme(office.county, form, known, text)
        upload = Upload(office.county, "programmes", f"{form.code}-{form.start}.json", content)
        async with db.transaction(scope=office.county) as conn:
            await import_programmes(conn, actor, upload, documents, now=office.now)
    except BadTerms as bad:
        return _form_page(request, office, form, known, said=None, errors=bad.errors, status=bad.status)
    except Refusal as refusal:
        return _form_page(request, office, form, known, said=said_of(refusal, "没有设"), status=refusal.status)
    return see_other(office.to("/desk/programmes", done=1))


async def _known(db: Database, office: Office, code: str) -> Known | None:
    """Return a programme as it stands, so that new terms follow its old ones."""
    async with db.transaction(scope=office.county) as conn:
        programme = next((each for each in await programmes_of(conn, office.county) if each.code == code), None)
        if programme is None:
            return None
        terms = (await terms_of(conn, office.county)).get(code, [])
        sentences = (await sentences_of(conn, office.county)).get(code, [])
    return Known(programme, terms, sentences)


def _form_page(
    request: Asked,
    office: Office,
    form: ProgrammeForm,
    known: Known | None,
    *,
    said: Said | None,
    errors: Any = (),  # noqa: ANN401 - the faults of a refusal
    status: int = 200,
) -> Response[bytes]:
    context = {
        "form": form,
        "known": known is not None,
        "said": said,
        "errors": list(errors),
        "kinds": [(str(kind), name) for name, kind in KINDS.items()],
        "ways": [("percent_off", "农户最多付几成"), ("fixed", "定额减免")],
        "today": office.today,
        "sets": _sets(office.actor),
        "first": f"{_next_year(office.today)}",
    }
    return show(request, office, "programme.html", context, status=status)


def _next_year(day: date) -> date:
    return day.replace(year=day.year + 1, month=1, day=1)


ROUTES = [programmes, ask_programme, set_programme]
