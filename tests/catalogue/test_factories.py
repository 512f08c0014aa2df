"""The rows that tests stand on are whole."""

from market.identity import Role
from market.kernel import Connection
from tests.factories import a_freight_template, a_product, a_stay, an_official, owner_of, the_actor


async def test_a_product_and_a_stay_have_owners_and_stock(conn: Connection) -> None:
    product = await a_product(conn)
    stay = await a_stay(conn)
    await a_freight_template(conn, product.producer_id)
    assert (await owner_of(conn, product.producer_id)).producers == (product.producer_id,)
    assert await conn.fetchval("SELECT left_units FROM lots WHERE id = $1", product.lot_id) == 50
    assert len(stay.room_ids) == 2


async def test_an_official_acts_with_the_second_factor_shown(conn: Connection) -> None:
    actor = await the_actor(conn, await an_official(conn, [Role.COUNTY, Role.FINANCE], "130624"))
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("county", "130624"), ("finance", "130624")]
    assert actor.second_factor
