"""Put the goods of an earlier order into the cart again."""

from datetime import datetime

from market.kernel import Connection, Query
from market.people.identity.models import Actor, NotFound
from market.sales.orders.cart import put_cart
from market.sales.orders.models import Line

LIST_BOUGHT_GOODS = Query(
    Line,
    """
    SELECT variant_id, quantity
      FROM orders JOIN suborders ON order_id = orders.id JOIN order_lines ON suborder_id = suborders.id
     WHERE number = :number AND buyer_id = :buyer_id AND suborders.kind = 'goods'
       AND NOT EXISTS (SELECT FROM package_orders WHERE package_orders.order_id = orders.id)
     ORDER BY suborders.position, order_lines.position
    """,
)


async def buy_again(conn: Connection, buyer: Actor, number: int, *, now: datetime) -> None:
    """Put the goods of an order into its buyer's cart, as many as then, in the caller's transaction.

    Prices are today's, and what is not on sale any more is marked in the cart. Repeating changes nothing. Stays and
    activities are left out: their days are over.

    Raises:
        NotFound: the order is not the buyer's, has no goods, or is of a package, which is booked on its page.
        TooManyLines: the cart would contain more lines than one order allows.
    """
    lines = await LIST_BOUGHT_GOODS.all(conn, number=number, buyer_id=buyer.account_id)
    if not lines:
        raise NotFound
    await put_cart(conn, buyer.account_id, lines=lines, now=now)
