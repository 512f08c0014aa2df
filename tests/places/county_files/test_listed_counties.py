"""Which counties are on a list comes by file and by year, and decides what counts for public units."""

from datetime import date

import asyncpg
import pytest

from market.kernel import Connection
from market.kernel.database import set_scope
from market.kernel.sheets.models import CellFault, FileMalformed
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, NotAllowed, Role
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile, FileKind, FileOutcome, FileResult
from market.places.county_files.run_file_import import import_county_file
from market.places.county_files.templates import write_file_template
from market.places.divisions.queries import list_listed_counties
from market.places.organisations.models import OrganisationKind
from market.villages.areas import COUNTY_FILE_KINDS
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.sales.procurement.canteen import CODES

HEADER = "县代码,名单,起始年度,终止年度,来源"
PURCHASES = "订单号,行号,采购单位,供应商,产地县,商品,数量,金额,验收日期,付款日期,预算年度"
KIND = COUNTY_FILE_KINDS["listed_counties"]
HERE, UNLISTED = "130624", "130102"


async def take(conn: Connection, actor: Actor, *rows: str, dry_run: bool = False) -> FileResult:
    return await _import(conn, actor, KIND, [HEADER, *rows], county=WHOLE_COUNTRY, dry_run=dry_run)


async def _import(
    conn: Connection, actor: Actor, kind: FileKind, lines: list[str], *, county: str, dry_run: bool = False
) -> FileResult:
    file = CountyFile(county=county, name="样例.csv", content="\n".join(lines).encode(), dry_run=dry_run, now=NOW)
    await set_scope(conn, county)
    async with conn.transaction():
        return await import_county_file(conn, actor, kind, file)


async def _list_faults(conn: Connection, actor: Actor, *rows: str) -> list[tuple[int, str]]:
    with pytest.raises(FileMalformed) as refused:
        await take(conn, actor, *rows)
    return [(each.row, each.column) for each in refused.value.errors if isinstance(each, CellFault)]


async def list_codes(conn: Connection, day: date) -> set[str]:
    return {each.county_code for each in await list_listed_counties(conn, day=day)}


async def test_a_list_comes_by_file_and_names_its_bad_cells(conn: Connection) -> None:
    platform = await make_official_actor(conn, Role.PLATFORM, "13")
    county = await make_official_actor(conn, Role.COUNTY, HERE)
    before = await list_codes(conn, date(2021, 6, 1))
    rows = (f"{UNLISTED},省,2021,2023,样例〔2021〕1号", f"{HERE},国家,2012,,样例〔2012〕1号")
    with pytest.raises(NotAllowed):
        await take(conn, county, *rows)
    tried = await take(conn, platform, *rows, dry_run=True)
    assert (tried.outcome, tried.counts) == (FileOutcome.TRIED, {"new": 1, "changed": 1, "same": 0})
    assert await list_codes(conn, date(2021, 6, 1)) == before
    assert (await take(conn, platform, *rows)).outcome is FileOutcome.STORED
    assert (await take(conn, platform, *rows)).outcome is FileOutcome.NO_OP
    for day, listed in ((date(2020, 12, 31), False), (date(2021, 1, 1), True), (date(2023, 12, 31), True)):
        assert (UNLISTED in await list_codes(conn, day)) is listed, day
    assert UNLISTED not in await list_codes(conn, date(2024, 1, 1))
    # A known county, list and first year is the same period, which may end.
    assert (await take(conn, platform, rows[0], f"{HERE},国家,2012,2022,样例〔2012〕1号")).counts == {
        "new": 0, "changed": 1, "same": 1,
    }  # fmt: skip
    assert HERE not in await list_codes(conn, date(2023, 1, 1))
    faults = await _list_faults(
        conn, platform,
        "139999,国家,2021,,未核实", f"{UNLISTED},县,2021,,未核实", f"{UNLISTED},省,2022,,未核实",
        f"{UNLISTED},国家,2022,2021,无", f"{UNLISTED},国家,去年,,",
    )  # fmt: skip
    assert sorted(faults) == [
        (2, "县代码"), (3, "名单"), (4, "起始年度"), (5, "来源"), (5, "终止年度"), (6, "来源"), (6, "起始年度"),
    ]  # fmt: skip
    assert await _list_faults(conn, platform, f"{UNLISTED},国家,2027,,未核实", f"{UNLISTED},国家,2028,,未核实") == [
        (2, "起始年度"), (3, "起始年度"),
    ]  # fmt: skip
    template = write_file_template(KIND, FileFormat.CSV).decode("utf-8-sig").splitlines()
    assert (await take(conn, platform, *template[1:], dry_run=True)).rows == 1


async def test_a_county_stays_on_a_list_while_a_purchase_counts_by_it(conn: Connection) -> None:
    platform = await make_official_actor(conn, Role.PLATFORM, "13")
    county = await make_official_actor(conn, Role.COUNTY, HERE)
    await conn.execute(
        """
        INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,
                                   verified_at)
        VALUES ($1, '样例小学', $2, $3, $4, $5, $6, $5)
        """,
        OrganisationKind.PUBLIC_UNIT, CODES[0], HERE, county.account_id, NOW, platform.account_id,
    )  # fmt: skip
    kind = COUNTY_FILE_KINDS["purchases"]
    lines = [
        PURCHASES,
        "83220190001,1,样例小学,样例商行,130102,挂面,1,10.00,2019-09-10,2019-09-10,2019",
        "83220190001,2,样例小学,样例合作社,阜平县,鸡蛋,1,9.00,2019-09-10,,2019",
        "83220190001,3,样例小学,样例合作社,阜平县,小米,1,8.00,2019-09-10,2019-09-10,2019",
    ]
    tried = await _import(conn, county, kind, lines, county=HERE, dry_run=True)
    assert [(each.row, each.column, each.value) for each in tried.notes] == [
        (2, "产地县", "130102"),
        (3, "付款日期", ""),
    ]
    assert (tried.counts["counted"], tried.counts["uncounted"]) == (1, 2)
    # On the list of that year, the first row counts too.
    await take(conn, platform, f"{UNLISTED},省,2019,2019,样例〔2019〕1号")
    taken = await _import(conn, county, kind, lines, county=HERE)
    assert (taken.counts["counted"], [each.row for each in taken.notes]) == (2, [3])
    assert await _list_faults(conn, platform, f"{HERE},国家,2012,2018,样例〔2012〕1号") == [(2, "终止年度")]
    await set_scope(conn, HERE)
    assert await conn.fetchval("SELECT count(*) FROM quota_entries WHERE kind = 'spent'") == 2
    with pytest.raises(asyncpg.CheckViolationError, match="listed_counties_basis_length"):
        await conn.execute("UPDATE listed_counties SET basis = ''")
