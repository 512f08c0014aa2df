"""运营商收款账户: finance enters an account, another official reads the number again and agrees."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import parse_day, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account, list_bank_accounts
from market.subsidies.bank_accounts.models import (
    AGREER,
    ENTERER,
    BankAccount,
    BankAccountDecided,
    BankAccountInvalid,
    BankAccountNotFound,
    BankAccountNumberDiffers,
    BankAccountOutcome,
    NewBankAccount,
    SecondBankAccountPart,
    TooManyBankAccounts,
)
from market.subsidies.names import OPERATOR_NAMES, OPERATORS, Operator

_DONE = {"enter": "记下了，告诉了运营商，等另一个人核对", "decide": "定好了"}


class BankAccountForm(Struct, frozen=True):
    """The form of an account as typed; the number is never shown again."""

    operator: str = ""
    holder: str = ""
    bank: str = ""
    start: str = ""
    until: str = ""


def _present(each: BankAccount) -> tuple[str, list[str], str]:
    """Return an account as a row: name, cells, and its id if it waits."""
    state = "等核对"
    if each.outcome is not None and each.decided_at is not None:
        word = "核对过" if each.outcome is BankAccountOutcome.AGREED else "没有同意"
        state = f"{each.decided_by} {clock_zh(each.decided_at)} {word}"
    days = f"{each.start} 起" + (f"，到 {each.until} 止" if each.until else "")
    cells = [each.holder, each.bank, f"尾号 {each.tail}", days, f"{each.entered_by} {clock_zh(each.entered_at)}", state]
    return OPERATOR_NAMES[each.operator], cells, "" if each.outcome else str(each.id)


async def _page(
    request: HttpRequest, conn: Connection, desk: DeskContext, *, values: BankAccountForm | None = None,
    errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    roles = get_roles(desk.actor)
    context = {
        "rows": [_present(each) for each in await list_bank_accounts(conn, desk.county)],
        "enters": desk.whole and ENTERER in roles,
        "agrees": desk.whole and AGREER in roles,
        "operators": [("", "请选"), *((each.value, name) for name, each in OPERATORS.items())],
        "values": values or BankAccountForm(),
        "errors": errors,
        "notice": notice,
    }
    return render_desk_page(request, desk, "bank_accounts.html", context, status=status)


@get("/bank-accounts", include_in_schema=False)
async def show_bank_accounts(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show to which accounts the operators are paid, and those that wait."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    async with db.transaction(scope=desk.county) as conn:
        return await _page(request, conn, desk, notice=PageNotice("ok", done) if done else None)


@post("/bank-accounts", include_in_schema=False)
async def submit_bank_account(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Enter an account."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed = form.fill(BankAccountForm)
    operator = next((each for each in Operator if each == typed.operator), None)
    start, until = parse_day(typed.start), parse_day(typed.until)
    faults: list[FieldFault] = []
    if operator is None:
        faults.append(FieldFault("operator", "请选一家"))
    if start is None:
        faults.append(FieldFault("start", "请写从哪天起"))
    if typed.until and until is None:
        faults.append(FieldFault("until", "应是日期，例如 2019-12-31；长期就空着"))
    status = BankAccountInvalid.status
    if operator is not None and start is not None and not faults:
        new = NewBankAccount(
            operator=operator, holder=typed.holder, bank=typed.bank, number=form.get_text("number"), start=start,
            until=until,
        )  # fmt: skip
        try:
            async with db.transaction(scope=desk.county) as conn:
                await enter_bank_account(conn, seal, actor, desk.county, new, now=desk.now)
        except BankAccountInvalid as refusal:
            faults += refusal.errors
        except TooManyBankAccounts as refusal:
            faults.append(FieldFault("operator", refusal.text("zh")))
            status = refusal.status
    if faults:
        async with db.transaction(scope=desk.county) as conn:
            return await _page(request, conn, desk, values=typed, errors=faults, status=status)
    return redirect(desk.to("/desk/bank-accounts", done="enter"))


@post("/bank-accounts/{account_id:str}", include_in_schema=False)
async def submit_bank_account_decision(
    request: HttpRequest,
    *,
    account_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Agree to an account that another official entered, with the number from the agreement, or refuse it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    parsed = parse_uuid(account_id)
    if parsed is None:
        raise BankAccountNotFound
    number = form.get_text(f"number-{parsed}") if form.get_text("decision") == "agree" else None
    try:
        async with db.transaction(scope=desk.county) as conn:
            await decide_bank_account(conn, seal, actor, desk.county, parsed, number=number, now=desk.now)
    except BankAccountNumberDiffers as refusal:
        async with db.transaction(scope=desk.county) as conn:
            errors = [FieldFault(f"number-{parsed}", refusal.text("zh"))]
            return await _page(request, conn, desk, errors=errors, status=refusal.status)
    except (BankAccountDecided, SecondBankAccountPart) as refusal:
        async with db.transaction(scope=desk.county) as conn:
            notice = PageNotice("no", refusal.text("zh"))
            return await _page(request, conn, desk, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/bank-accounts", done="decide"))


ROUTES = [show_bank_accounts, submit_bank_account, submit_bank_account_decision]
