"""The factories of tests/support/make.py insert complete rows."""

from market.kernel import Connection
from market.people.identity.models import Role
from tests.support.make import load_actor, load_owner, make_freight_template, make_official, make_product, make_stay


async def test_a_product_and_a_stay_have_owners_and_stock(conn: Connection) -> None:
    product = await make_product(conn)
    stay = await make_stay(conn)
    await make_freight_template(conn, product.producer_id)
    assert (await load_owner(conn, product.producer_id)).producers == (product.producer_id,)
    assert await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", product.lot_id) == 50
    assert len(stay.room_ids) == 2


async def test_an_official_acts_with_a_second_factor(conn: Connection) -> None:
    actor = await load_actor(conn, await make_official(conn, [Role.COUNTY, Role.FINANCE], "130624"))
    assert [(grant.role, grant.scope) for grant in actor.grants] == [("county", "130624"), ("finance", "130624")]
    assert actor.second_factor
