"""表号 on the desk: the number in the head of each printed form, and the form in which it is entered."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor
from market.places.counties.form_numbers import (
    FORM_KIND_NAMES,
    NUMBER_KEEPERS,
    BadFormNumber,
    FormNumber,
    PrintedFormKind,
    find_form_number,
    list_form_numbers,
    set_form_number,
)
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.desk.papers.forms import PrintedForm
from market.service.web.forms import PostedForm, parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh

_STATISTICS = frozenset({PrintedFormKind.QUARTER, PrintedFormKind.REPORT})


class FormNumberForm(Struct, frozen=True):
    """The form as typed."""

    form: str = ""
    number: str = ""
    authority: str = ""
    document: str = ""
    starts_on: str = ""
    last_on: str = ""


async def add_form_number(
    conn: Connection, county: str, kind: PrintedFormKind, form: PrintedForm, *, day: date
) -> PrintedForm:
    """Return a form with its number, who issued it, by which document and until when, as of the last day of its period.

    A table of figures without a number is an internal account. Source: 统计法 17, 24.
    """
    number = await find_form_number(conn, county, kind, day=day)
    if number is None:
        return replace(form, meta=[*form.meta, "内部台账"]) if kind in _STATISTICS else form
    head = [f"表号：{number.number}", f"制定机关：{number.authority}"]
    if number.document:
        head.append(f"批准文号：{number.document}")
    if number.last_on is not None:
        head.append(f"有效期至：{day_zh(number.last_on)}")
    return replace(form, meta=[*form.meta, *head])


async def build_numbers_context(
    conn: Connection, desk: DeskContext, values: FormNumberForm | None = None, errors: Sequence[FieldFault] = ()
) -> dict[str, Any]:
    """Return the numbers of the county's forms, and whether the official enters them."""
    return {
        "numbers": [
            (
                FORM_KIND_NAMES[each.form],
                each.number,
                "，".join(filter(None, (each.authority, each.document))),
                f"{day_zh(each.starts_on)}起" + (f"，到{day_zh(each.last_on)}" if each.last_on else ""),
            )
            for each in await list_form_numbers(conn, desk.county)
        ],
        "enters": desk.whole and has_role_for(desk.actor, NUMBER_KEEPERS, desk.county),
        "kinds": [(each.value, words) for each, words in FORM_KIND_NAMES.items()],
        "values": values or FormNumberForm(),
        "errors": errors,
    }


@post("/sheets/numbers", include_in_schema=False)
async def submit_form_number(
    request: HttpRequest, *, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Set the number of a form from a day on.

    Raises:
        NotAllowed: the official neither decides nor keeps the terms for the whole county.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    try:
        async with db.transaction(scope=desk.county) as conn:
            await set_form_number(conn, actor, desk.county, _read(form), now=desk.now)
    except BadFormNumber as refusal:
        async with db.transaction(scope=desk.county) as conn:
            context = await build_numbers_context(conn, desk, form.fill(FormNumberForm), refusal.errors)
        return render_desk_page(request, desk, "form_numbers.html", context, status=refusal.status)
    return redirect(desk.to("/desk/sheets", done=1))


def _read(form: PostedForm) -> FormNumber:
    """Return what was typed.

    Raises:
        BadFormNumber: the form is none, or a day is not written as one.
    """
    kind = next((each for each in PrintedFormKind if each == form.get_text("form")), None)
    first, last = (parse_day(form.get_text(name)) for name in ("starts_on", "last_on"))
    faults = [
        FieldFault(field, words)
        for field, wrong, words in (
            ("form", kind is None, "请选哪张表"),
            ("starts_on", first is None, "写哪天起，如 2026-01-01"),
            ("last_on", bool(form.get_text("last_on")) and last is None, "写哪天止，如 2028-12-31，或者空着"),
        )
        if wrong
    ]
    if faults or kind is None or first is None:
        raise BadFormNumber(errors=tuple(faults))
    return FormNumber(
        form=kind, number=form.get_text("number"), authority=form.get_text("authority"),
        document=form.get_text("document"), starts_on=first, last_on=last,
    )  # fmt: skip


ROUTES = [submit_form_number]
