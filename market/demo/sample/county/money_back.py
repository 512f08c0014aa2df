"""The accounts to which the operators of the demo county are paid, and money that comes back, in several states."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from market.demo.sample.accounts import DEMO_COUNTY
from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account
from market.subsidies.bank_accounts.models import NewBankAccount
from market.subsidies.clawbacks.decide import decide_clawback, serve_clawback
from market.subsidies.clawbacks.models import ClawbackItem, Debtor, EntryKind, FraudGround, NewClawback, Service
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.recover import NewEntry, record_entry
from market.subsidies.clawbacks.views import list_recoverable
from market.subsidies.findings.decide import decide_finding
from market.subsidies.models import FindingId
from market.subsidies.names import OPERATOR_NAMES, Operator

_NUMBERS = {Operator.MOBILE: "62000000000000000001", Operator.UNICOM: "62000000000000000002",
            Operator.TELECOM: "62000000000000000003"}  # fmt: skip
_CHANGED_NUMBER = "62000000000000000013"


class _PaidLine(Struct, frozen=True):
    """An open worksheet of the last month, and one of its lines, for which earlier months were settled."""

    finding_id: FindingId
    check: str
    subject: str
    line: str
    lines: list[str]


LIST_PAID_LINES = Query(
    _PaidLine,
    """
    SELECT DISTINCT ON (f.check_code) f.id AS finding_id, f.check_code AS "check", f.subject, l.line_code AS line,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.id ORDER BY line_code) AS lines
      FROM findings f
      JOIN cycles c ON c.id = f.cycle_id AND c.month = :month::date
      JOIN finding_lines l ON l.finding_id = f.id
      JOIN enrolments e ON e.county_code = f.county_code AND e.line_code = l.line_code
     WHERE f.county_code = :county AND f.state = 'open' AND NOT f.stops
       AND (SELECT sum(public_fen) FROM subsidy_postings p
             WHERE p.county_code = f.county_code AND p.line_code = l.line_code) > 0
     ORDER BY f.check_code, f.subject, l.line_code
     LIMIT 3
    """,
)


async def add_bank_accounts(
    conn: Connection, seal: Seal, actors: Mapping[str, Actor], *, since: date, now: datetime
) -> None:
    """Enter an account of each operator as finance, and agree to it as the county, before the first settlement."""
    for operator, number in _NUMBERS.items():
        new = NewBankAccount(
            operator=operator, holder=f"样例{OPERATOR_NAMES[operator]}阜平分公司", bank="样例银行阜平支行",
            number=number, start=since,
        )  # fmt: skip
        account_id = await enter_bank_account(conn, seal, actors["cai"], DEMO_COUNTY, new, now=now)
        await decide_bank_account(conn, seal, actors["xian"], DEMO_COUNTY, account_id, number=number, now=now)


async def add_money_back(
    conn: Connection, seal: Seal, actors: Mapping[str, Actor], *, month: date, now: datetime
) -> None:
    """Change an account, and take money back of an operator and of a household; the change and a proposal wait."""
    changed = NewBankAccount(
        operator=Operator.TELECOM, holder="样例电信阜平分公司", bank="样例银行保定分行", number=_CHANGED_NUMBER,
        start=get_business_day(now + timedelta(days=10)),
    )  # fmt: skip
    await enter_bank_account(conn, seal, actors["cai"], DEMO_COUNTY, changed, now=now - timedelta(days=1))
    debtors = (Debtor.OPERATOR, Debtor.HOUSEHOLD, Debtor.OPERATOR)
    for number, paid in enumerate(await LIST_PAID_LINES.all(conn, county=DEMO_COUNTY, month=month)):
        waits = number == len(debtors) - 1
        await _take_back(conn, seal, actors, paid, debtors[number], month=month, waits=waits, now=now)


async def _take_back(
    conn: Connection,
    seal: Seal,
    actors: Mapping[str, Actor],
    paid: _PaidLine,
    debtor: Debtor,
    *,
    month: date,
    waits: bool,
    now: datetime,
) -> None:
    """Stop a line by its worksheet, and take back what was settled of it before."""
    others = [each for each in paid.lines if each != paid.line]
    await decide_finding(
        conn, actors["zhen"], DEMO_COUNTY, month, check=paid.check, subject=paid.subject, pays=others,
        stops=[paid.line], why="样例：核对以后不该付", finding_id=paid.finding_id, seal=seal, now=now,
    )  # fmt: skip
    items = [
        ClawbackItem(line=each.line, month=each.month, fen=each.fen)
        for each in await list_recoverable(conn, DEMO_COUNTY, finding_id=paid.finding_id)
    ]
    fraud = debtor is Debtor.HOUSEHOLD
    new = NewClawback(
        debtor=debtor, finding_id=paid.finding_id, items=items, reason="样例：核对了登记和账单，以前不该付",
        ground=FraudGround.FALSE_FACTS if fraud else None, statement="样例：本人说忘了报" if fraud else "",
    )  # fmt: skip
    county = DEMO_COUNTY
    clawback_id = await propose_clawback(conn, seal, actors["jiang" if fraud else "cai"], county, new, now=now)
    if waits:
        return
    await decide_clawback(
        conn, seal, actors["xian"], county, clawback_id, agree=True, opinion="样例：证据充分", now=now
    )
    if fraud:
        await serve_clawback(
            conn, actors["zhen"], county, clawback_id, served_on=get_business_day(now), service=Service.IN_PERSON,
            now=now,
        )  # fmt: skip
        return
    part = NewEntry(
        kind=EntryKind.REPAID, fen=Fen(min(items[0].fen, 5_00)), note="样例：流水 0001", paid_on=get_business_day(now)
    )
    await record_entry(conn, seal, actors["cai"], county, clawback_id, new=part, now=now)
