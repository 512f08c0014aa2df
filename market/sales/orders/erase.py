"""Erase the addresses and the cart of a buyer whose account is closed."""

from market.kernel import Connection, Query
from market.people.identity.models import AccountId

ERASE_ADDRESSES = Query(
    None, "UPDATE orders SET address_sealed = '' WHERE buyer_id = :account_id AND address_sealed <> ''"
)
DELETE_CART_GOODS = Query(None, "DELETE FROM cart_lines WHERE owner_id = :account_id")
DELETE_CART_STAYS = Query(None, "DELETE FROM cart_nights WHERE owner_id = :account_id")


async def erase_buyer(conn: Connection, account_id: AccountId) -> None:
    """Erase the addresses of every order, the regions excepted, and delete the cart."""
    await ERASE_ADDRESSES.run(conn, account_id=account_id)
    await DELETE_CART_GOODS.run(conn, account_id=account_id)
    await DELETE_CART_STAYS.run(conn, account_id=account_id)
