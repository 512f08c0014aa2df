"""A sample pickup point in the county of the demo, which the demo's farmer keeps."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.service.demo.sample.accounts import DEMO_COUNTY, FARMER_PHONE
from market.service.demo.sample.copy_rows import CopyRow, copy_rows
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.coupons import FIND_FARMER


class PickupPointCopyRow(CopyRow, frozen=True, kw_only=True):
    """An open pickup point."""

    table = "pickup_points"
    id: UUID
    division_code: str
    name: str
    address: str
    phone: str
    hours: str
    keeper_id: UUID
    created_at: datetime


FIND_TOWNSHIP = Query(str, "SELECT code FROM divisions WHERE county_code = :county AND level = 4 ORDER BY code LIMIT 1")


async def add_sample_pickup_point(conn: Connection, seed: int, seal: Seal, *, now: datetime) -> None:
    """Add the point, after the accounts."""
    row = PickupPointCopyRow(
        id=SeededRandom(seed, "pickup points").make_uuid7(now),
        division_code=await FIND_TOWNSHIP.one(conn, county=DEMO_COUNTY),
        name="样例自提点",
        address="样例街 1 号，供销社门口",
        phone="03120000009",
        hours="早 8 点到晚 6 点",
        keeper_id=await FIND_FARMER.one(conn, farmer_index=seal.index(FARMER_PHONE)),
        created_at=now,
    )
    await copy_rows(conn, [row])
