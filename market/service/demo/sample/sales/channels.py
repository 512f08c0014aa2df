"""The demo's channels and rates, by file like real ones.

No document was seen: which city has which county, and since when, is not verified; the rates are sample values.
"""

from datetime import timedelta

from market.kernel import Query
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile
from market.places.county_files.run_file_import import import_county_file
from market.service.demo.sample.sales.simulation import SaleSimulation
from market.villages.areas import COUNTY_FILE_KINDS

_CITIES = {
    "北京": (
        "130623", "130624", "130627", "130630", "130631", "130633", "130634", "130636", "130705", "130708", "130722",
        "130723", "130724", "130725", "130726", "130727", "130728", "130732", "130824", "130826",
    ),
    "天津": ("130821", "130822", "130825", "130828", "130881"),
    "石家庄": ("130125", "130126", "130129", "130131"),
}  # fmt: skip
_SINCE = "2016-10-01"
_BASIS = "样例：京津冀结对，未核实"
_OWN_BASIS = "样例：县自己的频道"
_RATES = (("USD", "1", "7.0779"), ("EUR", "1", "7.8215"), ("JPY", "100", "4.5373"), ("HKD", "1", "0.9033"))

FIND_COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE level = 3 AND county_code = :code")
LIST_SELLING_CODES = Query(
    str, "SELECT DISTINCT county_code FROM listings WHERE state = 'live' ORDER BY county_code LIMIT 100"
)


async def play_channels(sales: SaleSimulation) -> None:
    """Import the counties of three cities and of their own channels, and the rates of four currencies, by file."""
    selling = await LIST_SELLING_CODES.all(sales.conn)
    rows = ["频道,县代码,起始日期,终止日期,依据"]
    for city, codes in _CITIES.items():
        rows += [f"{city},{code},{_SINCE},,{_BASIS}" for code in codes if await _find_name(sales, code)]
    for code in selling:
        if name := await _find_name(sales, code):
            rows.append(f"{name},{code},{_SINCE},,{_OWN_BASIS}")
    await _import(sales, "channels", "频道.csv", rows)
    day = sales.today - timedelta(days=1)
    rates = [f"{currency},{day},{units},{yuan},样例汇率" for currency, units, yuan in _RATES]
    await _import(sales, "rates", "汇率.csv", ["币种,日期,外币数,合人民币元,来源", *rates])


async def _find_name(sales: SaleSimulation, code: str) -> str | None:
    return await FIND_COUNTY_NAME.maybe(sales.conn, code=code)


async def _import(sales: SaleSimulation, kind: str, name: str, rows: list[str]) -> None:
    ping = await sales.find_official("ping")
    file = CountyFile(
        county=WHOLE_COUNTRY, name=name, content="\n".join(rows).encode(), dry_run=False, now=sales.ago(days=0.5)
    )
    async with sales.db.transaction(scope=WHOLE_COUNTRY) as conn:
        await import_county_file(conn, ping, COUNTY_FILE_KINDS[kind], file)
