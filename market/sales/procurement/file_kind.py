"""832 平台的采购记录 by file: what the county's public units bought there, by the platform's own number and line."""

from collections import Counter
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from msgspec import Struct, structs

from market.kernel import Connection, Fen, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.structs import build_from
from market.kernel.text import normalize_text
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.sales.procurement.quotas import FIRST_YEAR

COLUMNS = (
    Column("order_number", "订单号", example="832201909200001", meaning="832 平台的订单号"),
    Column("line_number", "行号", example="1", meaning="一单里的第几行"),
    Column("unit", "采购单位", example="某某小学", meaning="和核过的单位名称一致"),
    Column("supplier", "供应商", example="某某合作社", meaning="平台上的名称"),
    Column("origin", "产地县", example="阜平县", meaning="县名，或者 6 位代码；重名的写代码"),
    Column("product", "商品", example="小米 2.5 公斤", meaning="平台上的名称"),
    Column("quantity", "数量", example="20", meaning="最多三位小数"),
    Column("amount", "金额", example="600.00", meaning="元，两位小数"),
    Column("accepted_on", "验收日期", example="2019-09-23", meaning="验收了的才导入"),
    Column("paid_on", "付款日期", example="2019-09-25", may_be_empty=True, meaning="没付的空着，不计入"),
    Column("year", "预算年度", example="2019", meaning="算哪一年的份额"),
)
_MAX_ORDER_LENGTH, _MAX_NAME_LENGTH, _MAX_PRODUCT_LENGTH, _MAX_LINE = 40, 60, 100, 9999
_MIN_ORDER_LENGTH, _CODE_LENGTH = 4, 6
_DECIMALS, _QUANTITY_LIMIT = -3, 10**9


class PurchaseRow(Struct, frozen=True, kw_only=True):
    """A row of the file; `origin` is the county as written."""

    order_number: str
    line_number: int
    unit: str
    supplier: str
    origin: str
    product: str
    quantity: Decimal
    fen: Fen
    accepted_on: date
    paid_on: date | None
    year: int


class StoredPurchase(Struct, frozen=True, kw_only=True):
    """A purchase as stored; `list` is None if the county was on no list on the day of acceptance."""

    order_number: str
    line_number: int
    organisation_id: UUID
    supplier: str
    origin_county: str
    product: str
    quantity: Decimal
    fen: Fen
    accepted_on: date
    paid_on: date | None
    year: int
    list: str | None


class _Unit(Struct, frozen=True):
    id: UUID
    name: str


class _Origin(Struct, frozen=True):
    written: str
    codes: list[str]


class _Listed(Struct, frozen=True):
    county: str
    day: date
    list: str


LIST_UNITS = Query(
    _Unit,
    """
    SELECT id, name FROM organisations
     WHERE kind = 'public_unit' AND verified_at IS NOT NULL AND county_code = :county AND name = ANY(:names::text[])
    """,
)
LIST_ORIGINS = Query(
    _Origin,
    """
    SELECT written, coalesce(array_agg(DISTINCT d.county_code) FILTER (WHERE d.code IS NOT NULL), '{}') AS codes
      FROM unnest(:written::text[]) AS written
      LEFT JOIN divisions d ON d.level = 3 AND (d.name = written OR d.county_code = written)
     GROUP BY written
    """,
)
LIST_LISTED = Query(
    _Listed,
    """
    SELECT DISTINCT ON (county, day) county, day, list
      FROM unnest(:counties::text[], :days::date[]) AS part (county, day)
      JOIN listed_counties l ON l.county_code = county AND l.valid_during @> day
     ORDER BY county, day, list
    """,
)
LIST_KNOWN = Query(
    StoredPurchase,
    """
    SELECT p.order_number, p.line_number, organisation_id, supplier, origin_county, product, quantity, fen, accepted_on,
           paid_on, year, list
      FROM unnest(:orders::text[], :lines::integer[]) AS part (order_number, line_number)
      JOIN platform_purchases p USING (order_number, line_number)
    """,
)
SAVE_PURCHASE = Query(
    None,
    """
    INSERT INTO platform_purchases (order_number, line_number, organisation_id, supplier, origin_county, product,
                                    quantity, fen, accepted_on, paid_on, year, list)
    VALUES (:order_number, :line_number, :organisation_id, :supplier, :origin_county, :product, :quantity, :fen,
            :accepted_on, :paid_on, :year, :list)
    ON CONFLICT ON CONSTRAINT platform_purchases_pkey DO UPDATE
       SET supplier = excluded.supplier, origin_county = excluded.origin_county, product = excluded.product,
           quantity = excluded.quantity, fen = excluded.fen, accepted_on = excluded.accepted_on,
           paid_on = excluded.paid_on, year = excluded.year, list = excluded.list
    """,
)
POST_PURCHASE = Query(
    None,
    """
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_number, line_number, at)
    SELECT organisation_id, year, list, 'spent', fen, order_number, line_number, :now
      FROM platform_purchases
     WHERE order_number = :order_number AND line_number = :line_number AND paid_on IS NOT NULL AND list IS NOT NULL
    """,
)


def _read_quantity(cells: CellReader) -> Decimal | None:
    try:
        quantity = Decimal(normalize_text(cells.raw("quantity")))
    except InvalidOperation:
        quantity = Decimal(0)
    exponent = quantity.as_tuple().exponent
    in_range = quantity.is_finite() and 0 < quantity < _QUANTITY_LIMIT
    if not in_range or not isinstance(exponent, int) or exponent < _DECIMALS:
        cells.fault("quantity", "数量要大于零、小于十亿，最多三位小数")
        return None
    return quantity


def _read(cells: CellReader, file: CountyFile, seen: Counter[tuple[str, int]]) -> PurchaseRow | None:
    number = cells.code("order_number", max_length=_MAX_ORDER_LENGTH)
    if number and len(number) < _MIN_ORDER_LENGTH:
        cells.fault("order_number", f"至少 {_MIN_ORDER_LENGTH} 个字符")
    line = cells.integer("line_number", low=1, high=_MAX_LINE)
    unit = cells.text("unit", max_length=_MAX_NAME_LENGTH)
    supplier = cells.text("supplier", max_length=_MAX_NAME_LENGTH)
    origin, product = cells.code("origin"), cells.text("product", max_length=_MAX_PRODUCT_LENGTH)
    quantity, fen = _read_quantity(cells), cells.fen("amount")
    if fen is not None and fen <= 0:
        cells.fault("amount", "金额要大于零")
    accepted = cells.past_day("accepted_on", file.today, required=True)
    paid = cells.past_day("paid_on", file.today)
    if accepted is not None and paid is not None and paid < accepted:
        cells.fault("paid_on", f"验收是 {accepted}，付款不能早于它")
    year = cells.integer("year", low=FIRST_YEAR, high=file.today.year + 1)
    if line is not None and number:
        seen[number, line] += 1
        if seen[number, line] > 1:
            cells.fault("line_number", "这一单的这一行前面写过了")
    if not cells.valid or line is None or fen is None or accepted is None or year is None or quantity is None:
        return None
    return PurchaseRow(
        order_number=number, line_number=line, unit=unit, supplier=supplier, origin=origin, product=product,
        quantity=quantity, fen=fen, accepted_on=accepted, paid_on=paid, year=year,
    )  # fmt: skip


async def _resolve(
    conn: Connection, file: CountyFile, rows: list[tuple[CellReader, PurchaseRow]]
) -> list[tuple[CellReader, StoredPurchase]]:
    """Find the unit and the county of each row, and the list that the county was on when it was accepted."""
    names = sorted({row.unit for _, row in rows})
    units = {each.name: each.id for each in await LIST_UNITS.all(conn, county=file.county, names=names)}
    written = sorted({row.origin for _, row in rows})
    origins = {each.written: each.codes for each in await LIST_ORIGINS.all(conn, written=written)}
    found: list[tuple[CellReader, StoredPurchase]] = []
    for cells, row in rows:
        codes = origins[row.origin]
        if row.unit not in units:
            cells.fault("unit", "本县没有核过这个名称的公家单位")
        if not codes:
            cells.fault("origin", "没有这个县，写县名或者 6 位代码")
        elif len(codes) > 1:
            cells.fault("origin", f"重名的县，写 6 位代码，是 {'、'.join(codes)} 之一")
        if cells.valid:
            stored = build_from(StoredPurchase, row, organisation_id=units[row.unit], origin_county=codes[0], list=None)
            found.append((cells, stored))
    listed = {
        (each.county, each.day): each.list
        for each in await LIST_LISTED.all(
            conn, counties=[row.origin_county for _, row in found], days=[row.accepted_on for _, row in found]
        )
    }
    return [
        (cells, structs.replace(row, list=listed.get((row.origin_county, row.accepted_on)))) for cells, row in found
    ]


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    del importer
    seen: Counter[tuple[str, int]] = Counter()
    read: list[tuple[CellReader, PurchaseRow]] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, file, seen)
        if row is not None:
            read.append((cells, row))
    rows = await _resolve(conn, file, read)
    known = {
        (each.order_number, each.line_number): each
        for each in await LIST_KNOWN.all(
            conn, orders=[row.order_number for _, row in rows], lines=[row.line_number for _, row in rows]
        )
    }
    changed: list[StoredPurchase] = []
    notes: list[CellFault] = []
    for cells, row in rows:
        if row.list is None:
            notes.append(cells.name_cell("origin", f"{row.accepted_on} 不在国家或省的名单上，不计入份额"))
        elif row.paid_on is None:
            notes.append(cells.name_cell("paid_on", "没有付款日期，付了再导入才计入份额"))
        before = known.get((row.order_number, row.line_number))
        if before is None:
            changed.append(row)
        elif before != row:
            if before.organisation_id != row.organisation_id:
                cells.fault("unit", "这一单这一行是另一个单位的")
            elif before.paid_on is not None and before.list is not None:
                cells.fault("order_number", "这一单这一行已经计入份额，不能再改")
            else:
                changed.append(row)

    async def store() -> None:
        for row in changed:
            await SAVE_PURCHASE.run(conn, **structs.asdict(row))
            await POST_PURCHASE.run(conn, order_number=row.order_number, line_number=row.line_number, now=file.now)

    new = sum((row.order_number, row.line_number) not in known for row in changed)
    counted = sum(row.paid_on is not None and row.list is not None for row in changed)
    counts = {
        "new": new, "changed": len(changed) - new, "same": len(rows) - len(changed), "counted": counted,
        "uncounted": len(notes),
    }  # fmt: skip
    return FilePlan(counts, store, notes)


PURCHASES = FileKind(
    name="purchases",
    name_zh="832 采购记录",
    summary="Purchases on the 832 platform: " + ", ".join(each.zh for each in COLUMNS) + ".",
    hint_zh="本县公家单位在 832 平台买的，一行一样；付了款、产地在名单上的才计入",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={
        "new": "新的",
        "changed": "变了的",
        "same": "和现在一样的",
        "counted": "这次计入的",
        "uncounted": "不计入的",
    },
    prepare=_prepare,
)
