"""Companions store what other packages keep of orders, in the transaction that places them (ADR 73)."""

from collections.abc import Collection

from market.kernel import Connection
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.outcomes import PlacementOutcome
from market.sales.orders.models import PlacedOrder


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
