"""Sample coupons: one that the platform bears, for everything, and one of the demo's farmer."""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.sales.coupons.models import Bearer
from market.service.demo.sample.accounts import FARMER_PHONE
from market.service.demo.sample.copy_rows import CopyRow, DateRange, copy_rows
from market.service.demo.sample.seeded_random import SeededRandom

_DAYS = timedelta(days=60)


class CouponCopyRow(CopyRow, frozen=True, kw_only=True):
    """An open coupon."""

    table = "coupons"
    id: UUID
    name: str
    bearer: str
    producer_id: UUID | None
    amount_fen: int
    min_goods_fen: int
    valid_during: DateRange
    quota: int
    per_person: int
    created_by: UUID
    created_at: datetime


FIND_STAFF = Query(UUID, "SELECT account_id FROM grants WHERE role = 'platform' ORDER BY account_id LIMIT 1")
FIND_FARM = Query(
    UUID,
    """
    SELECT producer_id FROM producer_members JOIN accounts ON accounts.id = account_id
     WHERE role = 'owner' AND phone_index = :farmer_index ORDER BY producer_id LIMIT 1
    """,
)
FIND_FARMER = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :farmer_index")


async def add_sample_coupons(conn: Connection, seed: int, seal: Seal, *, now: datetime) -> None:
    """Add the coupons, open for two months, after the accounts and the producers."""
    rng, index = SeededRandom(seed, "coupons"), seal.index(FARMER_PHONE)
    staff = await FIND_STAFF.one(conn)
    farmer, farm = await FIND_FARMER.one(conn, farmer_index=index), await FIND_FARM.one(conn, farmer_index=index)
    terms = [
        ("满100减10", Bearer.PLATFORM, None, staff, 10_00, 100_00, 500),
        ("自家枣满80减5", Bearer.PRODUCER, farm, farmer, 5_00, 80_00, 50),
    ]
    today: date = get_business_day(now)
    rows = [
        CouponCopyRow(
            id=rng.make_uuid7(now),
            name=name,
            bearer=bearer,
            producer_id=producer_id,
            amount_fen=amount_fen,
            min_goods_fen=min_goods_fen,
            valid_during=asyncpg.Range(today, today + _DAYS),
            quota=quota,
            per_person=1,
            created_by=account_id,
            created_at=now,
        )
        for name, bearer, producer_id, account_id, amount_fen, min_goods_fen, quota in terms
    ]
    await copy_rows(conn, rows)
