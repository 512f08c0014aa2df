"""An operator is paid to the account of the day, which finance enters and another person agrees to."""

from datetime import date
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from market.kernel import Connection
from market.people.identity.models import NotAllowed
from market.people.identity.operators import create_county_operator
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account, list_bank_accounts
from market.subsidies.bank_accounts.models import (
    BankAccountDecided,
    BankAccountInvalid,
    BankAccountMissing,
    BankAccountNotFound,
    BankAccountNumberDiffers,
    NewBankAccount,
    SecondBankAccountPart,
    TooManyBankAccounts,
)
from market.subsidies.bank_accounts.paid import find_current_accounts, list_paid_accounts, list_transfers
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.settle import settle_month
from market.subsidies.names import Operator
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.story.test_month import PLAN
from tests.subsidies.agreements.test_agreements import NOW, Office
from tests.support.make import SEAL
from tests.support.postgres import as_owner, find_violated

JANUARY = date(2019, 1, 1)
NUMBER = "6222020200011112222"
FIRST = NewBankAccount(
    operator=Operator.MOBILE, holder="样例移动阜平分公司", bank="样例银行阜平支行", number=f"6222 0202-{NUMBER[8:]}",
    start=date(2018, 10, 1),
)  # fmt: skip


class Finance(Office):
    """Enters and decides accounts in one transaction of the county."""

    async def enter(self, new: NewBankAccount, *, who: str = "cai") -> UUID:
        return await enter_bank_account(self.conn, SEAL, await self.actor(who), COUNTY, new, now=NOW)

    async def answer(self, account_id: UUID, number: str | None = NUMBER, *, who: str = "xian") -> None:
        actor = await self.actor(who)
        await decide_bank_account(self.conn, SEAL, actor, COUNTY, account_id, number=number, now=NOW)


async def test_an_account_counts_once_another_person_reads_the_same_number(county: Connection) -> None:
    office = Finance(county)
    wrong = replace(FIRST, holder=" ", bank="", number="1234567", until=date(2018, 10, 1))
    refusal = await office.fail(office.enter(wrong))
    assert isinstance(refusal, BankAccountInvalid)
    assert [each.field for each in refusal.errors] == ["holder", "bank", "number", "until"]
    assert isinstance(await office.fail(office.enter(FIRST, who="jiang")), NotAllowed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("market.subsidies.bank_accounts.accounts.MAX_WAITING_ACCOUNTS", 0)
        assert isinstance(await office.fail(office.enter(FIRST)), TooManyBankAccounts)
    first = await office.enter(FIRST)
    assert isinstance(await office.fail(office.answer(first, who="cai")), NotAllowed)
    await office.grant("cai", "county")
    assert isinstance(await office.fail(office.answer(first, who="cai")), SecondBankAccountPart)
    assert isinstance(await office.fail(office.answer(first, NUMBER[:-1])), BankAccountNumberDiffers)
    assert isinstance(await office.fail(office.answer(UUID(int=0))), BankAccountNotFound)
    await office.answer(first, f" {NUMBER} ")
    assert isinstance(await office.fail(office.answer(first)), BankAccountDecided)
    # A changed account begins three days after it was entered at the earliest, while the operator may object.
    soon = await office.fail(office.enter(replace(FIRST, start=date(2019, 2, 6))))
    assert [each.field for each in soon.errors] == ["start"]
    later = await office.enter(replace(FIRST, number="55556666777788889999", start=date(2019, 2, 7)))
    await office.answer(later, "55556666777788889999")
    refused = await office.enter(replace(FIRST, start=date(2019, 3, 1)))
    await office.answer(refused, None)
    listed = [(each.tail, each.start, each.until, each.outcome) for each in await list_bank_accounts(county, COUNTY)]
    assert listed == [
        ("2222", date(2019, 3, 1), None, "refused"),
        ("9999", date(2019, 2, 7), None, "agreed"),
        ("2222", date(2018, 10, 1), date(2019, 2, 7), "agreed"),
    ]
    assert NUMBER.encode() not in await county.fetchval("SELECT number_sealed FROM operator_bank_accounts LIMIT 1")
    for statement in (
        "UPDATE operator_bank_accounts SET outcome = 'refused'",
        "UPDATE operator_bank_accounts SET number_tail = '0000'",
        "DELETE FROM operator_bank_accounts",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with county.transaction(), as_owner(county):
                await county.execute(statement)


async def test_the_operator_is_told_of_an_entered_and_of_an_agreed_account(county: Connection) -> None:
    office = Finance(county)
    await create_county_operator(
        county, SEAL, await office.actor("xian"), COUNTY, handle="yidong", name="样例移动客服", phone="13800000001",
        identity="130624197304209925", operator="mobile", now=NOW,
    )  # fmt: skip
    await office.answer(await office.enter(FIRST))
    told = [row["template"] for row in await county.fetch("SELECT template FROM messages ORDER BY id")]
    assert told == ["bank_account_entered", "bank_account_agreed"]


async def test_a_month_is_settled_to_the_account_of_the_day_and_not_without_one(january: Player) -> None:
    for step in PLAN["steps"][12:17]:
        for argv in step["commands"]:
            if argv[1] != "settle":
                await january(argv, step["date"])
    async with january.database.transaction(scope=COUNTY) as conn:
        office = Finance(conn)
        await office.require("accounts_required")
        cai = await office.actor("cai")
        with pytest.raises(BankAccountMissing) as refused:
            await settle_month(conn, cai, COUNTY, JANUARY, seal=SEAL, now=NOW)
        assert refused.value.facts["operators"] == "移动、联通、电信"
        # Agreed, and not yet in force: that of the day counts.
        early = await office.enter(replace(FIRST, start=date(2019, 2, 5)))
        await office.answer(early)
        for operator in (Operator.UNICOM, Operator.TELECOM):
            await office.answer(await office.enter(replace(FIRST, operator=operator)))
        missing = find_current_accounts(conn, COUNTY, JANUARY, paid=list(Operator), now=NOW)
        assert isinstance(await office.fail(missing), BankAccountMissing)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with conn.transaction():
                await conn.execute(
                    "INSERT INTO settlements (cycle_id, operator, county_code, rows, pay_fen, bank_account_id,"
                    " settled_at) SELECT id, 'unicom', county_code, 0, 1, $1, now() FROM cycles WHERE month = $2",
                    early, JANUARY,
                )  # fmt: skip
        day = nine_o_clock("2019-02-05")
        assert (await settle_month(conn, cai, COUNTY, JANUARY, seal=SEAL, now=day)).state == "settled"
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        accounts = await list_paid_accounts(conn, COUNTY, cycle.id)
        assert [(each.operator, each.tail) for each in accounts] == [
            ("mobile", "2222"), ("unicom", "2222"), ("telecom", "2222"),
        ]  # fmt: skip
        transfers = await list_transfers(conn, SEAL, COUNTY, cycle.id)
        sums = {each.operator: (each.number, each.fen) for each in transfers}
        assert sums[Operator.MOBILE] == (NUMBER, 50_93)


def copy_account(**other: str) -> str:
    """Insert an account like the first one, with other values in some columns."""
    columns = {
        "county_code": "county_code", "operator": "operator", "holder": "holder", "bank": "bank",
        "number_sealed": "number_sealed", "number_tail": "number_tail", "valid_during": "'[2020-01-01,)'",
        "entered_by": "entered_by", "entered_person": "entered_person", "entered_at": "entered_at", **other,
    }  # fmt: skip
    values = (
        f"SELECT {', '.join(columns.values())} FROM operator_bank_accounts WHERE lower(valid_during) = '2018-10-01'"
    )
    return f"INSERT INTO operator_bank_accounts ({', '.join(columns)}) {values}"


DECIDED = {"outcome": "'agreed'", "decided_by": "decided_by", "decided_person": "'x'", "decided_at": "now()"}
NOBODY = f"'{UUID(int=1)}'"
GUARDS = {
    "bank_accounts_bank": copy_account(bank="''"),
    "bank_accounts_county": copy_account(county_code="'13'"),
    "bank_accounts_decided": copy_account(outcome="'agreed'"),
    "bank_accounts_holder": copy_account(holder="''"),
    "bank_accounts_outcome": copy_account(**{**DECIDED, "outcome": "'x'"}),
    "bank_accounts_period": copy_account(valid_during="'(,2019-01-01)'"),
    "bank_accounts_tail": copy_account(number_tail="'22'"),
    "bank_accounts_two_people": copy_account(**{**DECIDED, "decided_person": "entered_person"}),
    "bank_accounts_one_a_day": copy_account(**DECIDED, valid_during="'[2019-01-01,2019-01-02)'"),
    "bank_accounts_operator": copy_account(operator="'x'"),
    "bank_accounts_enterer": copy_account(entered_by=NOBODY),
    "bank_accounts_decider": copy_account(**{**DECIDED, "outcome": "'refused'", "decided_by": NOBODY}),
    "bank_accounts_replacement": copy_account(replaced_by=NOBODY),
}
"""A statement that violates each constraint, by its name, with all triggers off."""
UPDATE = "UPDATE operator_bank_accounts SET "
REFUSED = [
    ("P0201", "decided_by = entered_by, decided_at = now(), outcome = 'agreed' WHERE outcome IS NULL"),
    ("P0200", "valid_during = '[2019-06-02,)' WHERE outcome IS NULL"),
    ("P0200", "decided_at = now() WHERE outcome = 'agreed'"),
    ("P0200", "valid_during = '[2019-04-01,2019-05-01)' WHERE outcome = 'agreed' AND upper_inf(valid_during)"),
    ("P0200", ("valid_during = '[2019-04-02,2019-05-01)', replaced_by = id WHERE outcome = 'agreed'"
              " AND upper_inf(valid_during)")),
    ("P0200", "valid_during = '[2018-10-01,2018-11-01)' WHERE NOT upper_inf(valid_during)"),
    ("P0100", "holder = 'x'"),
]  # fmt: skip
"""What the triggers refuse, by code."""


async def test_each_guard_of_an_account_refuses_what_it_is_for(county: Connection) -> None:
    office = Finance(county)
    await office.answer(await office.enter(FIRST))
    await office.answer(await office.enter(replace(FIRST, start=date(2019, 4, 1))))
    await office.enter(replace(FIRST, start=date(2019, 6, 1)))
    await office.grant("xian", "county", "130633")
    for who in ("dui", "jiang"):
        assert isinstance(await office.fail(office.answer(UUID(int=0), who=who)), NotAllowed)
    waiting = await county.fetchval("SELECT id FROM operator_bank_accounts WHERE outcome IS NULL")
    elsewhere = decide_bank_account(county, SEAL, await office.actor("xian"), "130633", waiting, number=NUMBER, now=NOW)
    assert isinstance(await office.fail(elsewhere), BankAccountNotFound)
    for code, statement in [
        *((code, UPDATE + changes) for code, changes in REFUSED),
        ("P0100", "DELETE FROM operator_bank_accounts"),
        ("P0100", "TRUNCATE operator_bank_accounts CASCADE"),
    ]:
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with county.transaction(), as_owner(county):
                await county.execute(statement)
        assert refused.value.sqlstate == code, statement
    for scope, rows in (("130633", 0), (COUNTY, 3)):
        await county.execute("SELECT set_config('market.scope', $1, true)", scope)
        assert await county.fetchval("SELECT count(*) FROM operator_bank_accounts") == rows
    async with as_owner(county):
        await county.execute("ALTER TABLE operator_bank_accounts DISABLE TRIGGER USER")
        for name, statement in GUARDS.items():
            assert await find_violated(county, statement) == name, statement
