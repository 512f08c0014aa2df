"""我的话费: what the plan costs, what is taken off, what is left to pay, and for how many days."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor, phone_of
from market.kernel import Fen
from market.kernel.clock import days_in
from market.kernel.text import mask_phone
from market.subsidies.bills import Bill, bills_of
from market.subsidies.words import Kind, Operator
from market.web.look.charts import Days, days_of_month
from market.web.look.format import yuan
from market.web.plumbing import page, services

_MOST = 3
_PLANS = {Kind.MOBILE: "套餐", Kind.BROADBAND: "宽带", Kind.TELEVISION: "电视"}
_HALLS = {
    Operator.MOBILE: ("移动营业厅", "10086"),
    Operator.UNICOM: ("联通营业厅", "10010"),
    Operator.TELECOM: ("电信营业厅", "10000"),
}


class BillView(Struct, frozen=True):
    """A month as the page shows it."""

    heading: str
    plan: str
    plan_fen: Fen
    reduction_fen: Fen
    pay_fen: Fen
    days: Days | None
    sentence: str
    rows: list[tuple[str, str]]


def days_words(bill: Bill) -> str:
    """Write on how many days the reduction held: `11 日办理，20/30 天`."""
    began = f"{bill.since.day} 日办理，" if bill.since is not None else ""
    return f"{began}{bill.days}/{bill.of_days} 天"


def sentence(bill: Bill) -> str:
    """Write a month in one sentence: `4 月套餐 39.00，减 13.00，您付 26.00（11 日办理，20/30 天）`."""
    plan = _PLANS[bill.kind]
    return (
        f"{bill.month.month} 月{plan} {yuan(bill.charge_fen)}，减 {yuan(bill.reduction_fen)}，"
        f"您付 {yuan(bill.pays_fen)}（{days_words(bill)}）"
    )


def _entitled(bill: Bill) -> range:
    """Return the days that counted, by their numbers: from the first of them to the month's end."""
    if bill.since is not None:
        return range(bill.since.day, bill.since.day + bill.days)
    return range(1, bill.days + 1)


def _view(bill: Bill) -> BillView:
    month = bill.month
    words = days_words(bill)
    return BillView(
        f"{month.month} 月" if bill.kind is Kind.MOBILE else f"{month.month} 月，{_PLANS[bill.kind]}",
        _PLANS[bill.kind],
        bill.charge_fen,
        bill.reduction_fen,
        bill.pays_fen,
        days_of_month(days_in(month), _entitled(bill), words),
        f"{sentence(bill)}。",
        [("享受的天数", f"{bill.days} 天"), ("这个月", f"{bill.of_days} 天")],
    )


async def own_bills(request: Request[Any, Any, Any], actor: Actor) -> tuple[str, list[Bill]]:
    """Return a person's own number and its closed months, newest first.

    The transaction works for the system, because a line may be of any county; only the person's own number is asked.
    """
    held = services(request)
    async with held.db.transaction(scope="all") as conn:
        number = await phone_of(conn, held.seal, actor.account_id)
        return number or "", await bills_of(conn, number, most=_MOST) if number else []


async def bill_line(request: Request[Any, Any, Any], actor: Actor) -> str:
    """Return what stands on the door of the phone bill: `4 月减 13.00 元`."""
    _, bills = await own_bills(request, actor)
    return f"{bills[0].month.month} 月减 {yuan(bills[0].reduction_fen)} 元" if bills else "看减了多少"


def contacts(bills: list[Bill], phone: str, name: str) -> list[tuple[str, str]]:
    """Return whom to call: the village first, then the operators' halls."""
    halls = [_HALLS[bill.operator] for bill in bills if bill.operator in _HALLS]
    return [(f"村里，{name}", phone), *dict.fromkeys(halls)]


@get("/farm/bill", include_in_schema=False)
async def bill_page(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show a person's own phone bill of the last closed months."""
    number, bills = await own_bills(request, actor)
    site = services(request).renderer.site
    context = {
        "phone": mask_phone(number) if number else "",
        "bills": [_view(bill) for bill in bills],
        "empty_words": "县里定了哪个月，那个月就出来。没有办过的，问村里办不办得了；办这个不收钱。",
        "contacts": contacts(bills, site.farmer_phone, site.farmer_contact),
    }
    return page(request, "farm/bill.html", context, actor=actor)


ROUTES = [bill_page]
