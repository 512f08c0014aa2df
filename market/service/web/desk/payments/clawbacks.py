"""扣回和追缴: what is owed by age, what findings show of settled lines, and a proposal of it."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotAllowed
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.forms import PostedForm, parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect
from market.service.web.ui.format import yuan
from market.subsidies.clawbacks.models import (
    GROUND_NAMES,
    MAX_TEXT_LENGTH,
    PROPOSERS,
    STATE_NAMES,
    ClawbackAge,
    ClawbackInvalid,
    ClawbackItem,
    ClawbackNotFound,
    ClawbackState,
    ClawbackSummary,
    Debtor,
    FraudGround,
    NewClawback,
    Recoverable,
)
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.views import age_clawbacks, list_clawbacks, list_recoverable
from market.subsidies.models import FindingId
from market.subsidies.names import CHECK_NAMES, OPERATOR_NAMES

_AGES: dict[int | None, str] = {30: "30 天以内", 90: "31 到 90 天", 365: "91 到 365 天", None: "一年以上"}
_MAX_OFFERED = 40


class ProposalForm(Struct, frozen=True):
    """The form of a clawback as typed; `items` are the lines and months that are ticked."""

    debtor: str = ""
    items: list[str] = []
    reason: str = ""
    ground: str = ""
    statement: str = ""


def _present_ages(ages: Sequence[ClawbackAge]) -> tuple[list[list[object]], list[object]]:
    """Return a row for each age, what operators and households owe, and the sums."""
    found = {(each.debtor, each.days): each.left_fen for each in ages}
    rows: list[list[object]] = [
        [words, *(found.get((debtor, days), 0) for debtor in Debtor)] for days, words in _AGES.items()
    ]
    return rows, ["合计", *(sum(each.left_fen for each in ages if each.debtor is debtor) for debtor in Debtor)]


def _present(desk: DeskContext, each: ClawbackSummary) -> tuple[str, str, list[str]]:
    """Return a row: where it leads, its number, and its cells."""
    state = STATE_NAMES[each.state]
    if each.state is ClawbackState.SERVED and each.appeal_until is not None:
        state = f"{state}，到 {each.appeal_until}"
    if each.waiting:
        state = f"{state}，{each.waiting} 笔等确认"
    due = "" if each.due_on is None or each.state is not ClawbackState.OWED else str(each.due_on)
    name = each.debtor_name if each.debtor is Debtor.OPERATOR else f"农户 {each.debtor_name}"
    left = yuan(each.left_fen) if each.state is ClawbackState.OWED else ""
    return desk.to(f"/desk/clawbacks/{each.id}"), str(each.number), [name, yuan(each.amount_fen), left, due, state]


def _present_offers(desk: DeskContext, offered: Sequence[Recoverable]) -> list[tuple[str, str, str]]:
    """Return the findings that show something: where its proposal is, its check, its lines and the sum."""
    shown: list[tuple[str, str, str]] = []
    for finding_id, same in groupby(offered, key=lambda each: each.finding_id):
        rows = list(same)
        lines = "、".join(dict.fromkeys(each.line for each in rows))
        text = f"{lines}，结算过 {yuan(sum(each.fen for each in rows))} 元"
        href = desk.to("/desk/clawbacks/new", finding=str(finding_id))
        shown.append((href, CHECK_NAMES.get(rows[0].check, rows[0].check), text))
    return shown[:_MAX_OFFERED]


@get("/clawbacks", include_in_schema=False)
async def show_clawbacks(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show what is owed by age, every clawback, and the findings from which one may be proposed."""
    desk = await open_desk(request, db, actor, clock)
    proposes = desk.whole and bool(get_roles(actor) & set(PROPOSERS))
    async with db.transaction(scope=desk.county) as conn:
        listed = await list_clawbacks(conn, desk.county, desk.divisions)
        ages = await age_clawbacks(conn, desk.county, day=desk.today) if desk.whole else []
        offered = await list_recoverable(conn, desk.county) if proposes else []
    rows, total = _present_ages(ages)
    context = {
        "whole": desk.whole,
        "ages": rows,
        "total": total,
        "rows": [_present(desk, each) for each in listed],
        "proposes": proposes,
        "offers": _present_offers(desk, offered),
    }
    return render_desk_page(request, desk, "clawbacks.html", context)


async def _form_page(
    request: HttpRequest, conn: Connection, desk: DeskContext, finding_id: FindingId, *,
    values: ProposalForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    offered = await list_recoverable(conn, desk.county, finding_id=finding_id)
    if not offered and values is None:
        raise ClawbackNotFound
    context = {
        "check": CHECK_NAMES.get(offered[0].check, offered[0].check) if offered else "",
        "finding": str(finding_id),
        "items": [(_name_item(each), _describe_item(each)) for each in offered],
        "debtors": [
            (Debtor.OPERATOR.value, "运营商退回，从下次结算里抵扣"),
            (Debtor.HOUSEHOLD.value, "向农户追缴：只有骗取的才行"),
        ],
        "grounds": [("", "请选"), *((each.value, words) for each, words in GROUND_NAMES.items())],
        "values": values or ProposalForm(items=[_name_item(each) for each in offered]),
        "errors": errors,
        "most": MAX_TEXT_LENGTH,
    }
    return render_desk_page(request, desk, "clawback_form.html", context, status=status)


def _name_item(each: Recoverable) -> str:
    """Return the value of a check box; the sum is what was shown, so that a later one is noticed."""
    return f"{each.month:%Y-%m-%d}|{each.fen}|{each.line}"


def _describe_item(each: Recoverable) -> str:
    whose = [f"农户 {each.household}"] if each.household else []
    return "，".join([each.line, OPERATOR_NAMES[each.operator], *whose, f"{each.month:%Y-%m}", f"{yuan(each.fen)} 元"])


async def _open_proposal(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, finding: str
) -> tuple[DeskContext, FindingId]:
    desk = await open_desk(request, db, actor, clock)
    if not desk.whole or not get_roles(actor) & set(PROPOSERS):
        raise NotAllowed
    parsed = parse_uuid(finding)
    if parsed is None:
        raise ClawbackNotFound
    return desk, FindingId(parsed)


@get("/clawbacks/new", include_in_schema=False)
async def show_clawback_form(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the form of a clawback from a decided finding."""
    finding = request.query_params.get("finding", "")
    desk, finding_id = await _open_proposal(request, db, actor, clock, finding)
    async with db.transaction(scope=desk.county) as conn:
        return await _form_page(request, conn, desk, finding_id)


@post("/clawbacks/new", include_in_schema=False)
async def submit_clawback(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Propose a clawback; another official decides it."""
    form = await read_form(request)
    desk, finding_id = await _open_proposal(request, db, actor, clock, form.get_text("finding"))
    try:
        async with db.transaction(scope=desk.county) as conn:
            new = _read_proposal(form, finding_id)
            clawback_id = await propose_clawback(conn, seal, actor, desk.county, new, now=desk.now)
    except NotAllowed:
        raise
    except Refusal as refusal:
        async with db.transaction(scope=desk.county) as conn:
            return await _form_page(
                request, conn, desk, finding_id, values=form.fill(ProposalForm),
                errors=rename_faults(refusal, {}, otherwise="items"), status=refusal.status,
            )  # fmt: skip
    return redirect(desk.to(f"/desk/clawbacks/{clawback_id}", done="propose"))


def _read_proposal(form: PostedForm, finding_id: FindingId) -> NewClawback:
    """Return the proposal that was typed.

    Raises:
        ClawbackInvalid: nobody is chosen, or an item is not one that the page offered.
    """
    typed = form.fill(ProposalForm)
    debtor = next((each for each in Debtor if each == typed.debtor), None)
    if debtor is None:
        raise ClawbackInvalid(errors=(FieldFault("debtor", "请选谁退"),))
    items: list[ClawbackItem] = []
    for text in typed.items:
        month, _, rest = text.partition("|")
        fen, _, line = rest.partition("|")
        try:
            items.append(msgspec.convert({"line": line, "month": month, "fen": int(fen)}, ClawbackItem))
        except ValueError as error:
            raise ClawbackInvalid(errors=(FieldFault("items", "请从列出来的里面选"),)) from error
    ground = next((each for each in FraudGround if each == typed.ground), None)
    return NewClawback(
        debtor=debtor, finding_id=finding_id, items=items, reason=typed.reason,
        ground=ground if debtor is Debtor.HOUSEHOLD else None, statement=typed.statement,
    )  # fmt: skip


ROUTES = [show_clawbacks, show_clawback_form, submit_clawback]
