"""Play all sample sales."""

from collections.abc import Callable
from datetime import datetime

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.storage.files import FileStore
from market.sales.orders.models import Line, VariantId
from market.service.demo.sample.sales.benefits import play_benefits, play_rules
from market.service.demo.sample.sales.cases import play_cases
from market.service.demo.sample.sales.invoices import play_invoices
from market.service.demo.sample.sales.offers import play_offers
from market.service.demo.sample.sales.packages import play_packages
from market.service.demo.sample.sales.pairing import play_pairings
from market.service.demo.sample.sales.parcels import play_parcels
from market.service.demo.sample.sales.procurement import play_procurement
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.service.demo.sample.sales.supervision import play_supervision
from market.service.demo.sample.sales.villages import GET_VILLAGE, play_villages
from market.service.demo.sample.sales.visits import play_visits

_STEPS = 4
EXISTS_SALES = Query(bool, "SELECT EXISTS (SELECT FROM packages)")
COUNT_ORDERS = Query(int, "SELECT count(*) FROM orders")
# Everything in the sample is marked as a sample.
MARK_SAMPLE = Query(None, "UPDATE listings SET sample = true WHERE NOT sample")
# Nobody gets the messages of a sample's past.
DELETE_PAST_MESSAGES = Query(None, "DELETE FROM messages WHERE queued_at <= :now")


async def simulate_sales(
    conn: Connection,
    seal: Seal,
    files: FileStore,
    settings: Settings,
    *,
    now: datetime,
    report: Callable[[int, int], None],
) -> dict[str, int]:
    """Play the sales of the demo's farmer and host in the caller's transaction; return how many orders were added.

    They come after the shop and the county, whose people they are between.
    """
    before = await COUNT_ORDERS.one(conn)
    report(0, _STEPS)
    async with SaleSimulation(conn, seal, files, settings, now=now) as sales:
        bag = await sales.find_offer(sales.farmer, "阜平大枣")
        dates = Line(VariantId(bag.variant_id), 1)
        await play_rules(sales)
        await play_parcels(sales, dates)
        await play_invoices(sales, dates)
        report(1, _STEPS)
        await play_cases(sales, dates)
        report(2, _STEPS)
        await play_visits(sales)
        report(3, _STEPS)
        await play_packages(sales, bag.variant_id)
        await play_offers(sales)
        await play_villages(sales, dates)
        await play_procurement(sales)
        await play_pairings(sales, await GET_VILLAGE.one(sales.conn, producer_id=sales.farmer.producers[0]))
        await play_supervision(sales)
        await play_benefits(sales)
    await MARK_SAMPLE.run(conn)
    await DELETE_PAST_MESSAGES.run(conn, now=now)
    report(_STEPS, _STEPS)
    return {"sales": await COUNT_ORDERS.one(conn) - before}
