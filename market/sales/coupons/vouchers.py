"""The vouchers that a person has claimed."""

from collections.abc import Collection, Mapping
from typing import Final, LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import AccountId
from market.sales.coupons.models import Voucher, VoucherId

MAX_VOUCHERS = 100

_VOUCHERS: Final[LiteralString] = """
    SELECT vouchers.id, account_id, coupons.number AS coupon_number, name, bearer, producer_id, category_code,
           county_code, amount_fen, min_goods_fen, lower(valid_during) AS starts_on, upper(valid_during) - 1 AS ends_on,
           EXISTS (SELECT FROM redemptions WHERE voucher_id = vouchers.id AND freed_at IS NULL) AS used,
           ARRAY(SELECT producer_id FROM producer_members AS own WHERE own.account_id = vouchers.account_id
                  UNION
                 SELECT seller FROM unnest(:producer_ids::uuid[]) AS seller
                  WHERE find_seller_tie(vouchers.account_id, seller, asked.phone_index, asked.recipient) IS NOT NULL)
             AS own_producers
      FROM vouchers JOIN coupons ON coupons.id = coupon_id"""
OWN_VOUCHERS: Final[LiteralString] = (
    _VOUCHERS
    + """
     CROSS JOIN (VALUES (NULL::bytea, NULL::text)) AS asked (phone_index, recipient)
     WHERE account_id = :account_id
     ORDER BY vouchers.id DESC
     LIMIT :max_vouchers
    """
)
"""The vouchers of an account as rows of `Voucher`."""
LIST_VOUCHERS = Query(Voucher, OWN_VOUCHERS)
LOAD_VOUCHERS = Query(
    Voucher,
    _VOUCHERS
    + """
      JOIN unnest(:voucher_ids::uuid[], :phone_indexes::bytea[], :names::text[])
             AS asked (voucher_id, phone_index, recipient)
        ON asked.voucher_id = vouchers.id
    """,
)


class VoucherCoverage(Struct, frozen=True, kw_only=True):
    """The names of what a voucher covers; None is no restriction."""

    voucher_id: VoucherId
    producer: str | None
    category: str | None
    county: str | None


LIST_COVERAGES = Query(
    VoucherCoverage,
    """
    SELECT vouchers.id AS voucher_id, producers.name AS producer, categories.name AS category, divisions.name AS county
      FROM vouchers
      JOIN coupons ON coupons.id = coupon_id
      LEFT JOIN producers ON producers.id = coupons.producer_id
      LEFT JOIN categories ON categories.code = category_code
      LEFT JOIN divisions ON divisions.code = coupons.county_code || '000000'
     WHERE account_id = :account_id
     ORDER BY vouchers.id DESC
     LIMIT :max_vouchers
    """,
)


class Recipient(Struct, frozen=True):
    """Who receives the goods that a voucher is used for: the blind index of the phone, and the name."""

    phone_index: bytes | None
    name: str | None


UNKNOWN_RECIPIENT = Recipient(None, None)


async def list_vouchers(conn: Connection, account_id: AccountId, producer_ids: Collection[UUID] = ()) -> list[Voucher]:
    """Return what an account has claimed, the latest first, at most 100; used and expired ones too.

    Of the sellers `producer_ids` it is known whether the person is tied to them (`find_seller_tie`).
    """
    return await LIST_VOUCHERS.all(
        conn, account_id=account_id, producer_ids=list(producer_ids), max_vouchers=MAX_VOUCHERS
    )


async def list_coverages(conn: Connection, account_id: AccountId) -> dict[VoucherId, VoucherCoverage]:
    """Return what each voucher of an account covers, of those that `list_vouchers` returns."""
    rows = await LIST_COVERAGES.all(conn, account_id=account_id, max_vouchers=MAX_VOUCHERS)
    return {each.voucher_id: each for each in rows}


async def load_vouchers(
    conn: Connection, recipients: Mapping[VoucherId, Recipient], producer_ids: Collection[UUID] = ()
) -> dict[UUID, Voucher]:
    """Return vouchers by id, as `list_vouchers` does; unknown ones are omitted. Without ids no statement runs.

    `recipients` says of each voucher who receives what it is used for: a seller's own phone or name ties too.
    """
    if not recipients:
        return {}
    found = await LOAD_VOUCHERS.all(
        conn,
        voucher_ids=list(recipients),
        phone_indexes=[each.phone_index for each in recipients.values()],
        names=[each.name for each in recipients.values()],
        producer_ids=list(producer_ids),
    )
    return {each.id: each for each in found}
