"""Public units that buy: accounts whose unit a member of the platform's staff has verified."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text, normalize_phone
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_platform_staff
from market.people.identity.models import Actor
from market.people.identity.same_person import is_same_person
from market.people.identity.sign_in import find_account_by_phone
from market.places.organisations.credit_codes import get_registration_county, normalize_credit_code
from market.places.organisations.models import OrganisationOwnVerifier, UnitDuty
from market.places.organisations.register import list_name_faults

MAX_PUBLIC_BUYERS_SHOWN = 200


class PublicBuyerInvalid(Refusal):
    """Fields of a public unit are invalid; `errors` lists each."""

    code = "public_buyer_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class OwnPublicBuyer(Refusal):
    """Nobody gives the own person a duty of a unit, by whatever account."""

    code = "public_buyer_own"
    status = 403
    zh = "这个手机号是您自己的账号，请另一位工作人员来记。"
    en = "The account is your own; another member of the staff has to record it."


class NewPublicBuyer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public unit as staff submit it: the phone of an account, its duty there, the unit's name and credit code."""

    phone: Annotated[str, Meta(max_length=20)]
    unit_name: Annotated[str, Meta(max_length=200)]
    credit_code: Annotated[str, Meta(max_length=40)]
    ends_on: date
    duty: UnitDuty = UnitDuty.REQUESTER


class PublicBuyer(Struct, frozen=True, kw_only=True):
    """A public unit that an account works for, until the day `ends_on`: its requester buys at the unit's price."""

    account_id: UUID
    unit_name: str
    credit_code: str
    ends_on: date
    verified_at: datetime
    duty: UnitDuty


class UnitSeat(Struct, frozen=True):
    """What an account does for which verified public unit."""

    organisation_id: UUID
    unit_name: str
    credit_code: str
    county_code: str
    duty: UnitDuty


# What was registered or imported is verified with it; who brought it does not verify it. A school or a hospital may be
# here as an employer or a clinic: the first character of its code says that it is public (1, 机构编制; GB 32100).
SAVE_UNIT = Query(
    UUID,
    """
    INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by, verified_at)
    VALUES ('public_unit', :unit_name, :credit_code, :county, :account_id, :now, :by, :now)
    ON CONFLICT ON CONSTRAINT organisations_code_once DO UPDATE
       SET name = excluded.name, verified_by = excluded.verified_by, verified_at = excluded.verified_at
     WHERE (organisations.kind = 'public_unit' OR starts_with(organisations.credit_code, '1'))
       AND NOT is_same_person(organisations.applied_by, :by)
    RETURNING id
    """,
)
IS_APPLICANT = Query(
    bool, "SELECT is_same_person(applied_by, :account_id) FROM organisations WHERE credit_code = :credit_code"
)
SAVE_PUBLIC_BUYER = Query(
    PublicBuyer,
    """
    WITH saved AS (
        INSERT INTO public_buyers (account_id, organisation_id, ends_on, verified_by, verified_at, duty)
        VALUES (:account_id, :organisation_id, :ends_on, :by, :now, :duty)
        ON CONFLICT ON CONSTRAINT public_buyers_pkey DO UPDATE
           SET organisation_id = excluded.organisation_id, ends_on = excluded.ends_on,
               verified_by = excluded.verified_by, verified_at = excluded.verified_at, duty = excluded.duty
        RETURNING account_id, organisation_id, ends_on, verified_at, duty)
    SELECT account_id, name AS unit_name, credit_code, ends_on, saved.verified_at, duty
      FROM saved JOIN organisations ON organisations.id = organisation_id
    """,
)
LIST_PUBLIC_BUYERS = Query(
    PublicBuyer,
    """
    SELECT account_id, name AS unit_name, credit_code, ends_on, b.verified_at, duty
      FROM public_buyers b JOIN organisations ON organisations.id = organisation_id
     ORDER BY b.verified_at DESC, account_id LIMIT :limit
    """,
)
LIST_BUYING_NOW = Query(
    UUID,
    """
    SELECT account_id FROM public_buyers
     WHERE account_id = ANY(:account_ids::uuid[]) AND ends_on >= :day::date AND duty = 'requester'
    """,
)
FIND_SEAT = Query(
    UnitSeat,
    """
    SELECT organisation_id, name AS unit_name, credit_code, county_code, duty
      FROM public_buyers b JOIN organisations o ON o.id = organisation_id
     WHERE account_id = :account_id AND ends_on >= :day::date AND o.verified_at IS NOT NULL
    """,
)
LIST_UNIT_ACCOUNTS = Query(
    UUID,
    """
    SELECT account_id FROM public_buyers
     WHERE organisation_id = :organisation_id AND duty = :duty AND ends_on >= :day::date
     ORDER BY account_id LIMIT :limit
    """,
)


async def save_public_buyer(
    conn: Connection, seal: Seal, actor: Actor, new: NewPublicBuyer, *, now: datetime
) -> PublicBuyer:
    """Let an account buy for a public unit that staff have verified, or change its unit and its last day.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        PublicBuyerInvalid: fields are invalid, no account has the phone, or the code is of an organisation that is no
            public unit; `errors` lists them.
        OwnPublicBuyer: the account is one of the actor's own person.
        OrganisationOwnVerifier: the actor registered the unit.
    """
    require_platform_staff(actor)
    name, code = clean_text(new.unit_name), normalize_credit_code(new.credit_code)
    phone = normalize_phone(new.phone)
    account_id = None if phone is None else await find_account_by_phone(conn, seal, phone)
    faults: list[FieldFault] = []
    if account_id is None:
        faults.append(FieldFault("phone", "没有这个手机号的账号，请单位的人先登录一次"))
    faults += [
        FieldFault("unit_name" if each.field == "name" else each.field, each.message)
        for each in list_name_faults(name, code)
    ]
    if new.ends_on < get_business_day(now):
        faults.append(FieldFault("ends_on", "最后一天不能早于今天"))
    if faults:
        raise PublicBuyerInvalid(errors=tuple(faults))
    assert account_id is not None
    if await is_same_person(conn, account_id=account_id, other_id=actor.account_id):
        raise OwnPublicBuyer
    unit = await SAVE_UNIT.maybe(
        conn, unit_name=name, credit_code=code, county=get_registration_county(code), account_id=account_id,
        by=actor.account_id, now=now,
    )  # fmt: skip
    if unit is None:
        if await IS_APPLICANT.one(conn, credit_code=code, account_id=actor.account_id):
            raise OrganisationOwnVerifier
        raise PublicBuyerInvalid(errors=(FieldFault("credit_code", "这个代码登记的不是公家单位"),))
    saved = await SAVE_PUBLIC_BUYER.one(
        conn,
        account_id=account_id,
        organisation_id=unit,
        ends_on=new.ends_on,
        by=actor.account_id,
        now=now,
        duty=new.duty,
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="account.public_buyer",
        object=f"account:{account_id}",
        detail={"unit": name, "credit_code": code, "ends_on": new.ends_on.isoformat(), "duty": new.duty},
        now=now,
    )
    return saved


async def list_public_buyers(conn: Connection, actor: Actor) -> list[PublicBuyer]:
    """Return the public units that buy or bought, verified last first, at most 200.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_platform_staff(actor)
    return await LIST_PUBLIC_BUYERS.all(conn, limit=MAX_PUBLIC_BUYERS_SHOWN)


async def list_buying_now(conn: Connection, account_ids: Sequence[UUID], *, day: date) -> set[UUID]:
    """Return which of the accounts buy for a verified public unit on `day`."""
    return set(await LIST_BUYING_NOW.all(conn, account_ids=list(account_ids), day=day))


async def find_unit_seat(conn: Connection, account_id: UUID, *, day: date) -> UnitSeat | None:
    """Return the public unit that an account works for on `day`, or None."""
    return await FIND_SEAT.maybe(conn, account_id=account_id, day=day)


async def list_unit_accounts(conn: Connection, organisation_id: UUID, duty: UnitDuty, *, day: date) -> list[UUID]:
    """Return the accounts that have a duty of a public unit on `day`, at most 200."""
    return await LIST_UNIT_ACCOUNTS.all(
        conn, organisation_id=organisation_id, duty=duty, day=day, limit=MAX_PUBLIC_BUYERS_SHOWN
    )
