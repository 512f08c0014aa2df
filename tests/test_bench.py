"""The figures whose limit is a bare statement give it every value that it asks for."""

from market.kernel import Database
from market.kernel.embedded import EmbeddedServer
from tests.bench.shop import Environment, cart_read, nights_read
from tests.support.make import make_account, make_product, make_stay


async def test_the_shops_figures_with_bare_statements_can_be_measured(
    server: EmbeddedServer, database: Database
) -> None:
    async with database.transaction() as conn:
        products = [await make_product(conn, left=100) for _ in range(20)]
        stay = await make_stay(conn)
        buyer = await make_account(conn)
    variants = [each.variant_id for each in products]
    environment = Environment(server, database, variants, [buyer], stay.listing_id, 0.01, 1)
    assert [(await measure(environment)).value > 0 for measure in (nights_read, cart_read)] == [True, True]
