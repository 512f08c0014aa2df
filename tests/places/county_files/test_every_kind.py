"""Every kind of file: its template is importable, a bad cell is named, a dry run writes nothing, twice is once."""

import csv
import io
from datetime import datetime

import pytest
from msgspec import Struct

from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.kernel.database import set_scope
from market.kernel.sheets.models import CellFault, FileMalformed
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, Role
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile, FileOutcome, FileResult
from market.places.county_files.run_file_import import import_county_file
from market.places.county_files.templates import write_file_template
from market.places.organisations.models import OrganisationKind
from market.villages.areas import COUNTY_FILE_KINDS
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.sales.procurement.canteen import CODES

HERE = "130624"


class Bad(Struct, frozen=True):
    """A value that a column of a kind's template refuses."""

    column: str
    value: str


BAD = {
    "villages": Bad("村名", "别的村"),
    "organisations": Bad("统一社会信用代码", "91130624MA0XAMPL0B"),
    "coverage": Bad("运营商", "铁通"),
    "courses": Bad("名额", "0"),
    "funds": Bad("类别", "别的"),
    "purchases": Bad("数量", "0"),
    "channels": Bad("频道", "上海"),
    "rates": Bad("合人民币元", "7,08"),
    "pairings": Bad("承诺类别", "别的"),
    "yields": Bad("每亩最多kg", "0"),
    "holidays": Bad("安排", "半天"),
    "listed_counties": Bad("名单", "市"),
}
DAY = datetime(2030, 1, 3, 9, tzinfo=SHANGHAI)
EARLIER = {"pairings": datetime(2029, 12, 20, 9, tzinfo=SHANGHAI), "yields": datetime(2029, 12, 20, 9, tzinfo=SHANGHAI)}
"""When the example is of days to come."""


async def test_every_kind_tries_names_and_takes_its_template_once(conn: Connection) -> None:
    assert set(BAD) == set(COUNTY_FILE_KINDS)
    platform = await make_official_actor(conn, Role.PLATFORM, "13")
    county = await make_official_actor(conn, Role.COUNTY, HERE)
    await set_scope(conn, HERE)
    for kind, name, code in (
        (OrganisationKind.PUBLIC_UNIT, "某某小学", CODES[0]),
        (OrganisationKind.COMPANY, "某某食用菌公司", "91130624MA0XAMPL0Q"),
    ):
        await conn.execute(
            "INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at, verified_by,"
            " verified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $6)",
            kind, name, code, HERE, county.account_id, NOW, platform.account_id,
        )  # fmt: skip
    for name in COUNTY_FILE_KINDS:
        point = conn.transaction()
        await point.start()
        await _walk_kind(conn, name, platform if COUNTY_FILE_KINDS[name].national else county)
        await point.rollback()


async def _walk_kind(conn: Connection, name: str, importer: Actor) -> None:
    header, example = _read_template(name)
    bad = [
        BAD[name].value if column == BAD[name].column else cell for column, cell in zip(header, example, strict=True)
    ]
    before = await _count_writes(conn)
    with pytest.raises(FileMalformed) as refused:
        await _take(conn, name, importer, [header, example, bad])
    faults = [(each.row, each.column) for each in refused.value.errors if isinstance(each, CellFault)]
    assert (3, BAD[name].column) in faults, (name, faults)
    assert {row for row, _ in faults} == {3}, (name, faults)
    tried = await _take(conn, name, importer, [header, example], dry_run=True)
    assert (tried.outcome, tried.rows, set(tried.counts)) == (
        FileOutcome.TRIED, 1, set(COUNTY_FILE_KINDS[name].counts),
    ), name  # fmt: skip
    assert await _count_writes(conn) == before, name
    taken = await _take(conn, name, importer, [header, example])
    assert (taken.outcome, taken.counts) == (FileOutcome.STORED, tried.counts), name
    after = await _count_writes(conn)
    assert after > before, name
    again = await _take(conn, name, importer, [header, example])
    assert (again.outcome, again.counts) == (FileOutcome.NO_OP, {}), name
    assert await _count_writes(conn) == after, name


def _read_template(name: str) -> tuple[list[str], list[str]]:
    text = write_file_template(COUNTY_FILE_KINDS[name], FileFormat.CSV).decode("utf-8-sig")
    header, example = csv.reader(io.StringIO(text))
    return header, example


async def _take(
    conn: Connection, name: str, importer: Actor, rows: list[list[str]], *, dry_run: bool = False
) -> FileResult:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    kind = COUNTY_FILE_KINDS[name]
    county = WHOLE_COUNTRY if kind.national else HERE
    file = CountyFile(
        county=county, name="样例.csv", content=text.getvalue().encode(), dry_run=dry_run, now=EARLIER.get(name, DAY)
    )
    await set_scope(conn, county)
    return await import_county_file(conn, importer, kind, file)


async def _count_writes(conn: Connection) -> int:
    """Return how many rows this transaction wrote, those of savepoints that were rolled back too."""
    return await conn.fetchval(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables"
    )  # fmt: skip
