"""我的话费: the plan's charge, the reduction, the amount to pay, and the entitled days."""

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Fen
from market.kernel.clock import count_days_in_month
from market.kernel.division_codes import pad_code
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.people.identity.models import Actor, LocalContact
from market.people.identity.sign_in import get_phone
from market.places.counties.contacts import find_contact
from market.reports.reasons import expand_reasons
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.services import get_services
from market.service.web.ui.charts import DaysBar, draw_days_bar
from market.service.web.ui.format import yuan
from market.subsidies.clawbacks.appeals import count_own_clawbacks
from market.subsidies.engine.reasons import CauseCode, ReasonCode
from market.subsidies.month.bills import LineHeld, OwnLineMonth, list_bills, list_own_months
from market.subsidies.names import Operator, ServiceKind

_MAX_MONTHS = 3
_PLANS = {ServiceKind.MOBILE: "套餐", ServiceKind.BROADBAND: "宽带", ServiceKind.TELEVISION: "电视"}
_HALLS = {
    Operator.MOBILE: ("移动营业厅", "10086"),
    Operator.UNICOM: ("联通营业厅", "10010"),
    Operator.TELECOM: ("电信营业厅", "10000"),
}


_WHY: dict[str, str] = {
    ReasonCode.REDUCED: "运营商报的比该减的多，按该减的减。",
    CauseCode.PART_OF_MONTH: "不满一个月，按天数减。",
    CauseCode.NOT_ON_FIRST: "1 号那天还不能享受，这个月不减，下个月起减。",
    CauseCode.LINE_CAP: "一个号码一个月最多减这么多。",
    CauseCode.ABOVE_TERMS: "运营商报的比规定的多，按规定减。",
    ReasonCode.NO_USAGE_YET: "这个号还没见您用过。用一用，不然会停。",
    ReasonCode.IN_CURE: "好久没用，那几天先不减。用一次就恢复。",
    ReasonCode.LOST_ELIGIBILITY: "有几天不在享受的名单里，那几天不减。",
    ReasonCode.SUSPENDED: "停机、暂停的那几天不减。",
    ReasonCode.NOT_IN_SNAPSHOT: "这个号没有办过减免。问村里办不办得了。",
    ReasonCode.NOT_BOUND: "这个号还没有登记在您名下。",
    ReasonCode.OVER_CHARGE: "运营商报的比月费还多，多的不算。",
    ReasonCode.OVER_HOUSEHOLD_CAP: "一家一个月最多减这么多，几个号码一起分。",
    ReasonCode.UNFUNDED: "钱还没有全拨下来，欠的是运营商的，您不用补。",
    ReasonCode.ENDED: "号码停了、销了，或者减免停了，后面的日子不减。",
}
"""Why a reduction did not come, or not in full, as a farmer reads it; a match says nothing."""
_HELD = {
    LineHeld.OPEN: "这个月先停着没减：有一处要核对，乡镇在查。查清楚了，该减的补上。",
    LineHeld.STOP: "这个月没有减：乡镇查过，定了不减。觉得不对，打下面的电话。",
}


class PhoneBillView(Struct, frozen=True, kw_only=True):
    """A month of a line for display; `held` and `open_words` are empty if it is not held, or closed."""

    heading: str
    plan: str
    plan_fen: Fen | None
    reduction_fen: Fen
    pay_fen: Fen
    days: DaysBar | None
    sentence: str
    rows: list[tuple[str, str]]
    held: str
    why: list[str]
    open_words: str


def describe_days(line: OwnLineMonth) -> str:
    """Describe the entitled days: `11 日办理，20/30 天`."""
    began = f"{line.since.day} 日办理，" if line.since is not None else ""
    return f"{began}{line.days}/{line.of_days} 天"


def _entitled_days(line: OwnLineMonth) -> range:
    """Return the entitled days of the month, as numbers."""
    if line.since is not None:
        return range(line.since.day, line.since.day + line.days)
    return range(1, line.days + 1)


def explain_reduction(line: OwnLineMonth) -> list[str]:
    """Return why the reduction did not come, or not in full, in the order in which reasons are listed."""
    return [_WHY[reason] for reason in expand_reasons(line.reasons, line.causes) if reason in _WHY]


def list_views(seal: Seal, lines: list[OwnLineMonth]) -> list[PhoneBillView]:
    """Return the months for display; numbers are told apart where the person has several of a kind."""
    tails = {kind: {each.read_tail(seal) for each in lines if each.kind is kind} for kind in _PLANS}
    return [_build_view(each, each.read_tail(seal) if len(tails[each.kind]) > 1 else "") for each in lines]


def _build_view(line: OwnLineMonth, tail: str) -> PhoneBillView:
    month, plan = line.month, _PLANS[line.kind]
    heading = [f"{month.month} 月", *([] if line.kind is ServiceKind.MOBILE else [plan])]
    rows = [("享受的天数", f"{line.days} 天"), ("这个月", f"{line.of_days} 天")]
    if line.household_lines > 1:
        rows.append((f"全家 {line.household_lines} 个号码", f"减 {yuan(line.household_fen)} 元"))
    pays = Fen((line.charge_fen or 0) - line.reduction_fen)
    words = describe_days(line)
    sentence = f"{month.month} 月{plan}：运营商没有报这个月的账，所以没有减。"
    if line.passed:
        sentence = f"{month.month} 月{plan}：号码过户了，只算您用的天，减 {yuan(line.reduction_fen)}（{words}）。"
    elif line.charge_fen is not None:
        charge, reduction = yuan(line.charge_fen), yuan(line.reduction_fen)
        sentence = f"{month.month} 月{plan} {charge}，减 {reduction}，您付 {yuan(pays)}（{words}）。"
    return PhoneBillView(
        heading="，".join([*heading, *([f"尾号 {tail}"] if tail else [])]),
        plan=plan,
        plan_fen=line.charge_fen,
        reduction_fen=line.reduction_fen,
        pay_fen=pays,
        days=draw_days_bar(count_days_in_month(month), _entitled_days(line), words),
        sentence=sentence,
        rows=rows,
        held=_HELD.get(line.held, ""),
        why=explain_reduction(line),
        open_words="" if line.closed else "这个月县里还没有定，数可能会变。",
    )


async def load_bill_line(request: HttpRequest, actor: Actor) -> str:
    """Return the text of the link to the phone bill: `4 月减 13.00 元`, of the last closed month."""
    services = get_services(request)
    async with services.db.connection() as conn:
        number = await get_phone(conn, services.seal, actor.account_id)
        bills = await list_bills(conn, services.seal, number, limit=1) if number else []
    return f"{bills[0].month.month} 月减 {yuan(bills[0].reduction_fen)} 元" if bills else "减了多少"


def list_halls(bills: list[OwnLineMonth]) -> list[tuple[str, str]]:
    """Return the operators of the bills with their service numbers."""
    return list(dict.fromkeys(_HALLS[bill.operator] for bill in bills if bill.operator in _HALLS))


async def _find_contact(request: HttpRequest, actor: Actor, bills: list[OwnLineMonth]) -> LocalContact | None:
    """Return whom the person calls: in the village of their shop, else in the county that pays the reduction."""
    if actor.contact is not None or not bills:
        return actor.contact
    services = get_services(request)
    async with services.db.connection() as conn:
        return await find_contact(conn, pad_code(bills[0].county), day=services.clock.today())


@get("/farm/bill", include_in_schema=False)
async def show_phone_bill(request: HttpRequest, actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show a person's own lines in the last calculated months, with the reason for each reduction that did not come."""
    services = get_services(request)
    async with services.db.connection() as conn:
        number = await get_phone(conn, services.seal, actor.account_id)
        day = services.clock.today()
        lines = await list_own_months(conn, services.seal, number, day=day, months=_MAX_MONTHS) if number else []
        decisions = await count_own_clawbacks(conn, actor.account_id, day=day)
    context = {
        "decisions": decisions,
        "phone": mask_phone(number) if number else "",
        "bills": list_views(services.seal, lines),
        "empty_words": "县里算了哪个月，那个月就出来。没有办过的，问村里办不办得了；办这个不收钱。",
        "contact": await _find_contact(request, actor, lines),
        "halls": list_halls(lines),
    }
    return render_page(request, "farm/bill.html", context, actor=actor)


ROUTES = [show_phone_bill]
