"""The papers of a settled month: the request for payment, the voucher, and the file of each operator."""

from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock, get_next_month
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.audit.record import record_export
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, NotFound
from market.places.counties.form_numbers import PrintedFormKind
from market.reports.files.settlement_file import get_last_event_at
from market.reports.files.voucher import list_voucher_rows
from market.reports.month_view import get_month_view
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, render_desk_page
from market.service.web.desk.papers.form_numbers import add_form_number
from market.service.web.desk.papers.form_pages import download_file, open_county_desk, write_form_workbook
from market.service.web.desk.papers.forms import PrintedForm
from market.service.web.desk.papers.payment_form import build_payment_form, build_transfer_table, build_voucher_table
from market.service.web.desk.papers.workbook import XLSX, write_csv
from market.subsidies.bank_accounts.models import ENTERER
from market.subsidies.bank_accounts.paid import list_paid_accounts, list_transfers
from market.subsidies.clawbacks.set_off import list_withheld
from market.subsidies.models import MonthRefusal
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.reconciliation.settlement_files import list_settlement_files, read_settlement_file


class MonthNotSettled(MonthRefusal):
    """The month is not settled: nothing is requested of the finance department yet."""

    code = "not_settled"
    status = 404
    zh = "{month}还没有结算，没有拨付申请和凭证。"
    en = "{month} is not settled yet: there is no request for payment and no voucher."


class NoTransfers(MonthRefusal):
    """The month is not settled, or was settled without agreed accounts."""

    code = "no_transfers"
    status = 404
    zh = "{month}没有要付到核对过的账户的钱：还没有结算，或者结算那天还没有账户。"
    en = "Nothing of {month} is transferred to an agreed account: it is not settled, or had no account then."


class MonthFile(Struct, frozen=True):
    """A file of a settled month to download."""

    title: str
    content: bytes
    media_type: str
    extension: str


@get("/payments/{month:str}", include_in_schema=False)
async def show_payment_form(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the request for payment of a settled month, on one page to print.

    Raises:
        MonthNotSettled: the month is not settled.
    """
    desk = await open_county_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        form = await load_payment_form(conn, seal, desk.county, desk.name, month)
    context = {
        "form": form,
        "back": desk.to(f"/desk/months/{month}"),
        "pair": False,
        "download": desk.to(f"/desk/payments/{month}/payment.xlsx"),
    }
    return render_desk_page(request, desk, "form.html", context)


@get("/payments/{month:str}/{name:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def download_payment_file(
    request: HttpRequest,
    *,
    month: FromPath[str],
    name: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download payment.xlsx, voucher.csv, an operator's file (mobile.csv), or finance's transfers.csv.

    The audit record keeps who took it.

    Raises:
        MonthNotSettled: the month is not settled.
        NoSettlementFile: the month has no file of the operator.
        NotAllowed: the transfers, which have full account numbers, are for finance.
        NoTransfers: nothing is transferred to an agreed account.
        NotFound: there is no file of this name.
    """
    desk = await open_county_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        file = await _load_file(conn, seal, desk, month, name)
        who, detail = str(actor.account_id), {"month": month}
        await record_export(conn, actor=who, name=name, county=desk.county, detail=detail, now=clock.now())
    return download_file(file.content, f"{desk.name}-{month}-{file.title}.{file.extension}", file.media_type)


async def _load_file(conn: Connection, seal: Seal, desk: DeskContext, month: str, name: str) -> MonthFile:
    county, cycle = desk.county, await find_cycle(conn, desk.county, read_month(month))
    if name == "payment.xlsx":
        form = await load_payment_form(conn, seal, county, desk.name, month)
        content = write_form_workbook(form, await get_last_event_at(conn, cycle))
        return MonthFile("拨付申请", content, XLSX, "xlsx")
    if name == "voucher.csv":
        return MonthFile("记账凭证", await load_voucher(conn, county, month), "text/csv", "csv")
    if name == "transfers.csv":
        require_county_role(desk.actor, ENTERER, county)
        transfers = await list_transfers(conn, seal, county, cycle.id)
        if not transfers:
            raise NoTransfers(month=cycle.name)
        return MonthFile("付款清单", write_csv(build_transfer_table(transfers, cycle.name)), "text/csv", "csv")
    if name.removesuffix(".csv") in set(Operator) and name.endswith(".csv"):
        operator = Operator(name.removesuffix(".csv"))
        content = await read_settlement_file(conn, seal, cycle, operator)
        return MonthFile(f"{OPERATOR_NAMES[operator]}结算文件", content, "text/csv", "csv")
    raise NotFound


async def load_payment_form(conn: Connection, seal: Seal, county: str, county_name: str, month: str) -> PrintedForm:
    """Build the request for payment of a month.

    Raises:
        CycleNotFound: no cycle was opened for the month.
        MonthNotSettled: the month is not settled.
    """
    view = await get_month_view(conn, seal, county, read_month(month), [county])
    if view.settlement is None or view.settlement.provisional:
        raise MonthNotSettled(month=view.month)
    files = await list_settlement_files(conn, county, view.cycle_id)
    accounts = await list_paid_accounts(conn, county, view.cycle_id)
    withheld = await list_withheld(conn, county, view.cycle_id)
    form = build_payment_form(view, county_name, files, accounts, withheld)
    last_day = get_next_month(read_month(view.month)) - timedelta(days=1)
    return await add_form_number(conn, county, PrintedFormKind.PAYMENT, form, day=last_day)


async def load_voucher(conn: Connection, county: str, month: str) -> bytes:
    """Return the voucher of a month as CSV.

    Raises:
        CycleNotFound: no cycle was opened for the month.
        MonthNotSettled: the month is not settled, or nothing was posted.
    """
    cycle = await find_cycle(conn, county, read_month(month))
    rows = await list_voucher_rows(conn, cycle)
    if not rows:
        raise MonthNotSettled(month=cycle.name)
    return write_csv(build_voucher_table(rows))


ROUTES = [show_payment_form, download_payment_file]
