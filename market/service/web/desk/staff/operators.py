"""The county's side of operators: whose bill is missing, what was returned and written, and their accounts."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles, has_role_for, require_whole_county
from market.people.identity.county_officials import SellerNumberMissing
from market.people.identity.models import Actor, HandleTaken, NotFound, Role
from market.people.identity.officials import HoldsOffice, InvalidOfficial, NoSuchOfficial, OtherPerson
from market.people.identity.operators import (
    OperatorSummary,
    create_county_operator,
    end_county_operator,
    list_operators,
    reset_operator_factor,
)
from market.people.identity.phone_accounts import PhoneHasOtherName
from market.people.identity.second_factor import make_enrolment_uri
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.files.typed_files import OPERATOR_OPTIONS
from market.service.web.desk.presenters import get_operator_name
from market.service.web.desk.staff.officials import SecretView
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.operators.bill_states import describe_state
from market.service.web.pages import redirect
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh, day_zh
from market.service.web.ui.qr_code import draw_qr_code
from market.subsidies.names import Operator, format_month_zh
from market.subsidies.operators.history import list_county_files
from market.subsidies.operators.lateness import list_file_states
from market.subsidies.operators.notes import NoteInvalid, add_note, list_notes

_FAULTS = {
    "handle": "账号用小写字母开头，2 到 32 个小写字母和数字，比如 yd.wang",
    "name": "写姓名，最多 60 个字",
    "phone": "手机号是 11 位数字",
    "identity": "身份证号是 18 位，最后一位是校验码，请照证件再看一遍",
    "operator": "选移动、联通或电信",
}
_DONE = {"ended": "账号已经停了，登录也结束了"}


class OperatorForm(Struct, frozen=True):
    """The form of an operator's account as typed."""

    name: str = ""
    handle: str = ""
    phone: str = ""
    identity: str = ""
    operator: str = "mobile"


async def _open(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> DeskContext:
    """Return the desk of an official who sees the whole county.

    Raises:
        NotAllowed: the official sees a part of it.
    """
    desk = await open_desk(request, db, actor, clock)
    require_whole_county(desk.divisions, desk.county)
    return desk


def _describe(account: OperatorSummary) -> list[str]:
    seen = f"{clock_zh(account.last_seen_at)} 用过" if account.last_seen_at else "还没有登录过"
    places = "" if all(len(scope) == 6 for scope in account.scopes) else "，全省或全市的"
    return [f"{get_operator_name(account.operator)}{places}", f"{day_zh(account.since)}起；{seen}"]


async def _operators_page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, form: OperatorForm | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    secret: SecretView | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    keeps = Role.COUNTY in get_roles(desk.actor)
    async with db.transaction(scope=desk.county) as conn:
        states = await list_file_states(conn, [desk.county], today=desk.today)
        files = await list_county_files(conn, desk.actor, desk.county)
        accounts = await list_operators(conn, desk.county, now=desk.now) if keeps else []
    context = {
        "states": [
            (
                format_month_zh(f"{each.month:%Y-%m}"),
                get_operator_name(each.operator),
                describe_state(each, desk.today),
            )
            for each in states
        ],
        "files": files,
        "opens": has_role_for(desk.actor, {Role.IMPORTER}, desk.county),
        "keeps": keeps,
        "accounts": [(each.handle, f"{each.name}（{each.handle}）", _describe(each)) for each in accounts],
        "form": form or OperatorForm(),
        "errors": errors,
        "notice": notice,
        "secret": secret,
        "operator_options": OPERATOR_OPTIONS,
    }
    return render_desk_page(request, desk, "operators.html", context, status=status)


@get("/operators", include_in_schema=False)
async def show_operators(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show which bills have come and are late, the files with what was returned, and the accounts of operators."""
    desk = await _open(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _operators_page(request, db, desk, notice=PageNotice("ok", done) if done else None)


@post("/operators", include_in_schema=False)
async def submit_operator(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Make an account of an operator for the county, and show the second factor once."""
    form = await read_form(request)
    desk = await _open(request, db, actor, clock)
    typed = form.fill(OperatorForm)
    if not typed.identity:
        form.add_fault("identity", "写身份证号：交账单的人不能又审账单，按它认")
    if typed.operator not in set(Operator):
        form.add_fault("operator", _FAULTS["operator"])
    if form.faults:
        return await _operators_page(request, db, desk, form=typed, errors=form.faults, status=422)
    try:
        async with db.transaction(scope=desk.county) as conn:
            made = await create_county_operator(
                conn, seal, actor, desk.county, handle=typed.handle, name=typed.name, phone=typed.phone,
                identity=typed.identity, operator=typed.operator,
                help_phone=get_services(request).settings.help_phone, now=desk.now,
            )  # fmt: skip
    except InvalidOfficial as refusal:
        errors = [FieldFault(each.field, _FAULTS[each.field]) for each in refusal.errors]
        return await _operators_page(request, db, desk, form=typed, errors=errors, status=refusal.status)
    except PhoneHasOtherName as refusal:
        return await _operators_page(request, db, desk, form=typed, errors=refusal.errors, status=refusal.status)
    except (HandleTaken, OtherPerson, HoldsOffice, SellerNumberMissing) as refusal:
        notice = build_refusal_notice(refusal, "没有开")
        return await _operators_page(request, db, desk, form=typed, notice=notice, status=refusal.status)
    secret = _draw(typed.name, made.handle, made.totp_secret)
    return await _operators_page(request, db, desk, notice=PageNotice("ok", "账号开好了"), secret=secret)


def _draw(name: str, handle: str, secret: str) -> SecretView:
    drawing = draw_qr_code(make_enrolment_uri(secret, handle), f"{name}的动态口令")
    return SecretView(name, drawing, " ".join(wrap(secret, 4)))


@post("/operators/{handle:str}/{act:str}", include_in_schema=False)
async def submit_operator_change(
    request: HttpRequest,
    *,
    handle: FromPath[str],
    act: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Replace the second factor of an operator's account (shown once), or end the account; both end the sessions.

    Raises:
        NotFound: there is no such change.
    """
    await read_form(request)
    desk = await _open(request, db, actor, clock)
    if act not in {"factor", "end"}:
        raise NotFound
    try:
        async with db.transaction(scope=desk.county) as conn:
            if act == "end":
                await end_county_operator(conn, actor, desk.county, handle, now=desk.now)
                return redirect(desk.to("/desk/operators", done="ended"))
            secret = await reset_operator_factor(conn, seal, actor, desk.county, handle, now=desk.now)
    except NoSuchOfficial as refusal:
        return await _operators_page(
            request, db, desk, notice=build_refusal_notice(refusal, "没有改"), status=refusal.status
        )
    return await _operators_page(request, db, desk, secret=_draw(handle, handle, secret))


@get("/operators/files/{file_id:uuid}", include_in_schema=False)
async def show_operator_file(
    request: HttpRequest,
    *,
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show what operator and county wrote about a bill.

    Raises:
        NotAllowed: the official does not import for the whole county.
        NotFound: the county has no such bill.
    """
    desk = await _open(request, db, actor, clock)
    return await _file_page(request, db, desk, file_id)


async def _file_page(
    request: HttpRequest, db: Database, desk: DeskContext, file_id: UUID, *, text: str = "",
    refusal: Refusal | None = None,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        notes = await list_notes(conn, get_services(request).seal, desk.actor, desk.county, file_id)
        [file] = await list_county_files(conn, desk.actor, desk.county, file_id=file_id)
    context = {
        "file": file,
        "operator": get_operator_name(file.operator),
        "notes": notes,
        "text": text,
        "errors": refusal.errors if refusal is not None else (),
        "key": make_form_key(),
    }
    status = 200 if refusal is None else refusal.status
    return render_desk_page(request, desk, "operator_file.html", context, status=status)


@post("/operators/files/{file_id:uuid}/notes", include_in_schema=False)
async def submit_county_note(
    request: HttpRequest,
    *,
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Write to the operator about a bill.

    Raises:
        NotAllowed: the official does not import for the whole county.
        NotFound: the county has no such bill.
    """
    form = await read_form(request)
    desk = await _open(request, db, actor, clock)

    async def work(conn: Connection) -> str:
        await add_note(conn, seal, actor, desk.county, file_id, text=form.get_text("text"), now=desk.now)
        return desk.to(f"/desk/operators/files/{file_id}")

    try:
        return await submit_once(request, actor, form, work, scope=desk.county, about=str(file_id))
    except NoteInvalid as refusal:
        return await _file_page(request, db, desk, file_id, text=form.get_text("text"), refusal=refusal)


ROUTES = [show_operators, submit_operator, submit_operator_change, show_operator_file, submit_county_note]
