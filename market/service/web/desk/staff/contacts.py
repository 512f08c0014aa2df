"""联系人: whom the farmers of the county call; listed for its officials, kept by the county."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, structs

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.access import list_scopes, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.places.counties.contacts import (
    BadContact,
    Contact,
    ContactDetails,
    ContactRegistered,
    NewContact,
    add_contact,
    change_contact,
    end_contact,
    get_contact,
    list_contacts,
)
from market.places.divisions.queries import list_divisions_named
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import PostedForm, parse_id, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh, phone

_DONE = {"added": "登记好了，农户现在就看得到", "changed": "改好了，农户现在就看得到", "ended": "停掉了"}


class ContactForm(Struct, frozen=True):
    """The form of a contact as typed."""

    place: str = ""
    name: str = ""
    phone: str = ""
    hours: str = ""
    away_from: str = ""
    away_to: str = ""


def _describe(contact: Contact) -> list[str]:
    lines = [f"{contact.name}，{phone(contact.phone)}", contact.hours]
    if contact.away_from is not None and contact.away_to is not None:
        lines.append(f"{day_zh(contact.away_from)}到{day_zh(contact.away_to)}不在")
    return lines


def _may_keep(desk: DeskContext) -> bool:
    return any(desk.county.startswith(scope) for scope in list_scopes(desk.actor, COUNTY_KEEPERS))


async def _list_page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, form: ContactForm | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        contacts = await list_contacts(conn, desk.county)
    keeps = _may_keep(desk)
    rows = [
        (desk.to(f"/desk/contacts/{each.id}") if keeps else None, each.division, _describe(each)) for each in contacts
    ]
    context = {"rows": rows, "keeps": keeps, "form": form or ContactForm(), "errors": errors, "notice": notice}
    return render_desk_page(request, desk, "contacts.html", context, status=status)


@get("/contacts", include_in_schema=False)
async def show_contacts(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's contacts, with the form for another one."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _list_page(request, db, desk, notice=PageNotice("ok", done) if done else None)


async def _read_division(conn: Connection, form: PostedForm, county: str) -> str:
    """Return the code of the division that was typed.

    Raises:
        BadContact: the county has none, or several, of that name.
    """
    found = await list_divisions_named(conn, form.get_text("place"), within=county)
    if len(found) == 1:
        return found[0].code
    several = "、".join(each.code for each in found)
    words = f"本县有几个地方叫这个名字，请写编号：{several}" if found else "写本县或本县的乡镇、村的名字"
    raise BadContact(errors=(FieldFault("place", words),))


def _read_details(form: PostedForm) -> ContactDetails:
    """Return the typed contact.

    Raises:
        BadContact: a day is not a day.
    """
    away = [
        form.read_optional_day(name, fault="日子写成 2019-05-01 这样；没有就空着") for name in ("away_from", "away_to")
    ]
    if form.faults:
        raise BadContact(errors=tuple(form.faults))
    name, number, hours = (form.get_text(each) for each in ("name", "phone", "hours"))
    return ContactDetails(name=name, phone=number, hours=hours, away_from=away[0], away_to=away[1])


@post("/contacts", include_in_schema=False)
async def submit_contact(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Register the contact of a village, a township or the county."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    try:
        async with db.transaction() as conn:
            division = await _read_division(conn, form, desk.county)
            new = NewContact(division_code=division, **structs.asdict(_read_details(form)))
            await add_contact(conn, actor, desk.county, new, now=desk.now)
    except BadContact as refusal:
        typed = form.fill(ContactForm)
        return await _list_page(request, db, desk, form=typed, errors=refusal.errors, status=refusal.status)
    except ContactRegistered as refusal:
        notice = build_refusal_notice(refusal, "没有登记")
        return await _list_page(
            request, db, desk, form=form.fill(ContactForm), notice=notice, status=refusal.status
        )  # fmt: skip
    return redirect(desk.to("/desk/contacts", done="added"))


async def _contact_page(
    request: HttpRequest, db: Database, desk: DeskContext, contact_id: str,
    *, form: ContactForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    parsed = parse_uuid(contact_id)
    require_county_role(desk.actor, COUNTY_KEEPERS, desk.county)
    if parsed is None:
        raise NotFound
    async with db.connection() as conn:
        contact = await get_contact(conn, desk.county, parsed)
    stored = ContactForm(
        name=contact.name, phone=contact.phone, hours=contact.hours,
        away_from=str(contact.away_from or ""), away_to=str(contact.away_to or ""),
    )  # fmt: skip
    context = {"contact": contact, "form": form or stored, "errors": errors}
    return render_desk_page(request, desk, "contact.html", context, status=status)


@get("/contacts/{contact_id:str}", include_in_schema=False)
async def show_contact(
    request: HttpRequest,
    contact_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a contact with the forms to change and to end it."""
    return await _contact_page(request, db, await open_desk(request, db, actor, clock), contact_id)


@post("/contacts/{contact_id:str}", include_in_schema=False)
async def submit_contact_change(
    request: HttpRequest,
    *,
    contact_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Change a contact, or end it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    parsed = parse_id(contact_id)
    ends = form.get_text("act") == "end"
    try:
        async with db.transaction() as conn:
            if ends:
                await end_contact(conn, actor, desk.county, parsed, now=desk.now)
            else:
                await change_contact(conn, actor, desk.county, parsed, _read_details(form), now=desk.now)
    except BadContact as refusal:
        typed = form.fill(ContactForm)
        return await _contact_page(
            request, db, desk, contact_id, form=typed, errors=refusal.errors, status=refusal.status
        )  # fmt: skip
    return redirect(desk.to("/desk/contacts", done="ended" if ends else "changed"))


ROUTES = [show_contacts, submit_contact, show_contact, submit_contact_change]
