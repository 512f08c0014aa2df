"""The number of a printed form (表号): which authority issued it, from when until when; printed in its head."""

from datetime import date, datetime
from enum import StrEnum

import asyncpg
from msgspec import Struct, to_builtins

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.text import clean_name
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, Role

MAX_NUMBER_LENGTH, MAX_AUTHORITY_LENGTH = 40, 60
NUMBER_KEEPERS = frozenset({Role.COUNTY, Role.POLICY})
"""The roles that enter the numbers of their county."""
_FIRST_YEAR, _LAST_YEAR = 2015, 2100


class PrintedFormKind(StrEnum):
    """The papers that are signed and sealed."""

    APPROVAL = "approval"
    PAYMENT = "payment"
    QUARTER = "quarter"
    REPORT = "report"


FORM_KIND_NAMES = {
    PrintedFormKind.APPROVAL: "审批表",
    PrintedFormKind.PAYMENT: "拨付申请",
    PrintedFormKind.QUARTER: "季度报表",
    PrintedFormKind.REPORT: "月报（享受情况、进出等）",
}


class FormNumber(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number of a form from `starts_on` to `last_on`, both included; without a last day until it is changed.

    `document` is the number of the document that approved it or with which it was filed. Source: 统计法 17, 24.
    """

    form: PrintedFormKind
    number: str
    authority: str
    document: str = ""
    starts_on: date
    last_on: date | None = None


class BadFormNumber(Refusal):
    """Fields of the number are missing or wrong; `errors` lists each."""

    code = "bad_form_number"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the form's number are missing or wrong; see errors."


_COLUMNS = """
    SELECT form, number, authority, document, lower(valid_during) AS starts_on, upper(valid_during) - 1 AS last_on
      FROM form_numbers
"""
FIND_FORM_NUMBER = Query(
    FormNumber, _COLUMNS + " WHERE county_code = :county AND form = :form AND valid_during @> :day::date"
)
LIST_FORM_NUMBERS = Query(
    FormNumber, _COLUMNS + " WHERE county_code = :county ORDER BY form, lower(valid_during) DESC LIMIT 200"
)
# The number that is valid on the first day ends before it; later ones are replaced.
DELETE_LATER_NUMBERS = Query(
    None,
    "DELETE FROM form_numbers WHERE county_code = :county AND form = :form AND lower(valid_during) >= :starts_on::date",
)
END_FORM_NUMBER = Query(
    None,
    """
    UPDATE form_numbers SET valid_during = daterange(lower(valid_during), :starts_on::date)
     WHERE county_code = :county AND form = :form AND valid_during @> :starts_on::date
    """,
)
ADD_FORM_NUMBER = Query(
    None,
    """
    INSERT INTO form_numbers (county_code, form, number, authority, document, valid_during)
    VALUES (:county, :form, :number, :authority, :document, :valid_during)
    """,
)
# Two officials who set a number at once wait for each other.
LOCK_FORM_NUMBERS = Query(None, "SELECT pg_advisory_xact_lock(hashtextextended('form_numbers:' || :county::text, 0))")


async def find_form_number(conn: Connection, county: str, form: PrintedFormKind, *, day: date) -> FormNumber | None:
    """Return the number of a form of a county (six digits) on the last day of its period, None if it has none."""
    return await FIND_FORM_NUMBER.maybe(conn, county=county, form=form, day=day)


async def list_form_numbers(conn: Connection, county: str) -> list[FormNumber]:
    """Return the numbers of a county's forms, the latest of each first, at most 200."""
    return await LIST_FORM_NUMBERS.all(conn, county=county)


async def set_form_number(conn: Connection, actor: Actor, county: str, new: FormNumber, *, now: datetime) -> None:
    """Set the number of a form from a day on, in the caller's transaction; papers of periods before keep theirs.

    Raises:
        NotAllowed, SecondFactorRequired: the actor neither decides nor keeps the terms for the whole county.
        BadFormNumber: the number or the authority is missing or too long, or the days are not a period.
    """
    require_county_role(actor, NUMBER_KEEPERS, county)
    number, authority, document = (clean_name(text) for text in (new.number, new.authority, new.document))
    faults: list[FieldFault] = []
    if not 1 <= len(number) <= MAX_NUMBER_LENGTH:
        faults.append(FieldFault("number", f"写表号，最多 {MAX_NUMBER_LENGTH} 个字"))
    if not 1 <= len(authority) <= MAX_AUTHORITY_LENGTH:
        faults.append(FieldFault("authority", f"写制定机关，最多 {MAX_AUTHORITY_LENGTH} 个字"))
    if len(document) > MAX_AUTHORITY_LENGTH:
        faults.append(FieldFault("document", f"最多 {MAX_AUTHORITY_LENGTH} 个字"))
    if not _FIRST_YEAR <= new.starts_on.year <= _LAST_YEAR:
        faults.append(FieldFault("starts_on", f"要在 {_FIRST_YEAR} 年到 {_LAST_YEAR} 年之间"))
    if new.last_on is not None and not new.starts_on <= new.last_on <= date(_LAST_YEAR, 12, 31):
        faults.append(FieldFault("last_on", "不能早于头一天"))
    if faults:
        raise BadFormNumber(errors=tuple(faults))
    await LOCK_FORM_NUMBERS.run(conn, county=county)
    key = {"county": county, "form": new.form, "starts_on": new.starts_on}
    await DELETE_LATER_NUMBERS.run(conn, **key)
    await END_FORM_NUMBER.run(conn, **key)
    days = asyncpg.Range(new.starts_on, new.last_on, upper_inc=new.last_on is not None)
    await ADD_FORM_NUMBER.run(
        conn,
        county=county,
        form=new.form,
        number=number,
        authority=authority,
        document=document,
        valid_during=days,
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="form_number.set",
        object=f"county:{county}",
        detail=to_builtins(new),
        now=now,
    )
