"""The accounts to which the operators of the demo county are paid, and money that comes back, in several states."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account
from market.subsidies.bank_accounts.models import NewBankAccount
from market.subsidies.clawbacks.appeals import write_down_appeal
from market.subsidies.clawbacks.decide import decide_clawback, serve_clawback
from market.subsidies.clawbacks.models import ClawbackItem, Debtor, EntryKind, FraudGround, NewClawback, Service
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.recover import NewEntry, decide_entry, record_entry
from market.subsidies.clawbacks.views import list_recoverable
from market.subsidies.findings.decide import decide_finding
from market.subsidies.models import FindingId
from market.subsidies.names import OPERATOR_NAMES, Operator

_NUMBERS = {Operator.MOBILE: "62000000000000000001", Operator.UNICOM: "62000000000000000002",
            Operator.TELECOM: "62000000000000000003"}  # fmt: skip
_CHANGED_NUMBER = "62000000000000000013"


_OPERATORS_CHECKS = ("paid_never_used", "realname_differs", "one_device_many_sims", "claim_above_charge")
_HOUSEHOLDS_CHECKS = ("owns_flat", "owns_company", "owns_vehicle", "on_public_payroll")
"""The worksheets after which money comes back of an operator, and of a household."""


class _PaidLine(Struct, frozen=True):
    """An open worksheet, and one of its lines, for which earlier months were settled."""

    finding_id: FindingId
    check: str
    subject: str
    line: str
    lines: list[str]


# A worksheet opens in the first month that has it, and is decided in a later one that is open.
LIST_PAID_LINES = Query(
    _PaidLine,
    """
    SELECT finding_id, check_code AS "check", subject, line_code AS line,
           ARRAY(SELECT line_code FROM finding_lines WHERE finding_id = f.finding_id ORDER BY line_code) AS lines
      FROM (SELECT DISTINCT ON (a.check_code) a.finding_id, a.check_code, a.subject, l.line_code
              FROM cycle_findings a
              JOIN finding_lines l ON l.finding_id = a.finding_id
              JOIN enrolments e ON e.county_code = a.county_code AND e.line_code = l.line_code
             WHERE a.county_code = :county AND a.month = :month AND a.state = 'open' AND NOT a.stops
               AND a.check_code = ANY(:checks::text[])
               AND (SELECT sum(public_fen) FROM subsidy_postings p
                     WHERE p.county_code = a.county_code AND p.line_code = l.line_code) > 0
             ORDER BY a.check_code, a.subject, l.line_code) AS f
     ORDER BY array_position(:checks::text[], check_code)
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


async def add_set_off(conn: Connection, seal: Seal, actors: Mapping[str, Actor], *, month: date, now: datetime) -> None:
    """Let an operator owe what an earlier month paid for a line, so that the settlement of `month` sets it off."""
    found = await LIST_PAID_LINES.all(conn, county=DEMO_COUNTY, month=month, checks=list(_OPERATORS_CHECKS))
    for paid in found[:1]:
        await _MoneyBack(conn, seal, actors, month, now).take_back(paid, Debtor.OPERATOR)


async def add_money_back(
    conn: Connection, seal: Seal, actors: Mapping[str, Actor], *, month: date, now: datetime
) -> None:
    """Change an account, and take money back of operators and households, in several states.

    An operator repaid in part, and a second repayment waits to be confirmed; a household was told, another one appeals;
    the change of the account and the last proposal wait.
    """
    changed = NewBankAccount(
        operator=Operator.TELECOM, holder="样例电信阜平分公司", bank="样例银行保定分行", number=_CHANGED_NUMBER,
        start=get_business_day(now + timedelta(days=10)),
    )  # fmt: skip
    await enter_bank_account(conn, seal, actors["cai"], DEMO_COUNTY, changed, now=now - timedelta(days=1))
    back = _MoneyBack(conn, seal, actors, month, now)
    of_operators, of_households = [
        await LIST_PAID_LINES.all(conn, county=DEMO_COUNTY, month=month, checks=list(checks))
        for checks in (_OPERATORS_CHECKS, _HOUSEHOLDS_CHECKS)
    ]
    for number, paid in enumerate(of_operators[:2]):
        if number:
            await back.propose(paid, Debtor.OPERATOR)
        else:
            await back.repay(await back.take_back(paid, Debtor.OPERATOR))
    for number, paid in enumerate(of_households[:2]):
        await back.serve(await back.take_back(paid, Debtor.HOUSEHOLD), appeals=number > 0)


class _MoneyBack(Struct, frozen=True):
    """Takes money back of the demo county, each step as its official."""

    conn: Connection
    seal: Seal
    actors: Mapping[str, Actor]
    month: date
    now: datetime

    async def propose(self, paid: _PaidLine, debtor: Debtor) -> tuple[UUID, Fen]:
        """Stop a line by its worksheet, and propose to take back what was settled of it; return also the sum."""
        conn, seal, now = self.conn, self.seal, self.now
        others = [each for each in paid.lines if each != paid.line]
        await decide_finding(
            conn, self.actors["zhen"], DEMO_COUNTY, self.month, check=paid.check, subject=paid.subject, pays=others,
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
        proposer = self.actors["jiang" if fraud else "cai"]
        clawback_id = await propose_clawback(conn, seal, proposer, DEMO_COUNTY, new, now=now)
        return clawback_id, Fen(sum(each.fen for each in items))

    async def take_back(self, paid: _PaidLine, debtor: Debtor) -> tuple[UUID, Fen]:
        """Propose a clawback, and decide it as another person; return its id and sum."""
        clawback_id, fen = await self.propose(paid, debtor)
        await decide_clawback(
            self.conn, self.seal, self.actors["xian"], DEMO_COUNTY, clawback_id, agree=True, opinion="样例：证据充分",
            now=self.now,
        )  # fmt: skip
        return clawback_id, fen

    async def repay(self, taken: tuple[UUID, Fen]) -> None:
        """Repay a third, confirmed by another person, and as much again, which waits."""
        clawback_id, fen = taken
        for number in (1, 2):
            part = NewEntry(
                kind=EntryKind.REPAID, fen=Fen(max(fen // 3, 1)), note=f"样例：流水 000{number}",
                paid_on=get_business_day(self.now),
            )  # fmt: skip
            entry_id = await record_entry(
                self.conn, self.seal, self.actors["cai"], DEMO_COUNTY, clawback_id, new=part, now=self.now
            )
            if number == 1:
                await decide_entry(
                    self.conn, self.actors["dui"], DEMO_COUNTY, clawback_id, entry_id=entry_id, confirm=True,
                    now=self.now,
                )  # fmt: skip

    async def serve(self, taken: tuple[UUID, Fen], *, appeals: bool) -> None:
        """Deliver the decision to the household; with `appeals` its appeal is written down."""
        conn, township, clawback_id = self.conn, self.actors["zhen"], taken[0]
        await serve_clawback(
            conn, township, DEMO_COUNTY, clawback_id, served_on=get_business_day(self.now),
            service=Service.IN_PERSON, now=self.now,
        )  # fmt: skip
        if appeals:
            words = "样例：登记的是同名的人，不是我家的"
            await write_down_appeal(
                conn, self.seal, self.actors["cun"], DEMO_COUNTY, clawback_id, text=words, now=self.now
            )
