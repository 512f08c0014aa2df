"""One clawback: its decision, its delivery to a household, an appeal that is written down, and what comes back."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotAllowed
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.desk.papers.forms import BLANK, FormTable, PrintedForm, make_total_table
from market.service.web.forms import PostedForm, parse_day, parse_typed_yuan, parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect
from market.service.web.ui.format import capitals, clock_zh, day_zh, yuan
from market.subsidies.clawbacks.appeals import write_down_appeal
from market.subsidies.clawbacks.decide import decide_clawback, serve_clawback
from market.subsidies.clawbacks.models import (
    APPEAL_DAYS,
    CONFIRMER,
    DECIDER,
    ENTRY_NAMES,
    GROUND_NAMES,
    MAX_TEXT_LENGTH,
    RECORDER,
    SERVERS,
    SERVICE_NAMES,
    STATE_NAMES,
    Clawback,
    ClawbackEntry,
    ClawbackInvalid,
    ClawbackNotFound,
    ClawbackState,
    Debtor,
    EntryKind,
    Service,
)
from market.subsidies.clawbacks.recover import NewEntry, decide_entry, record_entry
from market.subsidies.clawbacks.views import get_clawback

_DONE = {
    "propose": "提出来了，等另一个人定", "decide": "定好了", "serve": "记下了，从这天起算申诉的日子",
    "record": "记下了，等对账的人确认", "confirm": "办好了", "appeal": "记下了，上一级来看，这期间不用还",
}  # fmt: skip
_FIELDS = {"decide": "opinion", "serve": "served_on", "record": "fen", "appeal": "text"}
"""The field of each form at which a refusal without a field is shown."""
_APPEALABLE = frozenset({ClawbackState.DECIDED, ClawbackState.SERVED})


class ClawbackForms(Struct, frozen=True):
    """The forms of a clawback as typed."""

    opinion: str = ""
    served_on: str = ""
    service: str = ""
    kind: str = ""
    fen: str = ""
    note: str = ""
    paid_on: str = ""
    text: str = ""


def _list_facts(found: Clawback) -> list[tuple[str, str]]:
    """Return what a clawback is, as pairs of words and text."""
    debtor = found.debtor_name if found.debtor is Debtor.OPERATOR else f"农户 {found.debtor_name}，{found.person}"
    decided = f"{found.decided_by}，{clock_zh(found.decided_at)}" if found.decided_at else ""
    served = f"{day_zh(found.served_on)}，{SERVICE_NAMES[found.service]}" if found.served_on and found.service else ""
    pairs = [
        ("谁退", debtor),
        ("多少", f"{yuan(found.amount_fen)} 元" + (f"，还差 {yuan(found.left_fen)} 元" if found.posted_on else "")),
        ("现在", STATE_NAMES[found.state]),
        ("怎么骗的", GROUND_NAMES[found.ground] if found.ground else ""),
        ("从哪里来", f"{found.month:%Y-%m} 结算是负数" if found.month else "一件定了不付的疑点"),
        ("凭什么", found.reason),
        ("本人怎么说", found.statement),
        ("谁提的", f"{found.proposed_by}，{clock_zh(found.proposed_at)}"),
        ("谁定的", decided),
        ("为什么这样定", found.opinion),
        ("送达", served),
        ("申诉到哪天", day_zh(found.appeal_until) if found.appeal_until else ""),
        ("哪天到期", day_zh(found.due_on) if found.due_on and found.state is ClawbackState.OWED else ""),
    ]
    return [(words, text) for words, text in pairs if text]


def _present_entry(each: ClawbackEntry) -> tuple[str, list[str], str]:
    """Return what came back as a row: its name, cells, and its id if it waits."""
    when = f"{each.month:%Y-%m} 账期" if each.month else day_zh(each.paid_on) if each.paid_on else ""
    state = {"confirmed": "办好了", "refused": f"{each.decided_by}没有同意"}.get(each.outcome or "", "等确认")
    if each.outcome == "confirmed" and each.decided_by:
        state = f"{each.decided_by}确认了"
    cells = [yuan(each.fen), when, each.note, f"{each.recorded_by} {clock_zh(each.recorded_at)}", state]
    return ENTRY_NAMES[each.kind], cells, "" if each.outcome else str(each.id)


def _render(
    request: HttpRequest, desk: DeskContext, found: Clawback, *, values: ClawbackForms | None = None,
    errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    roles, owed = get_roles(desk.actor), found.state is ClawbackState.OWED
    household = found.debtor is Debtor.HOUSEHOLD
    serves = household and bool(roles & set(SERVERS))
    context = {
        "found": found,
        "action": f"/desk/clawbacks/{found.id}",
        "letter": desk.to(f"/desk/clawbacks/{found.id}/letter") if household and found.decided_at else "",
        "facts": _list_facts(found),
        "items": [[each.line, f"{each.month:%Y-%m}", each.fen] for each in found.items],
        "items_sum": ["合计", "", found.amount_fen],
        "entries": [_present_entry(each) for each in found.entries],
        "decides": desk.whole and DECIDER in roles and found.state is ClawbackState.PROPOSED,
        "household": household,
        "serves": serves and found.state is ClawbackState.DECIDED,
        "appeals": serves and found.state in _APPEALABLE,
        "records": desk.whole and RECORDER in roles and owed,
        "confirms": desk.whole and CONFIRMER in roles,
        "services": [(each.value, words) for each, words in SERVICE_NAMES.items()],
        "kinds": [(each.value, ENTRY_NAMES[each]) for each in (EntryKind.REPAID, EntryKind.WRITTEN_OFF)],
        "days": APPEAL_DAYS,
        "values": values or ClawbackForms(),
        "errors": errors,
        "notice": notice,
        "most": MAX_TEXT_LENGTH,
    }
    return render_desk_page(request, desk, "clawback.html", context, status=status)


async def _load(conn: Connection, seal: Seal, desk: DeskContext, clawback_id: str) -> Clawback:
    parsed = parse_uuid(clawback_id)
    if parsed is None:
        raise ClawbackNotFound
    return await get_clawback(conn, seal, desk.county, parsed, divisions=desk.divisions)


@get("/clawbacks/{clawback_id:str}", include_in_schema=False)
async def show_clawback(
    request: HttpRequest,
    *,
    clawback_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a clawback, and the form of what is to be done."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    async with db.transaction(scope=desk.county) as conn:
        found = await _load(conn, seal, desk, clawback_id)
    return _render(request, desk, found, notice=PageNotice("ok", done) if done else None)


@post("/clawbacks/{clawback_id:str}", include_in_schema=False)
async def submit_clawback_step(
    request: HttpRequest,
    *,
    clawback_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Take a step of a clawback: `act` is decide, serve, record, confirm, or appeal, which writes one down."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    act = form.get_text("act")
    async with db.transaction(scope=desk.county) as conn:
        found = await _load(conn, seal, desk, clawback_id)
    try:
        async with db.transaction(scope=desk.county) as conn:
            await _take_step(conn, seal, desk, found.id, act=act, form=form)
    except (NotAllowed, ClawbackNotFound):
        raise
    except Refusal as refusal:
        async with db.transaction(scope=desk.county) as conn:
            found = await _load(conn, seal, desk, clawback_id)
        errors = rename_faults(refusal, {}, otherwise=_FIELDS.get(act, "entries"))
        return _render(request, desk, found, values=form.fill(ClawbackForms), errors=errors, status=refusal.status)
    return redirect(desk.to(f"/desk/clawbacks/{found.id}", done=act))


async def _take_step(
    conn: Connection, seal: Seal, desk: DeskContext, clawback_id: UUID, *, act: str, form: PostedForm
) -> None:
    actor, county, now = desk.actor, desk.county, desk.now
    match act:
        case "decide":
            agree = form.get_text("decision") == "agree"
            opinion = form.get_text("opinion")
            await decide_clawback(conn, seal, actor, county, clawback_id, agree=agree, opinion=opinion, now=now)
        case "serve":
            service = next((each for each in Service if each == form.get_text("service")), None)
            day = parse_day(form.get_text("served_on")) or date.max
            await serve_clawback(conn, actor, county, clawback_id, served_on=day, service=service, now=now)
        case "record":
            await record_entry(conn, seal, actor, county, clawback_id, new=_read_entry(form), now=now)
        case "confirm":
            entry_id = parse_uuid(form.get_text("entry"))
            if entry_id is None:
                raise ClawbackNotFound
            confirm = form.get_text("decision") == "agree"
            await decide_entry(conn, actor, county, clawback_id, entry_id=entry_id, confirm=confirm, now=now)
        case "appeal":
            await write_down_appeal(conn, seal, actor, county, clawback_id, text=form.get_text("text"), now=now)
        case _:
            raise ClawbackNotFound


def _read_entry(form: PostedForm) -> NewEntry:
    """Return the repayment or write-off that was typed.

    Raises:
        ClawbackInvalid: the kind or the sum is missing.
    """
    kind = next((each for each in EntryKind if each == form.get_text("kind")), None)
    fen = parse_typed_yuan(form.get_text("fen"))
    faults = [
        *([] if kind else [FieldFault("kind", "请选是还回还是核销")]),
        *([] if fen else [FieldFault("fen", "请写多少元，例如 12.50")]),
    ]
    if faults or kind is None:
        raise ClawbackInvalid(errors=tuple(faults))
    return NewEntry(
        kind=kind, fen=fen or Fen(0), note=form.get_text("note"), paid_on=parse_day(form.get_text("paid_on"))
    )


@get("/clawbacks/{clawback_id:str}/letter", include_in_schema=False)
async def show_clawback_letter(
    request: HttpRequest,
    *,
    clawback_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the decision against a household to print and deliver, with the way to appeal and a receipt to sign."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        found = await _load(conn, seal, desk, clawback_id)
    if found.ground is None or found.decided_at is None or found.state is ClawbackState.REFUSED:
        raise ClawbackNotFound
    context = {"form": _build_letter(desk, found), "back": desk.to(f"/desk/clawbacks/{found.id}"), "pair": False}
    return render_desk_page(request, desk, "form.html", context)


def _build_letter(desk: DeskContext, found: Clawback) -> PrintedForm:
    assert found.ground is not None, "only a fraud has a letter"
    assert found.decided_at is not None, "only a decision has a letter"
    amount = found.amount_fen
    how = (
        f"不同意的，收到这份决定以后 {APPEAL_DAYS} 天内可以请上一级再看：登录乡集，打开“我的话费”；"
        "或者到村里、乡镇、县里说，由他们记下来。申诉期间不用还。也可以依法申请行政复议，或者向法院起诉。"
    )
    return PrintedForm(
        title="手机和宽带资费减免追缴决定书",
        meta=[f"{found.person}：", f"编号：{desk.county}-{found.number}"],
        tables=[
            make_total_table(
                "追缴的减免", ["业务编号", "月份", "金额"], ["text", "text", "fen"],
                [[each.line, f"{each.month:%Y-%m}", each.fen] for each in found.items],
            )
        ],
        words=[f"决定追缴财政补贴 {yuan(amount)} 元，大写：{capitals(amount)}。"],
        notes=[
            f"事实：{GROUND_NAMES[found.ground]}。{found.reason}",
            f"您说：{found.statement}",
            f"理由：{found.opinion}",
            how,
            f"没有申诉，或者上一级看过没有改，这份决定才生效，才要还。决定日期：{day_zh(found.decided_at)}",
        ],
        signs=FormTable(
            "送达", ["收到的人", "签字", "哪天收到", "送的人"], ["text"] * 4, [[BLANK, BLANK, BLANK, BLANK]]
        ),
        foot=[],
    )  # fmt: skip


ROUTES = [show_clawback, submit_clawback_step, show_clawback_letter]
