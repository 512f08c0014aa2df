"""Products from a spreadsheet: all rows or none, faults by row and column, the same file once."""

import pytest

from market.catalogue.listings.import_listings import (
    MAX_IMPORTED_ROWS,
    ImportedListings,
    import_listings,
    read_listing_file,
)
from market.catalogue.listings.listing_sheet import COLUMNS, list_listing_rows, make_template_rows, write_listing_file
from market.kernel import Connection
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, NotFound
from tests.conftest import NOW
from tests.support.make import load_owner, make_certificate, make_producer, make_product

GOOD = {
    "title": "阜平核桃", "category": "干果", "unit": "500g袋", "price": "32.00", "quantity": "20", "story": "=山里的",
    "storage": "冷藏", "shelf_days": "90", "no_ship": "西藏自治区、海南省",
}  # fmt: skip
PLAIN = {"title": "阜平大枣", "category": "水果", "unit": "5斤箱", "price": "１,045.5", "quantity": "0"}


async def run(
    conn: Connection, seller: Actor, rows: list[dict[str, str]], kind: FileFormat = FileFormat.XLSX, *,
    dry_run: bool = False,
) -> ImportedListings:  # fmt: skip
    file = read_listing_file("货品.xlsx", write_listing_file(rows, kind))
    return await import_listings(conn, seller, seller.producers[0], file, dry_run=dry_run, now=NOW)


async def count_written(conn: Connection) -> list[int]:
    tables = ("listings", "variants", "lots", "listing_files", "audit_entries")
    return [await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def make_seller(conn: Connection) -> Actor:
    return await load_owner(conn, await make_producer(conn))


async def get_nut(conn: Connection) -> str:
    return await conn.fetchval("SELECT name FROM categories WHERE code = 'nut'")


@pytest.mark.parametrize("kind", list(FileFormat))
async def test_every_row_becomes_a_product_and_the_export_reads_back_the_same(
    conn: Connection, kind: FileFormat
) -> None:
    seller = await make_seller(conn)
    rows = [GOOD | {"category": await get_nut(conn)}, PLAIN]
    done = await run(conn, seller, rows, kind)
    assert (done.rows, done.dry_run, done.repeated, len(done.numbers)) == (2, False, False, 2)
    exported = await list_listing_rows(conn, seller, seller.producers[0])
    assert exported == [
        rows[0] | {"no_ship": "海南省、西藏自治区", "photo": ""},
        PLAIN | {"price": "1045.50", "story": "", "storage": "常温", "shelf_days": "", "no_ship": "", "photo": ""},
    ]


async def test_a_dry_run_finds_what_the_import_would_and_stores_nothing(conn: Connection) -> None:
    seller = await make_seller(conn)
    before = await count_written(conn)
    tried = await run(conn, seller, [PLAIN], dry_run=True)
    assert (tried.rows, tried.numbers, await count_written(conn)) == (1, [], before)
    assert len((await run(conn, seller, [PLAIN])).numbers) == 1


async def test_the_same_file_again_changes_nothing(conn: Connection) -> None:
    seller = await make_seller(conn)
    first = await run(conn, seller, [PLAIN], FileFormat.CSV)
    written = await count_written(conn)
    again = await run(conn, seller, [PLAIN], FileFormat.CSV)
    assert (again.repeated, again.numbers, await count_written(conn)) == (True, first.numbers, written)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_wrong_cell_is_named_by_row_and_column_and_no_row_is_taken(conn: Connection, dry_run: bool) -> None:
    seller = await make_seller(conn)
    await make_product(conn, seller.producers[0], title="在卖的枣")
    before = await count_written(conn)
    wrong = [
        PLAIN,
        PLAIN | {"title": "枣", "category": "石头", "unit": "0斤箱", "price": "四十", "quantity": "-1"},
        PLAIN | {"title": "再枣", "unit": "0斤箱", "price": "0"},
        PLAIN | {"title": "在卖的枣"},
        PLAIN,
        PLAIN | {"title": "冷枣", "storage": "温", "shelf_days": "很久", "no_ship": "西藏"},
        PLAIN | {"title": "降血糖的枣"},
        PLAIN | {"title": "枣糕", "category": await conn.fetchval(
            "SELECT name FROM categories WHERE code = 'processed'")},
    ]  # fmt: skip
    with pytest.raises(FileMalformed) as refused:
        await run(conn, seller, wrong, dry_run=dry_run)
    found = [(fault.row, fault.column) for fault in refused.value.errors if isinstance(fault, CellFault)]
    assert found == [
        (3, "类别"), (3, "价钱"), (3, "有几份"), (4, "价钱"), (4, "装法"), (5, "名字"), (6, "名字"), (7, "怎么存"),
        (7, "能放几天"), (7, "不发的省"), (8, "名字"), (9, "类别"),
    ]  # fmt: skip
    assert await count_written(conn) == before


async def test_the_template_can_be_imported_as_it_is(conn: Connection) -> None:
    seller = await make_seller(conn)
    assert len((await run(conn, seller, make_template_rows())).numbers) == 1
    assert all(column.example and column.meaning for column in COLUMNS)


async def test_a_certificate_that_is_there_lets_its_category_in(conn: Connection) -> None:
    seller = await make_seller(conn)
    await make_certificate(conn, seller.producers[0], "food_licence")
    name = await conn.fetchval("SELECT name FROM categories WHERE code = 'processed'")
    assert len((await run(conn, seller, [PLAIN | {"category": name}])).numbers) == 1


async def test_a_file_has_at_most_200_rows_and_is_one_of_the_own_producer(conn: Connection) -> None:
    seller, stranger = await make_seller(conn), await make_seller(conn)
    for rows in ([], [PLAIN] * (MAX_IMPORTED_ROWS + 1)):
        with pytest.raises(FileUnreadable):
            read_listing_file("货品.csv", write_listing_file(rows, FileFormat.CSV))
    file = read_listing_file("货品.csv", write_listing_file([PLAIN], FileFormat.CSV))
    with pytest.raises(NotFound):
        await import_listings(conn, stranger, seller.producers[0], file, dry_run=True, now=NOW)
    with pytest.raises(NotFound):
        await list_listing_rows(conn, stranger, seller.producers[0])
