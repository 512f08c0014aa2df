"""What the demo's farmer harvested, the labels of two lots, and those that are on two parcels of dates."""

from datetime import timedelta

from market.catalogue.trace.harvests import mix_lots, record_harvest
from market.catalogue.trace.labels import make_labels, revoke_labels
from market.catalogue.trace.models import LotPart, NewHarvest, NewLabels, NewPlot, Plot, PromiseBasis
from market.catalogue.trace.packed import LabelCode, pack_labels
from market.catalogue.trace.plots import add_plot
from market.catalogue.trace.rules import compute_area_m2
from market.catalogue.trace.unpacked import unpack_labels
from market.kernel.clock import get_business_day
from market.places.county_files.models import CountyFile
from market.places.county_files.run_file_import import import_county_file
from market.sales.orders.models import Line
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.areas import COUNTY_FILE_KINDS

_SOURCE = "样例产量（不是真实数据）"
_YIELDS = (("香菇", 6000), ("大枣", 1500), ("核桃", 300), ("小米", 400), ("苹果", 4000))
_PLOTS = (("东坡棚", 80), ("河边枣林", 350))
_HARVESTS = (("东坡棚", "香菇", 180_000, 20), ("东坡棚", "香菇", 96_500, 9), ("河边枣林", "大枣", 640_000, 4))


async def play_trace(sales: SaleSimulation, dates: Line) -> None:
    """Import limits, add two plots and three harvests of the farmer, mix two, label two lots, and pack some labels."""
    gan, shop = await sales.find_official("gan"), sales.farmer.producers[0]
    start = get_business_day(sales.ago(days=400))
    rows = ["作物,每亩最多kg,起始日期,依据", *(f"{crop},{kg},{start},{_SOURCE}" for crop, kg in _YIELDS)]
    file = CountyFile(
        county=DEMO_COUNTY, name="亩产上限.csv", content="\n".join(rows).encode(), dry_run=False, now=sales.ago(days=30)
    )
    await import_county_file(sales.conn, gan, COUNTY_FILE_KINDS["yields"], file)
    plots: dict[str, Plot] = {}
    for name, hundredths in _PLOTS:
        new = NewPlot(name=name, area_m2=compute_area_m2(hundredths))
        plots[name] = await add_plot(sales.conn, sales.farmer, shop, new, now=sales.ago(days=25))
    numbers: list[int] = []
    for name, crop, grams, days in _HARVESTS:
        at = sales.ago(days=days)
        harvest = NewHarvest(plot_id=plots[name].id, crop=crop, harvested_on=get_business_day(at), grams=grams)
        numbers.append((await record_harvest(sales.conn, sales.farmer, harvest, now=at)).number)
    parts = [LotPart(lot=numbers[0], grams=30_000), LotPart(lot=numbers[1], grams=20_000)]
    mixed = await mix_lots(sales.conn, sales.farmer, shop, parts, now=sales.ago(days=8))
    for lot, count, grams, promise in (
        (numbers[2], 12, 2500, PromiseBasis.OWN_PROMISE),
        (mixed.number, 6, 500, PromiseBasis.COMMISSIONED_TEST),
    ):
        labels = NewLabels(count=count, grams=grams, promise=promise)
        await make_labels(sales.conn, sales.seal, sales.farmer, lot, labels, now=sales.ago(days=3))
    await revoke_labels(
        sales.conn, sales.farmer, numbers[2], serial=3, reason="袋子破了，重装了一袋", now=sales.ago(days=2)
    )
    await _pack(sales, dates, numbers[2])


async def _pack(sales: SaleSimulation, dates: Line, lot: int) -> None:
    """Put a label on a parcel that was sent, and on one that waits two, of which the wrong one was taken off again."""
    for buyer, days, serials, wrong in ((4, 2, (1,), None), (5, 1, (2, 5), 5)):
        sale = await sales.buy(await sales.find_buyer(buyer), [dates], at=sales.ago(days=days))
        line, at = sale.suborder.lines[0].id, sales.ago(hours=12 * days)
        codes = [LabelCode(lot, each) for each in serials]
        await pack_labels(sales.conn, sales.farmer, line, codes, now=at)
        if wrong is None:
            await sales.ship(sale, sales.farmer, "XA310000207CN", at=sales.ago(hours=12 * days - 1))
        else:
            await unpack_labels(sales.conn, sales.farmer, line, [LabelCode(lot, wrong)], now=at + timedelta(minutes=4))
