"""疑点的门槛: what each check of a programme does today, and the form that sets one from a day on."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.access import get_roles, require_county_role
from market.people.identity.models import Actor, NotFound, Role
from market.people.storage.sent_bytes import count_sent_bytes
from market.places.counties.load import load_county_settings
from market.places.counties.settings import describe_county_settings
from market.reports.programmes import list_programmes
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.months.programmes import describe_days
from market.service.web.forms import PostedForm, read_form
from market.service.web.pages import redirect
from market.subsidies.findings.check_table import CHECKS, THRESHOLD_NAMES, Check
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.names import CHECK_NAMES
from market.subsidies.programmes.check_settings import MAX_BASIS_LENGTH
from market.subsidies.programmes.import_programmes import import_programmes
from market.subsidies.programmes.set_check import write_check_file
from market.subsidies.programmes.source import CheckSetting
from market.subsidies.programmes.stored import load_check_settings


class CheckForm(Struct, frozen=True, kw_only=True):
    """The form as typed."""

    code: str = ""
    check: str = ""
    enabled: str = "1"
    start: str = ""
    until: str = ""
    basis: str = ""


class ProgrammeCheckRow(Struct, frozen=True):
    """A check as the page lists it: its code and name, what it does and its thresholds today, and who set them."""

    code: str
    name: str
    effect: str
    thresholds: str
    source: str


def _describe_row(
    code: str, check: Check, county: dict[str, int], settings: list[CheckSetting], day: date
) -> ProgrammeCheckRow:
    own = next((each for each in settings if each.start <= day and (each.until is None or day < each.until)), None)
    coming = next((each for each in settings if each.start > day), None)
    names = list(check.thresholds.values())
    values = county | (own.thresholds if own is not None else {})
    source = "县里的设置" if names else ""
    if own is not None:
        source = f"项目自己的，{describe_days(own)}：{own.basis}"
    if coming is not None:
        source += f"{'；' if source else ''}{describe_days(coming)}另有：{coming.basis}"
    effect = "停付" if check.stops else "供核实"
    return ProgrammeCheckRow(
        code,
        CHECK_NAMES[code],
        effect if own is None or own.enabled else "不查",
        "、".join(f"{THRESHOLD_NAMES[name]} {values[name]}" for name in names) or "没有门槛",
        source,
    )


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, form: CheckForm, values: dict[str, str],
    *, notice: PageNotice | None = None, errors: Any = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        programme = next((each for each in await list_programmes(conn, desk.county) if each.code == form.code), None)
        own = (await load_check_settings(conn, desk.county)).get(form.code, [])
        county = msgspec.structs.asdict(await load_county_settings(conn, desk.county, day=desk.today))
    if programme is None or (form.check and form.check not in CHECKS):
        raise NotFound
    rows = [
        _describe_row(code, check, county, [each for each in own if each.check == code], desk.today)
        for code, check in CHECKS.items()
    ]
    described, chosen = describe_county_settings(), CHECKS.get(form.check)
    context = {
        "form": form,
        "name": f"{programme.code}　{programme.name}",
        "rows": rows,
        "chosen": next((each for each in rows if each.code == form.check), None),
        "stops": chosen is not None and chosen.stops,
        "fields": [
            (name, THRESHOLD_NAMES[name], values.get(name, ""), _describe_limits(described[name]))
            for name in (chosen.thresholds.values() if chosen else ())
        ],
        "notice": notice,
        "errors": list(errors),
        "sets": Role.POLICY in get_roles(desk.actor),
    }
    return render_desk_page(request, desk, "programme_checks.html", context, status=status)


def _describe_limits(described: tuple[str, int, int, int]) -> str:
    _, _, minimum, maximum = described
    return f"{minimum} 到 {maximum}，空着就按县里的"


@get("/programmes/checks", include_in_schema=False)
async def show_programme_checks(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show every check of a programme with what holds today, and the form of the chosen one.

    Raises:
        NotFound: the county has no programme of this code, or there is no such check.
    """
    desk = await open_desk(request, db, actor, clock)
    asked = request.query_params
    form = CheckForm(code=asked.get("code", "")[:20], check=asked.get("check", "")[:60], start=desk.today.isoformat())
    notice = PageNotice("ok", "已设好") if asked.get("done") == "1" else None
    return await _page(request, db, desk, form, {}, notice=notice)


@post("/programmes/checks", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_programme_check(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Set a check of a programme from a day on: import the stored programme with this setting.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not set programmes of the county.
        NotFound: the county has no programme of this code, or there is no such check.
    """
    posted = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, Role.POLICY, desk.county)
    form = posted.fill(CheckForm)
    setting = _read_setting(posted, form)
    values = {name: posted.get_text(name) for name in CHECKS[form.check].thresholds.values()}
    if setting is None:
        return await _page(request, db, desk, form, values, errors=posted.faults, status=422)
    try:
        async with db.transaction(scope=desk.county) as conn:
            content = await write_check_file(conn, desk.county, form.code, setting)
            name = f"{form.code}，{CHECK_NAMES[form.check]}，{desk.now:%Y%m%d%H%M%S}.json"
            upload = Upload(desk.county, "programmes", name, content, take_changes=True)
            await count_sent_bytes(conn, actor.account_id, len(content), now=desk.now)
            prepared = await prepare_upload(actor, upload, ImportContext(seal=seal, now=desk.now, attachments={}))
            await import_programmes(conn, actor, prepared)
    except NotFound:
        raise
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有设")
        return await _page(request, db, desk, form, values, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/programmes/checks", code=form.code, done=1))


def _read_setting(posted: PostedForm, form: CheckForm) -> CheckSetting | None:
    """Return the setting that was typed; None if a field is wrong, which the form then tells.

    Raises:
        NotFound: there is no such check.
    """
    check = CHECKS.get(form.check)
    if check is None:
        raise NotFound
    described = describe_county_settings()
    thresholds: dict[str, int] = {}
    for name in check.thresholds.values():
        _, _, minimum, maximum = described[name]
        if posted.get_text(name):
            fault = f"写 {minimum} 到 {maximum} 的整数"
            thresholds[name] = posted.read_integer(name, fault=fault, minimum=minimum, maximum=maximum)
    start = posted.read_day("start", fault="写日期，比如 2019-01-01")
    until = posted.read_optional_day("until", fault="写日期，比如 2019-01-01")
    if start and until and until <= start:
        posted.add_fault("until", "要晚于第一天")
    if not 1 <= len(form.basis.strip()) <= MAX_BASIS_LENGTH:
        posted.add_fault("basis", f"写明依据，1 到 {MAX_BASIS_LENGTH} 个字")
    if posted.faults or start is None:
        return None
    return CheckSetting(
        check=form.check, start=start, until=until, enabled=check.stops or form.enabled == "1", thresholds=thresholds,
        basis=form.basis.strip(),
    )  # fmt: skip


ROUTES = [show_programme_checks, submit_programme_check]
