"""Accounts of the county's officials: list, make, move, end, and a new second factor for a lost phone."""

from collections.abc import Sequence
from datetime import date
from textwrap import wrap
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_county_role
from market.people.identity.auditors import MAX_AUDIT_DAYS
from market.people.identity.county_officials import (
    COUNTY_ROLES,
    PersonHasAccount,
    SellerNumberMissing,
    create_county_official,
    find_county_official,
    is_kept_by,
    move_county_official,
    reset_county_second_factor,
    revoke_county_official,
)
from market.people.identity.deputies import Deputy, list_deputies
from market.people.identity.models import ROLE_NAMES, Actor, HandleTaken, NotFound, Role
from market.people.identity.officials import (
    HoldsOffice,
    InvalidOfficial,
    OfficialSummary,
    OfficialWarning,
    OtherPerson,
    list_officials,
)
from market.people.identity.phone_accounts import PhoneHasOtherName
from market.people.identity.second_factor import make_enrolment_uri
from market.places.divisions.queries import get_division_names, list_divisions_named
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_refusal_notice,
    open_desk,
    render_desk_page,
)
from market.service.web.forms import PostedForm, parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh, day_zh
from market.service.web.ui.qr_code import draw_qr_code

_FAULTS = {
    "handle": "账号用小写字母开头，2 到 32 个小写字母和数字，比如 wangwu",
    "name": "写姓名，最多 60 个字",
    "phone": "手机号是 11 位数字",
    "identity": "身份证号是 18 位，最后一位是校验码，请照证件再看一遍",
    "roles": "至少选一项；村级、乡镇以外的职责管全县，地方要写县名；审计不能兼别的",
    "place": "写本县或本县的乡镇、村的名字",
    "last": f"只有审计写：从今天起、{MAX_AUDIT_DAYS} 天以内的一天",
}
"""What would be right, for each field that the domain refuses."""
_DONE = {"moved": "改好了，他要重新登录", "ended": "账号已经停了，他的登录也结束了"}
_ROLE_OPTIONS = [(str(role), ROLE_NAMES[role]) for role in COUNTY_ROLES]


class OfficialForm(Struct, frozen=True):
    """The form of an official as typed."""

    name: str = ""
    handle: str = ""
    phone: str = ""
    identity: str = ""
    place: str = ""
    roles: list[str] = []
    last: str = ""
    sure: str = ""


class SecretView(Struct, frozen=True):
    """A new second factor, shown once: to scan, or to type."""

    name: str
    drawing: str
    letters: str


async def open_county_desk(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> DeskContext:
    """Return the desk of an official who decides for the whole county.

    Raises:
        NotAllowed: the official does not.
    """
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, Role.COUNTY, desk.county)
    return desk


def _describe_deputies(deputies: Sequence[Deputy], handle: str) -> list[str]:
    """Return for whom an official stands in, and who stands in for the official, with the days."""
    texts: list[str] = []
    for each in deputies:
        days = f"{day_zh(each.first)}到{day_zh(each.last)}"
        if each.handle == handle:
            texts.append(f"{days}代{each.absent_name}办：{'、'.join(ROLE_NAMES[role] for role in each.roles)}")
        elif each.absent_handle == handle:
            texts.append(f"{days}由{each.name}代理")
    return texts


def _describe(official: OfficialSummary, names: dict[str, str]) -> list[str]:
    duties = [
        f"{ROLE_NAMES[role]}，{names.get(scope, scope)}"
        for role, scope in zip(official.roles, official.scopes, strict=True)
    ]
    seen = f"{clock_zh(official.last_seen_at)} 用过" if official.last_seen_at else "还没有登录过"
    missing = [
        words
        for words, there in (
            ("没有登记身份证号", official.identity),
            ("没有绑口令", official.second_factor),
            ("没有登记手机号", official.phone),
        )
        if not there
    ]
    return ["；".join(duties), "；".join([f"{day_zh(official.since)}起", seen, *missing])]


def _may_change(desk: DeskContext, official: OfficialSummary) -> bool:
    """Return whether the account gets a link; roles in other counties and a second account are refused behind it."""
    return official.handle != desk.actor.handle and is_kept_by(desk.county, official)


async def _list_page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, form: OfficialForm | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    known: bool = False, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        officials = await list_officials(conn, desk.county, now=desk.now)
        deputies = await list_deputies(conn, desk.county, now=desk.now)
        names = await get_division_names(conn, {scope for each in officials for scope in each.scopes})
    rows = [
        (
            desk.to(f"/desk/officials/{each.handle}") if _may_change(desk, each) else None,
            f"{each.name}（{each.handle}）",
            [*_describe(each, names), *_describe_deputies(deputies, each.handle)],
        )
        for each in officials
    ]
    context = {
        "rows": rows,
        "form": form or OfficialForm(place=desk.name),
        "errors": errors,
        "notice": notice,
        "known": known,
        "role_options": _ROLE_OPTIONS,
    }
    return render_desk_page(request, desk, "officials.html", context, status=status)


@get("/officials", include_in_schema=False)
async def show_officials(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's officials, with the form for another one."""
    desk = await open_county_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _list_page(request, db, desk, notice=PageNotice("ok", done) if done else None)


async def _read_place(conn: Connection, form: PostedForm, desk: DeskContext) -> str:
    """Return the code of the division whose name or code was typed; without one, a fault and an empty code."""
    found = await list_divisions_named(conn, form.get_text("place"), within=desk.county)
    if len(found) == 1:
        return found[0].code
    several = "、".join(each.code for each in found)
    form.add_fault("place", f"本县有几个地方叫这个名字，请写编号：{several}" if found else _FAULTS["place"])
    return ""


def _read_roles(form: PostedForm) -> list[Role]:
    """Return the ticked roles.

    Raises:
        NotFound: the page has no such role.
    """
    try:
        return [Role(text) for text in form.get_texts("roles")]
    except ValueError:
        raise NotFound from None


def _read_last(form: PostedForm) -> date | None:
    """Return the last day of an auditor; a text that is no day is a fault, and reads as a day that is refused."""
    text = form.get_text("last")
    return (parse_day(text) or date.max) if text else None


def _list_faults(form: PostedForm, refusal: Refusal) -> list[FieldFault]:
    """Return the faults of the form, and those of the other fields that the domain refused."""
    known = {fault.field for fault in form.faults}
    return [
        *form.faults,
        *(FieldFault(each.field, _FAULTS[each.field]) for each in refusal.errors if each.field not in known),
    ]


@post("/officials", include_in_schema=False)
async def submit_official(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Make an official, and show the second factor once; a second account of a person has to be confirmed."""
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    typed = form.fill(OfficialForm)
    if not typed.identity:
        form.add_fault("identity", "写身份证号：一个人有两个账号时，按它认是同一个人")
    try:
        async with db.transaction(scope=desk.county) as conn:
            division = await _read_place(conn, form, desk)
            made = await create_county_official(
                conn, seal, actor, desk.county, name=typed.name, handle=typed.handle, phone=typed.phone,
                identity=typed.identity, roles=_read_roles(form), division=division, confirmed=typed.sure == "1",
                last=_read_last(form), help_phone=get_services(request).settings.help_phone, now=desk.now,
            )  # fmt: skip
    except InvalidOfficial as refusal:
        errors = _list_faults(form, refusal)
        return await _list_page(request, db, desk, form=typed, errors=errors, status=refusal.status)
    except PhoneHasOtherName as refusal:
        errors = [*form.faults, *refusal.errors]
        return await _list_page(request, db, desk, form=typed, errors=errors, status=refusal.status)
    except (HandleTaken, OtherPerson, PersonHasAccount, SellerNumberMissing, HoldsOffice) as refusal:
        known = isinstance(refusal, PersonHasAccount)
        notice = build_refusal_notice(refusal, "没有开")
        return await _list_page(request, db, desk, form=typed, notice=notice, known=known, status=refusal.status)
    unstored = OfficialWarning.IDENTITY_MISSING in made.warnings
    notice = PageNotice("ok", f"账号开好了{'；他开着店，身份证号没有存，要由平台登记' if unstored else ''}")
    return await _official_page(request, db, desk, made.handle, secret=made.totp_secret, notice=notice)


async def _official_page(
    request: HttpRequest, db: Database, desk: DeskContext, handle: str,
    *, secret: str | None = None, notice: PageNotice | None = None, errors: Sequence[FieldFault] = (),
    form: OfficialForm | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        if secret is None:  # who was just given a second factor was checked, and may be the auditor
            await find_county_official(conn, desk.actor, desk.county, handle, day=desk.today)
        listed = await list_officials(conn, desk.county, now=desk.now)
        official = next((each for each in listed if each.handle == handle), None)
        if official is None:
            raise NotFound
        names = await get_division_names(conn, set(official.scopes))
    held = OfficialForm(place=names[official.scopes[0]], roles=[str(role) for role in official.roles])
    drawn = None
    if secret is not None:
        drawing = draw_qr_code(make_enrolment_uri(secret, handle), f"{official.name}的动态口令")
        drawn = SecretView(official.name, drawing, " ".join(wrap(secret, 4)))
    context = {
        "official": official,
        "lines": _describe(official, names),
        "secret": drawn,
        "kept": Role.AUDITOR not in official.roles,
        "form": form or held,
        "errors": errors,
        "notice": notice,
        "role_options": _ROLE_OPTIONS,
    }
    return render_desk_page(request, desk, "official.html", context, status=status)


@get("/officials/{handle:str}", include_in_schema=False)
async def show_official(
    request: HttpRequest,
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show an official with the forms to move, to replace the second factor, and to end the account."""
    return await _official_page(request, db, await open_county_desk(request, db, actor, clock), handle)


@post("/officials/{handle:str}/{act:str}", include_in_schema=False)
async def submit_change(
    request: HttpRequest,
    *,
    handle: FromPath[str],
    act: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Move an official, replace the second factor (shown once), or end the account; each ends the sessions at once.

    Raises:
        NotFound: there is no such change.
    """
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    secret = None
    try:
        async with db.transaction(scope=desk.county) as conn:
            if act == "move":
                division = await _read_place(conn, form, desk)
                roles = _read_roles(form)
                await move_county_official(
                    conn, actor, desk.county, handle, roles=roles, division=division, now=desk.now
                )
            elif act == "factor":
                secret = await reset_county_second_factor(conn, seal, actor, desk.county, handle, now=desk.now)
            elif act == "end":
                await revoke_county_official(conn, actor, desk.county, handle, now=desk.now)
            else:
                raise NotFound
    except InvalidOfficial as refusal:
        errors = _list_faults(form, refusal)
        typed = form.fill(OfficialForm)
        return await _official_page(request, db, desk, handle, errors=errors, form=typed, status=refusal.status)
    if secret is not None:
        return await _official_page(request, db, desk, handle, secret=secret)
    return redirect(desk.to("/desk/officials", done="moved" if act == "move" else "ended"))


ROUTES = [show_officials, submit_official, show_official, submit_change]
