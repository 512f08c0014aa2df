"""我的话费: the plan's charge, the reduction, the amount to pay, and the entitled days."""

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.counties.contacts import find_contact
from market.divisions.codes import pad_code
from market.http import HttpRequest
from market.identity.models import Actor, LocalContact
from market.identity.sign_in import get_phone
from market.kernel import Fen
from market.kernel.clock import count_days_in_month
from market.kernel.text import mask_phone
from market.subsidies.month.bills import Bill, list_bills
from market.subsidies.names import Operator, ServiceKind
from market.web.pages import render_page
from market.web.services import get_services
from market.web.ui.charts import DaysBar, draw_days_bar
from market.web.ui.format import yuan

_MAX_MONTHS = 3
_PLANS = {ServiceKind.MOBILE: "套餐", ServiceKind.BROADBAND: "宽带", ServiceKind.TELEVISION: "电视"}
_HALLS = {
    Operator.MOBILE: ("移动营业厅", "10086"),
    Operator.UNICOM: ("联通营业厅", "10010"),
    Operator.TELECOM: ("电信营业厅", "10000"),
}


class PhoneBillView(Struct, frozen=True, kw_only=True):
    """A month's bill for display."""

    heading: str
    plan: str
    plan_fen: Fen
    reduction_fen: Fen
    pay_fen: Fen
    days: DaysBar | None
    sentence: str
    rows: list[tuple[str, str]]


def describe_days(bill: Bill) -> str:
    """Describe the entitled days: `11 日办理，20/30 天`."""
    began = f"{bill.since.day} 日办理，" if bill.since is not None else ""
    return f"{began}{bill.days}/{bill.of_days} 天"


def describe_bill(bill: Bill) -> str:
    """Describe a month's bill in one sentence: `4 月套餐 39.00，减 13.00，您付 26.00（11 日办理，20/30 天）`."""
    plan = _PLANS[bill.kind]
    return (
        f"{bill.month.month} 月{plan} {yuan(bill.charge_fen)}，减 {yuan(bill.reduction_fen)}，"
        f"您付 {yuan(bill.pays_fen)}（{describe_days(bill)}）"
    )


def _entitled_days(bill: Bill) -> range:
    """Return the entitled days of the month, as numbers."""
    if bill.since is not None:
        return range(bill.since.day, bill.since.day + bill.days)
    return range(1, bill.days + 1)


def _bill_view(bill: Bill) -> PhoneBillView:
    month = bill.month
    words = describe_days(bill)
    return PhoneBillView(
        heading=f"{month.month} 月" if bill.kind is ServiceKind.MOBILE else f"{month.month} 月，{_PLANS[bill.kind]}",
        plan=_PLANS[bill.kind],
        plan_fen=bill.charge_fen,
        reduction_fen=bill.reduction_fen,
        pay_fen=bill.pays_fen,
        days=draw_days_bar(count_days_in_month(month), _entitled_days(bill), words),
        sentence=f"{describe_bill(bill)}。",
        rows=[("享受的天数", f"{bill.days} 天"), ("这个月", f"{bill.of_days} 天")],
    )


async def load_own_bills(request: HttpRequest, actor: Actor) -> tuple[str, list[Bill]]:
    """Return a person's own phone number and its closed months, newest first."""
    services = get_services(request)
    async with services.db.connection() as conn:
        number = await get_phone(conn, services.seal, actor.account_id)
        return number or "", await list_bills(conn, services.seal, number, limit=_MAX_MONTHS) if number else []


async def load_bill_line(request: HttpRequest, actor: Actor) -> str:
    """Return the text of the link to the phone bill: `4 月减 13.00 元`."""
    _, bills = await load_own_bills(request, actor)
    return f"{bills[0].month.month} 月减 {yuan(bills[0].reduction_fen)} 元" if bills else "减了多少"


def list_halls(bills: list[Bill]) -> list[tuple[str, str]]:
    """Return the operators of the bills with their service numbers."""
    return list(dict.fromkeys(_HALLS[bill.operator] for bill in bills if bill.operator in _HALLS))


async def _find_contact(request: HttpRequest, actor: Actor, bills: list[Bill]) -> LocalContact | None:
    """Return whom the person calls: in the village of their shop, else in the county that pays the reduction."""
    if actor.contact is not None or not bills:
        return actor.contact
    services = get_services(request)
    async with services.db.connection() as conn:
        return await find_contact(conn, pad_code(bills[0].county), day=services.clock.today())


@get("/farm/bill", include_in_schema=False)
async def show_phone_bill(request: HttpRequest, actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show a person's own phone bills of the last closed months."""
    number, bills = await load_own_bills(request, actor)
    context = {
        "phone": mask_phone(number) if number else "",
        "bills": [_bill_view(bill) for bill in bills],
        "empty_words": "县里定了哪个月，那个月就出来。没有办过的，问村里办不办得了；办这个不收钱。",
        "contact": await _find_contact(request, actor, bills),
        "halls": list_halls(bills),
    }
    return render_page(request, "farm/bill.html", context, actor=actor)


ROUTES = [show_phone_bill]
