"""The spreadsheet of a producer's products: its columns, how a row is read, and what a producer sells as rows."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.goods_terms import STORAGE_NAMES, GoodsTerms, Storage
from market.catalogue.listings.models import MAX_QUANTITY
from market.catalogue.listings.publish import NewProduct
from market.kernel import Connection, Fen, Query
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import FORMULA_STARTS, CellFaults, Column, Spreadsheet, SpreadsheetRow
from market.kernel.sheets.write_spreadsheet import FileFormat, write_csv, write_xlsx
from market.kernel.text import normalize_text
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.places.divisions.regions import REGIONS
from payments.money import format_yuan, parse_yuan

COLUMNS = (
    Column("title", "名字", example="阜平大枣礼箱", meaning="买的人看的名字，2 到 60 个字，不和在卖的重名"),
    Column("category", "类别", example="水果", meaning="卖东西的页上有的类别"),
    Column("unit", "装法", example="5斤箱", meaning="比如 5斤箱、30枚箱、500g袋、斤"),
    Column("price", "价钱", example="45.00", meaning="元，一份的价钱"),
    Column("quantity", "有几份", example="20", meaning="现在能卖几份，没有写 0"),
    Column("story", "介绍", optional=True, example="树上晒干的", meaning="最多 2000 个字"),
    Column("storage", "怎么存", optional=True, example="常温", meaning="常温、冷藏、冷冻；空着算常温"),
    Column("shelf_days", "能放几天", optional=True, example="90", meaning="从发出那天算；不知道就空着"),
    Column("no_ship", "不发的省", optional=True, example="西藏自治区、新疆维吾尔自治区", meaning="省名，用顿号隔开"),
    Column("photo", "照片", optional=True, example="大枣.jpg", meaning="压缩包里那张照片的文件名；没有就空着"),
)
CELLS_BY_FIELD = {
    "price_fen": "price",
    "goods.shelf_days": "shelf_days",
    "goods.no_ship": "no_ship",
    "goods.storage": "storage",
}
"""The column by the field that a refusal names, if they differ."""
_STORAGE_BY_NAME = {name: storage for storage, name in STORAGE_NAMES.items()}
_REGION_BY_NAME = {region.name: region.code for region in REGIONS}
_NAME_BY_REGION = {region.code: region.name for region in REGIONS}
_MAX_DIGITS = 7
MAX_EXPORTED = 500
_SHEET_TITLE = "货品"


class _SoldProduct(Struct, frozen=True):
    title: str
    category: str
    unit: str
    price_fen: Fen
    quantity: int
    story: str
    storage: Storage
    shelf_days: int | None
    no_ship: list[str]


LIST_SOLD_PRODUCTS = Query(
    _SoldProduct,
    """
    SELECT l.title, c.name AS category, v.unit, v.price_fen,
           coalesce(o.available_units / v.lot_units_per_item, 0) AS quantity, l.story, l.storage,
           l.shelf_days, l.no_ship
      FROM listings l
      JOIN categories c ON c.code = l.category_code
      JOIN variants v ON v.listing_id = l.id AND v.position = 0
      LEFT JOIN lots o ON o.id = v.lot_id
     WHERE l.producer_id = :producer_id AND l.kind = 'product' AND l.state = 'live'
     ORDER BY l.number
     LIMIT :limit
    """,
)


class ListingRowReader:
    """Reads one row as a product; a cell that cannot be read adds a fault."""

    def __init__(self, sheet: Spreadsheet, row: SpreadsheetRow, faults: CellFaults) -> None:
        self._sheet = sheet
        self._row = row
        self._faults = faults
        self.valid = True

    def fault(self, name: str, message: str) -> None:
        """Add a fault of a cell; the message says what is expected."""
        self.valid = False
        header = self._sheet.headers.get(name, name)
        self._faults.append(CellFault(name, message, self._row.number, header, self._get_text(name)))

    def read(self, producer_id: UUID, categories: Mapping[str, str]) -> NewProduct:
        """Return the product of the row; `categories` are the codes by name."""
        category = categories.get(self._get_text("category"), "")
        if not category:
            self.fault("category", f"应是 {'、'.join(categories)} 之一")
        price = parse_yuan(normalize_text(self._get_text("price")))
        if price is None:
            self.fault("price", "应是金额，例如 45.00")
        storage = _STORAGE_BY_NAME.get(self._get_text("storage") or STORAGE_NAMES[Storage.AMBIENT])
        if storage is None:
            self.fault("storage", f"应是 {'、'.join(_STORAGE_BY_NAME)} 之一")
        days = self._read_count("shelf_days") if self._get_text("shelf_days") else None
        return NewProduct(
            title=self._get_text("title"),
            story=self._get_text("story"),
            category=category,
            unit=self._get_text("unit"),
            price_fen=price or 0,
            quantity=self._read_count("quantity"),
            producer_id=producer_id,
            goods=GoodsTerms(storage=storage or Storage.AMBIENT, shelf_days=days, no_ship=tuple(self._read_regions())),
        )

    @property
    def photo_name(self) -> str:
        """The written name of the photo's file; empty if there is none."""
        return self._get_text("photo")

    def _get_text(self, name: str) -> str:
        """Return the text of a cell, without the apostrophe before the sign of a formula."""
        written = self._row.cells.get(name, "").strip()
        return written[1:] if written[:1] == "'" and written[1:].startswith(FORMULA_STARTS) else written

    def _read_count(self, name: str) -> int:
        text = normalize_text(self._get_text(name))
        if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) <= MAX_QUANTITY):
            self.fault(name, "应是整数，例如 20")
            return 0
        return int(text)

    def _read_regions(self) -> list[str]:
        codes: list[str] = []
        for name in self._get_text("no_ship").replace("，", "、").replace(",", "、").split("、"):
            if name.strip() and name.strip() not in _REGION_BY_NAME:
                self.fault("no_ship", f"没有“{name.strip()}”这个省，写全名，比如 西藏自治区")
            elif name.strip():
                codes.append(_REGION_BY_NAME[name.strip()])
        return codes


async def list_listing_rows(conn: Connection, actor: Actor, producer_id: UUID) -> list[dict[str, str]]:
    """Return the products on sale of a producer of the actor as rows of `COLUMNS`, at most 500.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return [
        {
            "title": each.title,
            "category": each.category,
            "unit": each.unit,
            "price": format_yuan(each.price_fen),
            "quantity": str(each.quantity),
            "story": each.story,
            "storage": STORAGE_NAMES[each.storage],
            "shelf_days": "" if each.shelf_days is None else str(each.shelf_days),
            "no_ship": "、".join(_NAME_BY_REGION[code] for code in each.no_ship),
            "photo": "",
        }
        for each in await LIST_SOLD_PRODUCTS.all(conn, producer_id=producer_id, limit=MAX_EXPORTED)
    ]


def write_listing_file(rows: list[dict[str, str]], format: FileFormat) -> bytes:  # noqa: A002 - as in its URL
    """Return rows of products as a file."""
    return write_csv(COLUMNS, rows) if format is FileFormat.CSV else write_xlsx(_SHEET_TITLE, COLUMNS, rows)


def make_template_rows() -> list[dict[str, str]]:
    """Return the example row of the template, which can be imported without an archive of photos."""
    return [{column.name: column.example for column in COLUMNS} | {"photo": ""}]
