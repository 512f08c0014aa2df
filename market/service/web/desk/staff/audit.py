"""审计记录: who did and who read what in the county, by object and day, as a list and as a file."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.audit.readings import READ
from market.people.audit.record import record_export
from market.people.identity.models import Actor
from market.reports.files.audit_extract import AuditRow, list_entries, parse_position
from market.service.http import HttpRequest
from market.service.web.desk.context import render_desk_page
from market.service.web.desk.months.samples import open_audit_desk
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.desk.papers.forms import FormTable
from market.service.web.desk.papers.workbook import write_csv
from market.service.web.forms import parse_day
from market.service.web.ui.format import clock_zh

KINDS = [
    ("", "全部"),
    ("cycle", "账期"),
    ("county", "文件、设置和审计看过的"),
    ("lead", "线索"),
    ("account", "办事人员"),
]
_ACTIONS = {
    READ: "看了",
    "run month": "计算",
    "village approves month": "村级核实",
    "township approves month": "乡镇审核",
    "decide month": "县级审定",
    "settle month": "结算",
    "reconcile month": "对账",
    "close month": "关账",
    "return month": "退回",
    "decide finding": "处理疑点",
    "hold line": "先停付",
    "accept differences": "认下差异",
    "seal pack": "封证据包",
    "deposit sample secret": "存抽查密语的校验和",
    "draw sample": "抽查，抽",
    "check sample": "抽查，记结果",
    "search register": "查找人、户",
    "import read original": "取原件",
    "change_county_setting": "改县里的设置",
    "account.sign_in": "登录",
    "official.take_account": "已有的账号转为公务账号",
    "official.make": "开账号",
    "official.move": "改职责",
    "official.end": "停账号",
    "official.deputy": "定代理",
    "official.second_factor": "换口令",
    "official.auditor_end": "定审计到哪天",
}
_GROUPS = {"export ": "取文件", "import ": "导入", "lead.": "线索"}
_OBJECTS = {"cycle": "账期", "county": "全县", "lead": "线索", "account": "账号"}
_PAGE = 100
_MAX_ROWS = 50_000
_HEAD = ["时间", "谁", "做了什么", "在哪", "动作", "对象", "内容", "链", "序号", "校验和"]


def name_action(action: str) -> str:
    """Return the words of an action of a county's record."""
    group = next((words for prefix, words in _GROUPS.items() if action.startswith(prefix)), "其他")
    return _ACTIONS.get(action, group)


def _name_object(text: str) -> str:
    kind, _, rest = text.partition(":")
    return f"{_OBJECTS.get(kind, '')} {rest.partition(':')[2]}" if kind == "cycle" else _OBJECTS.get(kind, "")


def _name_place(entry: AuditRow) -> str:
    """Return the address that an auditor read, or else the words of the object."""
    if entry.action == READ:
        return msgspec.json.decode(entry.detail, type=dict[str, str]).get("read", "").removeprefix("GET ")
    return _name_object(entry.object)


def _read_filter(request: HttpRequest) -> tuple[str, str]:
    """Return the kind of object and the day as typed; an unknown kind is all of them."""
    kind = request.query_params.get("kind", "")
    return kind if kind in dict(KINDS) else "", request.query_params.get("day", "")


@get("/audit", include_in_schema=False)
async def show_audit(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the entries of the county's audit record, newest first, by kind of object and by day.

    Raises:
        BadCursor: see `parse_position`.
    """
    desk = await open_audit_desk(request, db, actor, clock)
    kind, day = _read_filter(request)
    before = parse_position(request.query_params.get("before", ""))
    async with db.transaction(scope=desk.county) as conn:
        entries = await list_entries(
            conn, desk.county, kind=kind, day=parse_day(day), most=_PAGE, before=before, now=desk.now
        )
    rows = [[clock_zh(each.at), each.who, name_action(each.action), _name_place(each)] for each in entries.items]
    context = {
        "rows": rows,
        "head": _HEAD[:4],
        "kinds": KINDS,
        "kind": kind,
        "day": day,
        "more": desk.to("/desk/audit", kind=kind, day=day, before=entries.next) if entries.next else None,
        "back": desk.to("/desk/audit", kind=kind, day=day) if before else None,
        "file": desk.to("/desk/audit.csv", kind=kind, day=day),
    }
    return render_desk_page(request, desk, "audit.html", context)


@get("/audit.csv", include_in_schema=False, rate=RateClass.SEARCH)
async def download_audit(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Download the entries with their details and hashes, the newest 50,000 at most; the record keeps who took them."""
    desk = await open_audit_desk(request, db, actor, clock)
    kind, typed = _read_filter(request)
    day = parse_day(typed)
    async with db.transaction(scope=desk.county) as conn:
        entries = await list_entries(conn, desk.county, kind=kind, day=day, most=_MAX_ROWS, now=desk.now)
        who, detail = str(actor.account_id), {"kind": kind, "day": None if day is None else day.isoformat()}
        await record_export(conn, actor=who, name="audit.csv", county=desk.county, detail=detail, now=clock.now())
    rows = [
        [
            each.at.isoformat(), each.who, name_action(each.action), _name_object(each.object), each.action,
            each.object, each.detail, str(each.chain), str(each.sequence), each.hash,
        ]
        for each in entries.items
    ]  # fmt: skip
    table = FormTable("审计记录", _HEAD, ["text"] * len(_HEAD), [list(row) for row in rows])
    return download_file(write_csv(table), f"{desk.name}-审计记录.csv", "text/csv")


ROUTES = [show_audit, download_audit]
