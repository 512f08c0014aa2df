"""Rates of other currencies: what is recent enough to show a price in, and files of them."""

import re
from collections import Counter
from datetime import date, timedelta

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader, normalize_code
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.text import clean_text
from market.people.identity.models import Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.villages.channels.models import MAX_RATE_AGE_DAYS, CurrencyWithoutRate, Rate

COLUMNS = (
    Column("currency", "币种", example="USD", meaning="三个字母"),
    Column("day", "日期", example="2030-01-02", meaning="哪天公布的"),
    Column("units", "外币数", example="1", meaning="按多少外币公布的，1 或者 100"),
    Column("yuan", "合人民币元", example="7.0779", meaning="最多四位小数"),
    Column("source", "来源", example="中国外汇交易中心，中间价", meaning="谁公布的"),
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_YUAN = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,4}))?")
_UNITS = {"1": 1, "100": 100}
_MAX_SOURCE_LENGTH = 100
MAX_MOVE_PERCENT = 20
"""A rate that moved more since the last one within a year is more likely a slip of the pen."""
_YEAR = timedelta(days=365)

LIST_RECENT_RATES = Query(
    Rate,
    """
    SELECT DISTINCT ON (currency) currency, day, fen_per_10000, source
      FROM rates WHERE day > :day::date - :days::integer AND day <= :day::date
     ORDER BY currency, day DESC
    """,
)
LIST_RATES_BEFORE = Query(
    Rate,
    """
    SELECT currency, day, fen_per_10000, source FROM rates
     WHERE currency = ANY(:currencies::text[]) AND day > :from_day::date
     ORDER BY currency, day
    """,
)
SAVE_RATES = Query(
    None,
    """
    INSERT INTO rates (currency, day, fen_per_10000, source)
    SELECT currency, day, fen_per_10000, source
      FROM jsonb_to_recordset(:rows::jsonb) AS r (currency text, day date, fen_per_10000 bigint, source text)
    ON CONFLICT (currency, day) DO UPDATE SET fen_per_10000 = excluded.fen_per_10000, source = excluded.source
    """,
)


async def list_recent_rates(conn: Connection, *, today: date) -> dict[str, Rate]:
    """Return the latest rate of each currency that is not older than `MAX_RATE_AGE_DAYS`, by its code."""
    rates = await LIST_RECENT_RATES.all(conn, day=today, days=MAX_RATE_AGE_DAYS)
    return {each.currency: each for each in rates}


def get_rate(rates: dict[str, Rate], currency: str) -> Rate:
    """Return the rate of a currency.

    Raises:
        CurrencyWithoutRate: there is none, or it is too old.
    """
    rate = rates.get(currency)
    if rate is None:
        raise CurrencyWithoutRate(currency=currency[:3], days=MAX_RATE_AGE_DAYS)
    return rate


class RateRow(Struct, frozen=True):
    """A row of the file with its reader, for faults found later."""

    cells: CellReader
    rate: Rate


def _read(cells: CellReader, today: date) -> Rate | None:
    currency, day = cells.code("currency"), cells.past_day("day", today, required=True)
    units, source = cells.choice("units", _UNITS), clean_text(cells.text("source", max_length=_MAX_SOURCE_LENGTH))
    if currency and (not _CURRENCY.fullmatch(currency) or currency == "CNY"):
        cells.fault("currency", "应是三个大写字母的币种代码，例如 USD；人民币不用写")
    if len(source) == 1:
        cells.fault("source", "至少 2 个字")
    written = _YUAN.fullmatch(normalize_code(cells.raw("yuan")))
    if written is None:
        cells.fault("yuan", "应是最多四位小数的数，例如 7.0779")
        return None
    # 100 fen a yuan and four decimals: exact for 1 and for 100 units.
    yuan_e4 = int(written[1]) * 10_000 + int((written[2] or "").ljust(4, "0"))
    if yuan_e4 == 0:
        cells.fault("yuan", "应大于 0")
    if not cells.valid or day is None or units is None:
        return None
    return Rate(currency=currency, day=day, fen_per_10000=yuan_e4 * 100 // units, source=source)


def _moved_too_far(rate: Rate, last: Rate | None) -> bool:
    if last is None or rate.day - last.day > _YEAR:
        return False
    return abs(rate.fen_per_10000 - last.fen_per_10000) * 100 > last.fen_per_10000 * MAX_MOVE_PERCENT


async def _prepare(
    conn: Connection, _importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    rows: list[RateRow] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        rate = _read(cells, file.today)
        if rate is not None:
            rows.append(RateRow(cells, rate))
    seen: Counter[tuple[str, date]] = Counter()
    earliest = min((each.rate.day for each in rows), default=file.today)
    currencies = sorted({each.rate.currency for each in rows})
    stored = await LIST_RATES_BEFORE.all(conn, currencies=currencies, from_day=earliest - _YEAR)
    known = {(each.currency, each.day): each for each in stored}
    after = known | {(each.rate.currency, each.rate.day): each.rate for each in rows}
    for each in rows:
        rate = each.rate
        seen[rate.currency, rate.day] += 1
        if seen[rate.currency, rate.day] > 1:
            each.cells.fault("day", "这个币种的这一天前面写过了")
            continue
        before = [other for other in after.values() if other.currency == rate.currency and other.day < rate.day]
        last = max(before, key=lambda other: other.day, default=None)
        if _moved_too_far(rate, last):
            each.cells.fault("yuan", f"比上一次差了两成以上，请核对外币数和小数点；上一次是 {last.day if last else ''}")
    rates = [each.rate for each in rows]
    changed = [each for each in rates if each != known.get((each.currency, each.day))]
    new = sum((each.currency, each.day) not in known for each in changed)

    async def store() -> None:
        await SAVE_RATES.run(conn, rows=to_builtins(changed))

    return FilePlan({"new": new, "changed": len(changed) - new, "same": len(rates) - len(changed)}, store)


RATES = FileKind(
    name="rates",
    name_zh="汇率",
    summary="Rates to show prices in other currencies, for information: 币种, 日期, 外币数, 合人民币元, 来源.",
    hint_zh="只用来把价钱折算给人看；订单都按人民币",
    columns=COLUMNS,
    roles=frozenset(),
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
    national=True,
)
