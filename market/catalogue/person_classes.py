"""The price of an activity for a child: a variant of its own, beside that for an adult."""

from uuid import UUID

from market.catalogue.models import NewActivity, list_price_faults
from market.kernel import Connection, FieldFault, Query

CHILD = "儿童"
"""The label of the variant of a child."""
ADD_CHILD_PRICE = Query(
    None,
    """
    INSERT INTO variants (listing_id, position, label, unit, price_fen, gross_g)
    VALUES (:listing_id, 1, :label, :unit, :price_fen, 0)
    """,
)


def list_child_price_faults(new: NewActivity) -> list[FieldFault]:
    """Return what is wrong with the price of a child; an activity need not have one."""
    if new.child_price_fen is None:
        return []
    faults = [FieldFault("child_price_fen", each.message) for each in list_price_faults(new.child_price_fen)]
    if new.child_price_fen > new.price_fen:
        faults.append(FieldFault("child_price_fen", "儿童的价钱不比大人的高"))
    return faults


async def add_child_price(conn: Connection, listing_id: UUID, price_fen: int | None, *, unit: str) -> None:
    """Add the price of a child to a new activity, if it has one."""
    if price_fen is not None:
        await ADD_CHILD_PRICE.run(conn, listing_id=listing_id, label=CHILD, unit=unit, price_fen=price_fen)
