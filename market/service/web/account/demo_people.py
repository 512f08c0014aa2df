"""The demo's list of sample people, one click each, with files to import; only in the demo."""

import asyncio
import json
import os
from datetime import date, datetime
from pathlib import Path

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock, get_next_month, parse_month
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import ROLE_NAMES, Actor, NotFound, Role
from market.people.identity.second_factor import generate_code
from market.people.storage.files import FileMissing, FileStore
from market.people.storage.sample_files import SAMPLE_FOLDER, SAMPLE_INDEX
from market.service.http import HttpRequest
from market.service.web.account.demo_sign_in import (
    OPERATOR_HOME,
    DemoSignInAccount,
    list_demo_accounts,
    sign_in_demo_account,
)
from market.service.web.cookies import DEMO_BAND_COOKIE, YEAR_SECONDS, set_cookie
from market.service.web.forms import read_form
from market.service.web.pages import get_local_path, redirect, render_page
from market.service.web.ui.format import day_zh
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.names import format_month_zh

_MAX_MESSAGES = 6
_MESSAGES_TAIL_BYTES = 16_384
_CONTENT_TYPES = {".csv": "text/csv", ".json": "application/json"}


class DemoRole(Struct, frozen=True):
    """What a sample person can do, and the page they see first."""

    name: str
    does: str
    home: str = "/desk"


class SampleFile(Struct, frozen=True):
    """A file to import; `kind` is its kind of import, or `manifest`."""

    month: str
    kind: str
    name: str


class SentMessage(Struct, frozen=True):
    """A message that the demo wrote to its file instead of sending it."""

    phone: str
    text: str
    at: datetime


SHOPPERS = {
    "buyer": DemoRole("买家", "逛集、下单、付款、退单、评价", "/"),
    "farmer": DemoRole("农户", "发货、卖东西、看我的钱和我的话费", "/farm"),
    "helper": DemoRole("帮手", "替农户样例唐甲子家发货、上架", "/farm"),
    "host": DemoRole("农家院", "看今天的客人、改房价、关几天", "/farm/guests"),
    "newcomer": DemoRole("想开店的人", "申请开店，看办到哪一步", "/farm/apply"),
}
"""People of the market, by role."""
OFFICIALS = {
    "policy": DemoRole(ROLE_NAMES[Role.POLICY], "项目和标准、套餐、预算"),
    "importer": DemoRole(ROLE_NAMES[Role.IMPORTER], "导入文件，计算"),
    "village": DemoRole(ROLE_NAMES[Role.VILLAGE], "核实本村的业务；核实开店申请"),
    "township": DemoRole(ROLE_NAMES[Role.TOWNSHIP], "处理疑点，审核"),
    "county": DemoRole(ROLE_NAMES[Role.COUNTY], "审定一个月；推荐开店申请"),
    "finance": DemoRole(ROLE_NAMES[Role.FINANCE], "结算，看拨付"),
    "reconciler": DemoRole(ROLE_NAMES[Role.RECONCILER], "对账，关账"),
    "platform": DemoRole(ROLE_NAMES[Role.PLATFORM], "审核开店申请"),
    "confirmer": DemoRole("平台的第二个人", "核对别人记的对公转账"),
    "supervisor": DemoRole(ROLE_NAMES[Role.SUPERVISOR], "看全市各县：谁迟了，一个季度的合计"),
    "province": DemoRole("省里", "看全省各县：谁迟了，一个季度的合计"),
    "auditor": DemoRole(ROLE_NAMES[Role.AUDITOR], "只看不改，抽查；看过什么都留记录"),
}
"""Officials, by role."""
OPERATORS = {"operator": DemoRole("中国移动", "交账单，看退回来的行，改好再交", OPERATOR_HOME)}
"""Who sends the files of an operator."""


@get("/demo/people", tags=["pages"], operation_id="DemoPeoplePage", include_in_schema=False)
async def show_people(
    request: HttpRequest,
    *,
    settings: NamedDependency[Settings],
    files: NamedDependency[FileStore],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[bytes]:
    """List the sample people by role, the files to import, and the latest codes.

    Raises:
        NotFound: the service is not a demo.
    """
    if not settings.demo:
        raise NotFound
    accounts = {each.role: each for each in await list_demo_accounts(settings)}
    messages = await asyncio.to_thread(_read_messages, Path(settings.sms_path)) if settings.sms_path else []
    context = {
        "shoppers": _list_people(SHOPPERS, accounts),
        "officials": _list_people(OFFICIALS, accounts),
        "operators": _list_people(OPERATORS, accounts),
        "months": _group_files(await _list_files(files), today=clock.today()),
        "messages": messages,
        "factors": [
            (each.name, generate_code(each.totp_secret, now=clock.now()))
            for each in accounts.values()
            if each.totp_secret
        ],
    }
    return render_page(request, "account/demo_people.html", context, actor=visitor)


def _list_people(
    roles: dict[str, DemoRole], accounts: dict[str, DemoSignInAccount]
) -> list[tuple[str, str, str, str, str]]:
    """Return role, name, role name, phone and tasks of each sample person."""
    return [
        (role, accounts[role].name, shown.name, accounts[role].phone, shown.does)
        for role, shown in roles.items()
        if role in accounts
    ]


def _group_files(files: list[SampleFile], *, today: date) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the months of the files with their names, the day from which each is open, and the files."""
    months: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        months.setdefault(file.month, []).append((_name_kind(file.kind), file.name))
    grouped: list[tuple[str, str, list[tuple[str, str]]]] = []
    for month, names in months.items():
        ends = get_next_month(parse_month(month))
        grouped.append((format_month_zh(month), "" if ends <= today else day_zh(ends), names))
    return grouped


def _name_kind(kind: str) -> str:
    return "账单的清单" if kind == "manifest" else IMPORT_KINDS[kind].name_zh


def _read_messages(path: Path) -> list[SentMessage]:
    """Return the latest messages, newest first."""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _MESSAGES_TAIL_BYTES, 0))
            lines = file.read().splitlines()
    except OSError:
        return []
    return [msgspec.json.decode(line, type=SentMessage) for line in lines[-_MAX_MESSAGES:][::-1] if _is_whole(line)]


def _is_whole(line: bytes) -> bool:
    """Return whether a line is a whole message; the first one of the tail may be cut."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


async def _list_files(files: FileStore) -> list[SampleFile]:
    """Return the files to import, or none if the sample was loaded without them."""
    try:
        return msgspec.json.decode(await files.get(SAMPLE_INDEX), type=list[SampleFile])
    except FileMissing:
        return []


@post("/demo/people", tags=["pages"], operation_id="DemoSignIn", include_in_schema=False)
async def sign_in_person(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Redirect:
    """Sign in as a sample person and redirect to their first page.

    Raises:
        NotFound: the service is not a demo, or it has no such person.
    """
    if not settings.demo:
        raise NotFound
    role = (await read_form(request)).get_text("who")
    shown = (SHOPPERS | OFFICIALS | OPERATORS).get(role)
    if shown is None:
        raise NotFound
    return await sign_in_demo_account(
        request, db=db, seal=seal, settings=settings, clock=clock, role=role, home=shown.home
    )


@get("/demo/files/{name:str}", tags=["pages"], operation_id="DemoFile", include_in_schema=False)
async def download_file(
    settings: NamedDependency[Settings], files: NamedDependency[FileStore], name: FromPath[str]
) -> Response[bytes]:
    """Download a file to import.

    Raises:
        NotFound: the service is not a demo, or it has no such file.
    """
    if not settings.demo or name not in {each.name for each in await _list_files(files)}:
        raise NotFound
    return Response(
        await files.get(SAMPLE_FOLDER + name),
        media_type=_CONTENT_TYPES[Path(name).suffix],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@post("/demo/band", tags=["pages"], operation_id="SwitchDemoBand", include_in_schema=False)
async def switch_band(request: HttpRequest, settings: NamedDependency[Settings]) -> Redirect:
    """Hide or show the band of the demo on this device, and redirect back.

    The form has no token, because it is on pages in shared caches; its origin is checked instead.

    Raises:
        NotFound: the service is not a demo.
    """
    if not settings.demo:
        raise NotFound
    form = await read_form(request, as_typed={"to"}, token=False)
    response = redirect(get_local_path(form.get_text("to")))
    shown = "1" if form.get_text("band") == "1" else "0"
    set_cookie(request, response, DEMO_BAND_COOKIE, shown, seconds=YEAR_SECONDS)
    return response


ROUTES = [show_people, sign_in_person, download_file, switch_band]
