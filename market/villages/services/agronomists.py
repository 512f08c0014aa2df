"""农技员: the accounts that answer the questions of a county, as its officials name them."""

from datetime import datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, AccountId, Actor, NotFound
from market.people.identity.sign_in import find_account_by_phone
from market.villages.services.question_models import (
    MAX_AGRONOMISTS,
    MAX_SUBJECT_LENGTH,
    Agronomist,
    AgronomistInvalid,
    NewAgronomist,
)

MAX_TOLD = 10

ADD_AGRONOMIST = Query(
    UUID,
    """
    INSERT INTO agronomists (county_code, account_id, subject, named_by, named_at)
    VALUES (:county, :account_id, :subject, :by, :now)
    RETURNING id
    """,
)
LIST_AGRONOMISTS = Query(
    Agronomist,
    """
    SELECT g.id, a.name, subject, named_at FROM agronomists g JOIN accounts a ON a.id = account_id
     WHERE county_code = :county AND ended_at IS NULL AND a.closed_at IS NULL
     ORDER BY a.name, g.id LIMIT :limit
    """,
)
LIST_ACCOUNTS = Query(
    UUID,
    """
    SELECT account_id FROM agronomists JOIN accounts a ON a.id = account_id
     WHERE county_code = :county AND ended_at IS NULL AND a.closed_at IS NULL
     ORDER BY named_at LIMIT :limit
    """,
)
FIND_COUNTY = Query(str, "SELECT county_code FROM agronomists WHERE account_id = :account_id AND ended_at IS NULL")
IS_SAME = Query(bool, "SELECT is_same_person(:one::uuid, :other::uuid)")
END_AGRONOMIST = Query(
    UUID,
    """
    UPDATE agronomists SET ended_at = :now WHERE id = :agronomist_id AND county_code = :county AND ended_at IS NULL
    RETURNING id
    """,
)


async def name_agronomist(
    conn: Connection, seal: Seal, official: Actor, county: str, new: NewAgronomist, *, now: datetime
) -> UUID:
    """Name an account as an agronomist of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the official is not of `COUNTY_KEEPERS` for the whole county.
        AgronomistInvalid: no account has the telephone, it is the official's own or an agronomist's already, or the
            subject is missing; `errors` lists each.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    subject, account_id = clean_text(new.subject), await find_account_by_phone(conn, seal, new.phone)
    faults: list[FieldFault] = []
    if account_id is None:
        faults.append(FieldFault("phone", "没有这个手机号的账号，请他先登录一次"))
    elif await IS_SAME.one(conn, one=account_id, other=official.account_id):
        faults.append(FieldFault("phone", "不能定自己"))
    if not 1 <= len(subject) <= MAX_SUBJECT_LENGTH:
        faults.append(FieldFault("subject", f"写懂什么，最多 {MAX_SUBJECT_LENGTH} 个字"))
    if len(await list_agronomists(conn, county)) >= MAX_AGRONOMISTS:
        faults.append(FieldFault("phone", f"一个县最多 {MAX_AGRONOMISTS} 位"))
    if faults:
        raise AgronomistInvalid(errors=tuple(faults))
    try:
        added = await ADD_AGRONOMIST.one(
            conn, county=county, account_id=account_id, subject=subject, by=official.account_id, now=now
        )
    except asyncpg.UniqueViolationError as error:
        raise AgronomistInvalid(errors=(FieldFault("phone", "这个人已经是农技员了"),)) from error
    await _audit(conn, official, "agronomist.name", county, {"account": str(account_id)}, now=now)
    return added


async def end_agronomist(conn: Connection, official: Actor, county: str, agronomist_id: UUID, *, now: datetime) -> None:
    """End an agronomist of the county: from now on the account sees no questions.

    Raises:
        NotAllowed, SecondFactorRequired: see `name_agronomist`.
        NotFound: the county has no such agronomist.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    if await END_AGRONOMIST.maybe(conn, agronomist_id=agronomist_id, county=county, now=now) is None:
        raise NotFound
    await _audit(conn, official, "agronomist.end", county, {"agronomist": str(agronomist_id)}, now=now)


async def list_agronomists(conn: Connection, county: str) -> list[Agronomist]:
    """Return the agronomists of a county."""
    return await LIST_AGRONOMISTS.all(conn, county=county, limit=MAX_AGRONOMISTS)


async def list_agronomist_accounts(conn: Connection, county: str) -> list[UUID]:
    """Return the accounts of a county's agronomists that are told of a question, at most 10."""
    return await LIST_ACCOUNTS.all(conn, county=county, limit=MAX_TOLD)


async def find_agronomist_county(conn: Connection, account_id: AccountId) -> str | None:
    """Return the county whose questions an account answers, or None if it is no agronomist."""
    return await FIND_COUNTY.maybe(conn, account_id=account_id)


async def is_agronomist(conn: Connection, actor: Actor, county: str) -> bool:
    """Return whether the actor answers the questions of a county."""
    return await find_agronomist_county(conn, actor.account_id) == county


async def _audit(
    conn: Connection, actor: Actor, action: str, county: str, detail: dict[str, object], *, now: datetime
) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"county:{county}", detail=detail, now=now
    )
