"""The vouchers that a person has claimed."""

from collections.abc import Collection, Sequence
from uuid import UUID

from market.coupons.models import Voucher, VoucherId
from market.identity.models import AccountId
from market.kernel import Connection, Query

MAX_VOUCHERS = 100

_VOUCHERS = """
    SELECT vouchers.id, account_id, coupons.number AS coupon_number, name, bearer, producer_id, category_code,
           county_code, amount_fen, min_goods_fen, lower(valid_during) AS starts_on, upper(valid_during) - 1 AS ends_on,
           EXISTS (SELECT FROM redemptions WHERE voucher_id = vouchers.id AND freed_at IS NULL) AS used,
           ARRAY(SELECT producer_id FROM producer_members AS own
                  WHERE own.account_id = vouchers.account_id
                     OR own.producer_id = ANY(:producer_ids::uuid[])
                        AND is_same_person(own.account_id, vouchers.account_id)) AS own_producers
      FROM vouchers JOIN coupons ON coupons.id = coupon_id"""
LIST_VOUCHERS = Query(
    Voucher,
    _VOUCHERS
    + """
     WHERE account_id = :account_id
     ORDER BY vouchers.id DESC
     LIMIT :limit
    """,
)
LOAD_VOUCHERS = Query(Voucher, _VOUCHERS + " WHERE vouchers.id = ANY(:voucher_ids::uuid[])")


async def list_vouchers(conn: Connection, account_id: AccountId, producer_ids: Collection[UUID] = ()) -> list[Voucher]:
    """Return what an account has claimed, the latest first, at most 100; used and expired ones too.

    Of the sellers `producer_ids` it is known whether the person works for them by another account.
    """
    return await LIST_VOUCHERS.all(conn, account_id=account_id, producer_ids=list(producer_ids), limit=MAX_VOUCHERS)


async def load_vouchers(
    conn: Connection, voucher_ids: Sequence[VoucherId], producer_ids: Collection[UUID] = ()
) -> dict[UUID, Voucher]:
    """Return vouchers by id, as `list_vouchers` does; unknown ones are omitted. Without ids no statement runs."""
    if not voucher_ids:
        return {}
    found = await LOAD_VOUCHERS.all(conn, voucher_ids=list(voucher_ids), producer_ids=list(producer_ids))
    return {each.id: each for each in found}
