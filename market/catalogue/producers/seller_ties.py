"""What ties a buyer to a seller: the same person, or what they share. What is not known ties nobody (ADR 46)."""

from enum import StrEnum
from uuid import UUID

from market.kernel import Connection, Query
from market.people.identity.models import AccountId


class SellerTie(StrEnum):
    """How a buyer is tied to a seller, the strongest first; `NAME` alone may be a namesake."""

    MEMBER = "member"
    IDENTITY = "identity"
    PHONE = "phone"
    DEVICE = "device"
    NAME = "name"


FIND_SELLER_TIE = Query(
    str, "SELECT coalesce(find_seller_tie(:account_id, :producer_id, :phone_index::bytea, :name::text), '')"
)


IS_SELLERS_MEMBER = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM producer_members
                    WHERE producer_id = :producer_id AND is_same_person(account_id, :account_id))
    """,
)


async def is_of_seller(conn: Connection, account_id: AccountId, producer_id: UUID) -> bool:
    """Return whether a person works or worked for a seller, by whatever account."""
    return await IS_SELLERS_MEMBER.one(conn, producer_id=producer_id, account_id=account_id)


async def find_seller_tie(
    conn: Connection, account_id: AccountId, producer_id: UUID, *, phone_index: bytes | None, name: str | None
) -> SellerTie | None:
    """Return the strongest tie between a buyer and a seller, or None.

    `phone_index` is the blind index of the phone that receives the parcel and `name` who receives it, None if unknown.
    """
    found = await FIND_SELLER_TIE.one(
        conn, account_id=account_id, producer_id=producer_id, phone_index=phone_index, name=name
    )
    return SellerTie(found) if found else None
