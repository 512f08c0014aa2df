"""What follows placing in its transaction: rows leave the carts, and companions store what they keep of the orders."""

from collections.abc import Collection
from uuid import UUID

from market.kernel import Connection, Query
from market.orders.checkout.order_request import OrderRequest
from market.orders.checkout.outcomes import PlacementOutcome
from market.orders.models import PlacedOrder

# A row that the buyer is changing at this moment stays in the cart. Arrays of subqueries, for one plan a session.
DELETE_CART_ROWS = Query(
    None,
    """
    WITH placed AS (SELECT * FROM unnest((SELECT :buyers::uuid[]), (SELECT :item_ids::uuid[]))
                                   AS placed (buyer_id, item_id)),
         line AS (SELECT owner_id, variant_id FROM cart_lines JOIN placed
                      ON owner_id = buyer_id AND variant_id = item_id FOR UPDATE OF cart_lines SKIP LOCKED),
         stay AS (SELECT owner_id, listing_id FROM cart_nights JOIN placed
                      ON owner_id = buyer_id AND listing_id = item_id FOR UPDATE OF cart_nights SKIP LOCKED),
         lines AS (DELETE FROM cart_lines USING line
                    WHERE cart_lines.owner_id = line.owner_id AND cart_lines.variant_id = line.variant_id)
    DELETE FROM cart_nights USING stay
     WHERE cart_nights.owner_id = stay.owner_id AND cart_nights.listing_id = stay.listing_id
    """,
)


async def delete_placed_rows(
    conn: Connection, requests: dict[int, OrderRequest], outcomes: dict[int, PlacementOutcome]
) -> None:
    """Delete what was placed from the carts that it was ordered from."""
    placed: list[tuple[UUID, UUID]] = []
    for n, request in requests.items():
        if request.from_cart and isinstance(outcomes[n], PlacedOrder):
            placed += [(request.buyer_id, line.variant_id) for _, line in request.lines]
            placed += [(request.buyer_id, each.listing_id) for each in request.nights]
    if placed:
        await DELETE_CART_ROWS.run(
            conn, buyers=[buyer for buyer, _ in placed], item_ids=[item_id for _, item_id in placed]
        )


async def run_companions(
    conn: Connection,
    requests: dict[int, OrderRequest],
    outcomes: dict[int, PlacementOutcome],
    *,
    new_ids: Collection[object],
) -> None:
    """Run the companions of the orders that are new; with an order of before its companion stored what it keeps.

    They come last, because each may change the scope of the transaction. One that fails fails the batch, which
    `Batcher` then divides.
    """
    for n, request in requests.items():
        outcome = outcomes[n]
        if request.companion is not None and isinstance(outcome, PlacedOrder) and outcome.id in new_ids:
            await request.companion(conn, outcome.id)
