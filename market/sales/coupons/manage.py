"""Create and close coupons: the platform's by its staff, a producer's by its owner; list them."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.quotas import lock_quota
from market.kernel.text import clean_name
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_platform_staff, require_producer
from market.people.identity.models import Actor, NotAllowed, NotFound
from market.people.identity.reserved_names import NameKind, find_name_fault
from market.people.moderation.off_platform import require_public_text
from market.sales.coupons.models import (
    MAX_AMOUNT_FEN,
    MAX_BUDGET_FEN,
    MAX_OPEN_COUPONS,
    MAX_PER_PERSON,
    MAX_QUOTA,
    Bearer,
    CouponCodeTaken,
    CouponInvalid,
    CouponTerms,
    TooManyCoupons,
)
from payments.money import format_yuan

MAX_NAME_LENGTH = 20
MAX_DAYS = timedelta(days=366)
_CODE = re.compile(r"[0-9A-Z]{4,16}")
_COUNTY = re.compile(r"[0-9]{6}")


class NewCoupon(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coupon to create; with a `code` it is claimed by typing the code alone. Both days are included."""

    name: str
    code: str | None = None
    category_code: str | None = None
    county_code: str | None = None
    producer_id: UUID | None = None
    amount_fen: int
    min_goods_fen: int
    starts_on: date
    ends_on: date
    quota: int
    per_person: int = 1


class Coupon(CouponTerms, frozen=True, kw_only=True):
    """A coupon with its counts: `claimed` of `quota`, and `used` by orders that are not over unpaid."""

    id: UUID
    number: int
    code: str | None
    producer: str | None
    category: str | None
    county: str | None
    quota: int
    per_person: int
    claimed: int
    used: int
    state: str

    @property
    def budget_fen(self) -> Fen:
        """What the coupon costs at most."""
        return Fen(self.quota * self.amount_fen)

    @property
    def used_fen(self) -> Fen:
        """What orders have used of it."""
        return Fen(self.used * self.amount_fen)


_COUPONS = """
    SELECT coupons.id, coupons.number, coupons.name, coupons.code, bearer, coupons.producer_id, category_code,
           coupons.county_code, amount_fen, min_goods_fen, lower(valid_during) AS starts_on,
           upper(valid_during) - 1 AS ends_on, quota, per_person, claimed, coupons.state,
           producers.name AS producer, categories.name AS category, divisions.name AS county,
           (SELECT count(*) FROM redemptions JOIN vouchers ON vouchers.id = voucher_id
             WHERE coupon_id = coupons.id AND freed_at IS NULL)::integer AS used
      FROM coupons
      LEFT JOIN producers ON producers.id = coupons.producer_id
      LEFT JOIN categories ON categories.code = category_code
      LEFT JOIN divisions ON divisions.code = coupons.county_code || '000000'"""
LIST_PLATFORM_COUPONS = Query(
    Coupon, _COUPONS + " WHERE bearer = 'platform' ORDER BY coupons.state DESC, coupons.id DESC LIMIT :limit"
)
LIST_PRODUCER_COUPONS = Query(
    Coupon,
    _COUPONS
    + """
     WHERE bearer = 'producer' AND coupons.producer_id = :producer_id
     ORDER BY coupons.state DESC, coupons.id DESC
     LIMIT :limit
    """,
)
GET_COUPON = Query(Coupon, _COUPONS + " WHERE coupons.id = :coupon_id")
IS_OWNER = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM producer_members
                    WHERE producer_id = :producer_id AND account_id = :account_id AND role = 'owner'
                      AND valid_during @> :day::date)
    """,
)
COUNT_OPEN_COUPONS = Query(
    int,
    """
    SELECT count(*) FROM coupons
     WHERE state = 'open' AND bearer = :bearer::text
       AND (:bearer::text = 'platform' OR producer_id = :producer_id::uuid)
    """,
)
FIND_UNKNOWN_FIELDS = Query(
    str,
    """
    SELECT field FROM (VALUES
        ('category_code', :category_code::text IS NULL
            OR EXISTS (SELECT FROM categories WHERE categories.code = :category_code::text)),
        ('county_code', :county_code::text IS NULL
            OR EXISTS (SELECT FROM divisions WHERE divisions.code = :county_code::text || '000000')),
        ('producer_id', :producer_id::uuid IS NULL
            OR EXISTS (SELECT FROM producers WHERE producers.id = :producer_id::uuid))) AS checked (field, known)
     WHERE NOT known
    """,
)
ADD_COUPON = Query(
    UUID,
    """
    INSERT INTO coupons (name, code, bearer, producer_id, category_code, county_code, amount_fen, min_goods_fen,
                         valid_during, quota, per_person, created_by, created_at)
    VALUES (:name, :code, :bearer, :producer_id, :category_code, :county_code, :amount_fen, :min_goods_fen,
            daterange(:starts_on::date, :ends_on::date, '[]'), :quota, :per_person, :account_id, :now)
    ON CONFLICT (code) DO NOTHING
    RETURNING id
    """,
)
CLOSE_COUPON = Query(
    UUID,
    "UPDATE coupons SET state = 'closed', closed_at = :now WHERE id = :coupon_id AND state = 'open' RETURNING id",
)


async def list_platform_coupons(conn: Connection, actor: Actor) -> list[Coupon]:
    """Return the platform's coupons, open ones first, the latest first, at most 100.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
    """
    require_platform_staff(actor)
    return await LIST_PLATFORM_COUPONS.all(conn, limit=2 * MAX_OPEN_COUPONS)


async def list_producer_coupons(conn: Connection, actor: Actor, producer_id: UUID) -> list[Coupon]:
    """Return the coupons that a producer bears, open ones first, the latest first, at most 100.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await LIST_PRODUCER_COUPONS.all(conn, producer_id=producer_id, limit=2 * MAX_OPEN_COUPONS)


async def create_coupon(conn: Connection, actor: Actor, new: NewCoupon, *, now: datetime) -> Coupon:
    """Create a coupon that the platform bears, in the caller's transaction; it can be claimed at once.

    Its terms do not change later. It costs at most quota × amount, from the account `promotion`.

    Raises:
        NotAllowed, SecondFactorRequired: the actor is not of the platform's staff.
        CouponInvalid, CouponCodeTaken, TooManyCoupons: see there.
    """
    require_platform_staff(actor)
    return await _create(conn, actor, new, Bearer.PLATFORM, now)


async def create_producer_coupon(
    conn: Connection, actor: Actor, producer_id: UUID, new: NewCoupon, *, now: datetime
) -> Coupon:
    """Create a coupon that a producer bears and that covers its goods only, in the caller's transaction.

    Raises:
        NotFound: the actor does not work for the producer.
        NotAllowed: the actor is not its owner.
        ForbiddenWord: the name contains a forbidden word, or leads away from the platform.
        CouponInvalid, CouponCodeTaken, TooManyCoupons: see there.
    """
    await _require_owner(conn, actor, producer_id, now)
    require_public_text(name=clean_name(new.name))
    return await _create(conn, actor, msgspec.structs.replace(new, producer_id=producer_id), Bearer.PRODUCER, now)


async def close_coupon(conn: Connection, actor: Actor, coupon_id: UUID, *, now: datetime) -> Coupon:
    """Close a coupon in the caller's transaction: nobody claims it any more, and what was claimed stays valid.

    Raises:
        NotFound: there is no such coupon, or the actor does not work for the producer that bears it.
        NotAllowed: the actor is neither of the platform's staff nor the owner of that producer.
        SecondFactorRequired: the actor is an official, and the session has no second factor.
    """
    coupon = await GET_COUPON.maybe(conn, coupon_id=coupon_id)
    if coupon is None:
        raise NotFound
    if coupon.bearer is Bearer.PLATFORM:
        require_platform_staff(actor)
    else:
        assert coupon.producer_id is not None
        await _require_owner(conn, actor, coupon.producer_id, now)
    if await CLOSE_COUPON.maybe(conn, coupon_id=coupon_id, now=now) is not None:
        await _record(conn, actor, "coupon.close", coupon, now)
    return await GET_COUPON.one(conn, coupon_id=coupon_id)


async def is_owner(conn: Connection, actor: Actor, producer_id: UUID, *, now: datetime) -> bool:
    """Return whether the actor owns the producer, and so may make coupons that it bears."""
    day = get_business_day(now)
    return await IS_OWNER.one(conn, producer_id=producer_id, account_id=actor.account_id, day=day)


async def _require_owner(conn: Connection, actor: Actor, producer_id: UUID, now: datetime) -> None:
    require_producer(actor, producer_id)
    if not await is_owner(conn, actor, producer_id, now=now):
        raise NotAllowed


async def _create(conn: Connection, actor: Actor, new: NewCoupon, bearer: Bearer, now: datetime) -> Coupon:
    cleaned = msgspec.structs.replace(
        new, name=clean_name(new.name), code=(new.code or "").strip().upper() or None,
    )  # fmt: skip
    faults = list_coupon_faults(cleaned, day=get_business_day(now))
    fault = find_name_fault(cleaned.name, NameKind.SHOP) if bearer is Bearer.PRODUCER else None
    if fault is not None:
        faults.append(FieldFault("name", fault))
    named = {"category_code": new.category_code, "county_code": new.county_code, "producer_id": new.producer_id}
    faults += [FieldFault(field, "没有这一个") for field in await FIND_UNKNOWN_FIELDS.all(conn, **named)]
    if faults:
        raise CouponInvalid(errors=tuple(faults))
    await lock_quota(conn, "coupons", None if bearer is Bearer.PLATFORM else new.producer_id)
    if await COUNT_OPEN_COUPONS.one(conn, bearer=bearer, producer_id=new.producer_id) >= MAX_OPEN_COUPONS:
        raise TooManyCoupons(limit=MAX_OPEN_COUPONS)
    columns = msgspec.structs.asdict(cleaned)
    coupon_id = await ADD_COUPON.maybe(conn, **columns, bearer=bearer, account_id=actor.account_id, now=now)
    if coupon_id is None:
        raise CouponCodeTaken(errors=(FieldFault("code", "别的券用了，换一个"),))
    created = await GET_COUPON.one(conn, coupon_id=coupon_id)
    await _record(conn, actor, "coupon.create", created, now)
    return created


def list_coupon_faults(new: NewCoupon, *, day: date) -> list[FieldFault]:
    """Return the faults of a coupon's fields; what they name is checked elsewhere."""
    in_range = {
        "amount_fen": 1 <= new.amount_fen <= MAX_AMOUNT_FEN,
        "quota": 1 <= new.quota <= MAX_QUOTA,
        "per_person": 1 <= new.per_person <= MAX_PER_PERSON,
    }
    checks: list[tuple[str, bool, str]] = [
        ("name", 1 <= len(new.name) <= MAX_NAME_LENGTH, f"写个名字，最多 {MAX_NAME_LENGTH} 个字"),
        (
            "code",
            new.code is None or _CODE.fullmatch(new.code) is not None,
            "券码是 4 到 16 个大写字母或数字；不要就空着",
        ),
        ("county_code", new.county_code is None or _COUNTY.fullmatch(new.county_code) is not None, "写六位县编号"),
        ("amount_fen", in_range["amount_fen"], f"减多少，0.01 到 {format_yuan(MAX_AMOUNT_FEN)} 元"),
        ("min_goods_fen", new.amount_fen < new.min_goods_fen <= 10**9, "满多少才能用，要比减的钱多"),
        ("starts_on", new.starts_on <= new.ends_on, "头一天不能晚于最后一天"),
        ("ends_on", day <= new.ends_on <= day + MAX_DAYS, "最后一天从今天起、一年以内"),
        ("quota", in_range["quota"], f"一共发多少张，1 到 {MAX_QUOTA}"),
        ("per_person", in_range["per_person"], f"每人最多几张，1 到 {MAX_PER_PERSON}"),
    ]
    faults = [FieldFault(field, message) for field, holds, message in checks if not holds]
    if all(in_range.values()) and new.quota * new.amount_fen > MAX_BUDGET_FEN:
        faults.append(FieldFault("quota", f"一共最多减 {format_yuan(MAX_BUDGET_FEN)} 元，少发一些"))
    return faults


async def _record(conn: Connection, actor: Actor, action: str, coupon: Coupon, now: datetime) -> None:
    detail: dict[str, object] = {"coupon": msgspec.to_builtins(coupon)}
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"coupon:{coupon.id}", detail=detail, now=now
    )
