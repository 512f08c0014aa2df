"""Enter the account of an operator; another person, who reads the number from the agreement, agrees or refuses."""

import hmac
import re
from datetime import date, datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_name
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor
from market.people.identity.operators import list_operator_contacts
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.queue import queue_message
from market.subsidies.bank_accounts.models import (
    AGREER,
    CHANGE_PERIOD,
    ENTERER,
    MAX_BANK_LENGTH,
    MAX_HOLDER_LENGTH,
    MAX_WAITING_ACCOUNTS,
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
from market.subsidies.month.cycles import LOCK_IMPORTS

BANK_NUMBER_CONTEXT = "bank_accounts.number"
_NUMBER = re.compile(r"[0-9]{8,30}")
_SPACES = re.compile(r"[\s-]+")
_TAIL_LENGTH = 4
_INVOLVED = "P0201"
"""The error of the trigger `check_bank_account`: the person entered it."""

_ACCOUNTS = """
    SELECT b.id, b.operator, b.holder, b.bank, b.number_tail AS tail, lower(b.valid_during) AS start,
           upper(b.valid_during) AS until, e.name AS entered_by, b.entered_at, b.outcome,
           coalesce(d.name, '') AS decided_by, b.decided_at
      FROM operator_bank_accounts b
      JOIN accounts e ON e.id = b.entered_by
      LEFT JOIN accounts d ON d.id = b.decided_by
     WHERE b.county_code = :county
"""
LIST_BANK_ACCOUNTS = Query(
    BankAccount, _ACCOUNTS + " ORDER BY b.outcome IS NOT NULL, b.operator, b.valid_during DESC, b.id DESC LIMIT 200"
)
LOCK_BANK_ACCOUNT = Query(BankAccount, _ACCOUNTS + " AND b.id = :account_id FOR NO KEY UPDATE OF b")
COUNT_WAITING_BANK_ACCOUNTS = Query(
    int, "SELECT count(*) FROM operator_bank_accounts WHERE county_code = :county AND outcome IS NULL"
)
HAS_BANK_ACCOUNT = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM operator_bank_accounts
                    WHERE county_code = :county AND operator = :operator AND outcome = 'agreed')
    """,
)
ADD_BANK_ACCOUNT = Query(
    UUID,
    """
    INSERT INTO operator_bank_accounts (county_code, operator, holder, bank, number_sealed, number_tail, valid_during,
                                        entered_by, entered_at)
    VALUES (:county, :operator, :holder, :bank, :number_sealed, :tail, daterange(:start::date, :until::date),
            :account_id, :now)
    RETURNING id
    """,
)
GET_BANK_NUMBER = Query(bytes, "SELECT number_sealed FROM operator_bank_accounts WHERE id = :account_id")
END_EARLIER_ACCOUNT = Query(
    None,
    """
    UPDATE operator_bank_accounts
       SET valid_during = daterange(lower(valid_during), :start::date), replaced_by = :account_id
     WHERE county_code = :county AND operator = :operator AND outcome = 'agreed' AND upper_inf(valid_during)
       AND lower(valid_during) < :start::date
    """,
)
DECIDE_BANK_ACCOUNT = Query(
    None,
    """
    UPDATE operator_bank_accounts SET outcome = :outcome, decided_by = :decider_id, decided_at = :now
     WHERE county_code = :county AND id = :account_id
    """,
)
GET_COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:county, 12, '0')")


async def list_bank_accounts(conn: Connection, county: str) -> list[BankAccount]:
    """Return a county's accounts, those that wait first, then by operator, latest first, at most 200."""
    return await LIST_BANK_ACCOUNTS.all(conn, county=county)


async def count_waiting_bank_accounts(conn: Connection, county: str) -> int:
    """Return how many accounts of a county wait for a second person."""
    return await COUNT_WAITING_BANK_ACCOUNTS.one(conn, county=county)


async def enter_bank_account(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewBankAccount, *, now: datetime
) -> UUID:
    """Enter an operator's account in the caller's transaction of the county, and return its id.

    It counts once another person agrees. Everybody who sends the operator's files is told.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `ENTERER` for the county.
        BankAccountInvalid: fields are missing or wrong; `errors` lists them.
        TooManyBankAccounts: ten accounts of the county wait.
    """
    require_county_role(actor, ENTERER, county)
    holder, bank, number = clean_name(new.holder), clean_name(new.bank), _SPACES.sub("", new.number)
    faults: list[FieldFault] = []
    if not 0 < len(holder) <= MAX_HOLDER_LENGTH:
        faults.append(FieldFault("holder", f"请写户名，最多 {MAX_HOLDER_LENGTH} 字"))
    if not 0 < len(bank) <= MAX_BANK_LENGTH:
        faults.append(FieldFault("bank", f"请写开户行，最多 {MAX_BANK_LENGTH} 字"))
    if not _NUMBER.fullmatch(number):
        faults.append(FieldFault("number", "账号是 8 到 30 位数字"))
    earliest = get_business_day(now + CHANGE_PERIOD)
    if new.start < earliest and await HAS_BANK_ACCOUNT.one(conn, county=county, operator=new.operator):
        faults.append(FieldFault("start", f"换账户最早 {earliest} 起，这几天运营商可以提出不对"))
    if new.until is not None and new.until <= new.start:
        faults.append(FieldFault("until", f"应晚于 {new.start}"))
    if faults:
        raise BankAccountInvalid(errors=tuple(faults))
    await lock_quota(conn, f"bank_accounts:{county}", None)
    if await COUNT_WAITING_BANK_ACCOUNTS.one(conn, county=county) >= MAX_WAITING_ACCOUNTS:
        raise TooManyBankAccounts
    tail = number[-_TAIL_LENGTH:]
    account_id = await ADD_BANK_ACCOUNT.one(
        conn, county=county, operator=new.operator, holder=holder, bank=bank, tail=tail, start=new.start,
        number_sealed=seal.seal(number, BANK_NUMBER_CONTEXT), until=new.until, account_id=actor.account_id, now=now,
    )  # fmt: skip
    await _tell_operator(conn, seal, "bank_account_entered", county, new.operator, tail=tail, start=new.start, now=now)
    await _record(conn, actor, account_id, "enter", detail={"operator": new.operator, "tail": tail}, now=now)
    return account_id


async def decide_bank_account(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    account_id: UUID,
    *,
    number: str | None,
    now: datetime,
) -> None:
    """Agree to an account that another person entered, which ends the operator's open one; None refuses it.

    `number` is what the second person reads from the agreement, and not from this account. The operator is told.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has not the role `AGREER` for the county.
        BankAccountNotFound: the county has none of this id.
        BankAccountDecided: it was decided before, or another agreed one of the operator has some of its days.
        BankAccountNumberDiffers: `number` is not the entered one; nothing is decided.
        SecondBankAccountPart: the actor entered it.
    """
    require_county_role(actor, AGREER, county)
    await LOCK_IMPORTS.run(conn, county=county)
    account = await LOCK_BANK_ACCOUNT.maybe(conn, county=county, account_id=account_id)
    if account is None:
        raise BankAccountNotFound
    if account.outcome is not None:
        raise BankAccountDecided
    if number is not None:
        entered = seal.open(await GET_BANK_NUMBER.one(conn, account_id=account_id), BANK_NUMBER_CONTEXT)
        if not hmac.compare_digest(entered.encode(), _SPACES.sub("", number).encode()):
            raise BankAccountNumberDiffers(errors=(FieldFault("number", BankAccountNumberDiffers.zh),))
    await _store_decision(conn, actor, county, account, agree=number is not None, now=now)
    if number is not None:
        await _tell_operator(
            conn, seal, "bank_account_agreed", county, account.operator, tail=account.tail, start=account.start, now=now
        )
    await _record(conn, actor, account_id, "agree" if number is not None else "refuse", detail={}, now=now)


async def _store_decision(
    conn: Connection, actor: Actor, county: str, account: BankAccount, *, agree: bool, now: datetime
) -> None:
    attempt = conn.transaction()
    await attempt.start()
    try:
        if agree:
            await END_EARLIER_ACCOUNT.run(
                conn, county=county, operator=account.operator, start=account.start, account_id=account.id
            )
        outcome = BankAccountOutcome.AGREED if agree else BankAccountOutcome.REFUSED
        await DECIDE_BANK_ACCOUNT.run(
            conn, county=county, account_id=account.id, outcome=outcome, decider_id=actor.account_id, now=now
        )
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        if error.sqlstate == _INVOLVED:
            raise SecondBankAccountPart from error
        if isinstance(error, asyncpg.ExclusionViolationError):
            raise BankAccountDecided from error
        raise
    await attempt.commit()


async def _tell_operator(
    conn: Connection, seal: Seal, template: str, county: str, operator: str, *, tail: str, start: date, now: datetime
) -> None:
    """Queue a message to everybody who sends the operator's files of the county."""
    name = await GET_COUNTY_NAME.maybe(conn, county=county) or county
    facts = {"county": name, "tail": tail, "day": f"{start.year}年{start.month}月{start.day}日"}
    for contact in await list_operator_contacts(conn, operator, county, day=get_business_day(now)):
        phone = seal.open(contact.phone_sealed, PHONE_CONTEXT)
        await queue_message(conn, seal, phone=phone, template=template, facts=facts, now=now)


async def _record(
    conn: Connection, actor: Actor, account_id: UUID, step: str, *, detail: dict[str, object], now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"bank account {step}", object=f"bank_account:{account_id}",
        detail=detail, now=now,
    )  # fmt: skip
