"""Villages that are new, end and are merged come by file; an ended code is refused where a village is entered."""

from collections.abc import Sequence
from datetime import date

import asyncpg
import pytest
from msgspec.structs import replace

from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.models import BadApplication
from market.kernel import Connection
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, NotAllowed, Role
from market.places.counties.contacts import BadContact, NewContact, add_contact
from market.places.county_files.models import CountyFile, FileOutcome, FileResult
from market.places.county_files.run_file_import import import_county_file, list_county_files
from market.places.county_files.templates import write_file_template
from market.places.county_files.villages import make_village_kind
from market.places.divisions.village_periods import find_village_fault, list_changed_villages
from market.subsidies.intake.models import LeadInvalid
from market.subsidies.intake.report import apply_for_household
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.coverage.register import list_village_coverage
from tests.catalogue.producers.applicants import APPLICATION, an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import OTHER_VILLAGE, VILLAGE
from tests.support.postgres import as_owner

HEADER = "村代码,村名,起始日期,终止日期,并入村代码,依据"
NEW = "130624107299"


def make_file(*rows: str, dry_run: bool = False, county: str = "130624") -> CountyFile:
    content = "\n".join([HEADER, *rows]).encode()
    return CountyFile(county=county, name="村.csv", content=content, dry_run=dry_run, now=NOW)


async def take(conn: Connection, actor: Actor, file: CountyFile) -> FileResult:
    return await import_county_file(conn, actor, COUNTY_FILE_KINDS["villages"], file)


async def list_faults(conn: Connection, actor: Actor, *rows: str) -> list[tuple[int, str, str]]:
    with pytest.raises(FileMalformed) as refused:
        await take(conn, actor, make_file(*rows))
    errors: Sequence[object] = refused.value.errors
    return [(each.row, each.column, each.message) for each in errors]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


async def test_a_village_ends_and_another_takes_its_place(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    rows = (
        f"{VILLAGE},革新庄村,,2019-08-31,{NEW},样例〔2019〕1号",
        f"{NEW},新革新庄村,2019-09-01,,,样例〔2019〕1号",
    )
    tried = await take(conn, county, make_file(*rows, dry_run=True))
    assert (tried.outcome, tried.counts) == (FileOutcome.TRIED, {"new": 1, "ended": 1, "same": 0})
    assert await list_changed_villages(conn, "130624") == []
    stored = await take(conn, county, make_file(*rows))
    assert (stored.outcome, stored.rows) == (FileOutcome.STORED, 2)
    again = await take(conn, county, make_file(*rows))
    assert (again.outcome, again.counts) == (FileOutcome.NO_OP, {})
    assert [(each.code, each.last) for each in await list_changed_villages(conn, "130624")] == [
        (NEW, None), (VILLAGE, date(2019, 8, 31)),
    ]  # fmt: skip
    assert [each.sha256 for each in await list_county_files(conn, "130624")] == [stored.sha256]
    assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'county_file.villages'") == 1
    words = f"这个村代码 2019-09-01 起停用，现在是新革新庄村（{NEW}）"
    assert await find_village_fault(conn, VILLAGE, day=date(2019, 8, 31)) is None
    assert await find_village_fault(conn, NEW, day=date(2019, 8, 31)) == "这个村代码 2019-09-01 起才用"
    applicant = await an_applicant(conn)
    with pytest.raises(BadApplication) as refused:
        await apply_producer(conn, seal, applicant, APPLICATION, now=NOW)
    assert [(each.field, each.message) for each in refused.value.errors] == [("village_code", words)]
    with pytest.raises(LeadInvalid) as unread:
        await apply_for_household(conn, seal, applicant, village_code=VILLAGE, note="家里困难", now=NOW)
    assert unread.value.errors[0].message == words
    contact = NewContact(division_code=VILLAGE, name="样例某", phone="03120000001", hours="白天")
    with pytest.raises(BadContact) as unknown:
        await add_contact(conn, county, "130624", contact, now=NOW)
    assert unknown.value.errors[0].message == words
    moved = replace(APPLICATION, village_code=NEW)
    producer_id = await apply_producer(conn, seal, applicant, moved, now=NOW)
    assert await conn.fetchval("SELECT village_code FROM producers WHERE id = $1", producer_id) == NEW


async def test_each_bad_cell_is_named_and_nothing_is_stored(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.IMPORTER, "130624")
    assert await list_faults(
        conn, county,
        "130725100201,别县的村,,,,依据",
        f"{VILLAGE},别的名字,,2019-08-31,,依据",
        "130624999201,没有的乡,2019-01-01,,,依据",
        f"{NEW},新村,,,,依据",
        f"{OTHER_VILLAGE},顾家台村,,2001-01-01,{OTHER_VILLAGE},",
    ) == [
        (2, "村代码", "应是本县的 12 位村代码"),
        (3, "村名", f"和代码不一致，{VILLAGE} 是革新庄村"),
        (4, "村代码", "前 9 位不是本县的乡镇代码"),
        (5, "起始日期", "新设的村要写启用的第一天"),
        (6, "依据", "不能空着"),
        (6, "终止日期", "不能早于起始日期 2002-01-01"),
        (6, "并入村代码", "不能并入自己"),
    ]  # fmt: skip
    assert await list_faults(
        conn, county,
        f"{OTHER_VILLAGE},顾家台村,2010-01-01,,,依据",
        f"{VILLAGE},革新庄村,,2019-08-31,{NEW},依据",
        "130624107222,辛庄村,,,130624107221,依据",
    ) != []  # fmt: skip
    assert await conn.fetchval("SELECT count(*) FROM village_periods WHERE basis <> ''") == 0
    with pytest.raises(NotAllowed):
        await take(conn, await make_official_actor(conn, Role.TOWNSHIP, "130624107"), make_file(f"{NEW},村,,,,依据"))
    with pytest.raises(NotAllowed):
        await take(conn, await make_official_actor(conn, Role.COUNTY, "130725"), make_file(f"{NEW},村,,,,依据"))


async def test_a_village_does_not_end_under_terms_that_go_on(conn: Connection) -> None:
    """Terms lie inside a period; those of an area that closes them end with the village."""
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    async with as_owner(conn):
        await conn.execute(
            "CREATE TABLE sample_terms (village_code text, valid_during daterange,"
            " FOREIGN KEY (village_code, PERIOD valid_during) REFERENCES village_periods (code, PERIOD valid_during))"
        )
        await conn.execute("GRANT SELECT, INSERT, UPDATE ON sample_terms TO market_app")
    await conn.execute("INSERT INTO sample_terms VALUES ($1, '[2019-01-01,)')", VILLAGE)
    file = make_file(f"{VILLAGE},革新庄村,,2019-08-31,,样例〔2019〕1号")
    savepoint = conn.transaction()
    await savepoint.start()
    with pytest.raises(FileMalformed, match="1 faults"):
        await take(conn, county, file)
    await savepoint.rollback()

    async def close(conn: Connection, village: str, day: date) -> None:
        await conn.execute(
            "UPDATE sample_terms SET valid_during = valid_during * daterange(NULL, $2) WHERE village_code = $1",
            village, day,
        )  # fmt: skip

    closing = make_village_kind([close])
    assert (await import_county_file(conn, county, closing, file)).outcome is FileOutcome.STORED
    later = "INSERT INTO sample_terms VALUES ($1, '[2019-09-20,2019-09-21)')"
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await conn.execute(later, VILLAGE)


async def test_a_correction_of_an_earlier_period_leaves_the_terms_of_the_later_one(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    await take(conn, county, make_file(f"{VILLAGE},革新庄村,,2010-12-31,,样例〔2010〕1号"))
    await take(conn, county, make_file(f"{VILLAGE},革新庄村,2012-01-01,,,样例〔2012〕1号"))
    coverage = "\n".join((
        "村代码,运营商,制式,场景,覆盖率,下行速率,数据来源,采集日期",
        f"{VILLAGE},中国移动,4G,住的地方,98.5,20,样例路测,2019-08-31",
    ))  # fmt: skip
    measured = CountyFile(county="130624", name="信号.csv", content=coverage.encode(), dry_run=False, now=NOW)
    await import_county_file(conn, county, COUNTY_FILE_KINDS["coverage"], measured)
    before = [each.share_bp for each in await list_village_coverage(conn, VILLAGE, day=NOW.date())]
    assert 9850 in before
    corrected = make_file(f"{VILLAGE},革新庄村,2002-01-01,2010-12-31,,样例〔2010〕1号更正")
    assert (await take(conn, county, corrected)).counts == {"new": 0, "ended": 1, "same": 0}
    assert [each.share_bp for each in await list_village_coverage(conn, VILLAGE, day=NOW.date())] == before
    await take(conn, county, make_file(f"{VILLAGE},革新庄村,,2019-09-19,,样例〔2019〕1号"))
    assert await list_village_coverage(conn, VILLAGE, day=date(2019, 9, 20)) == []


@pytest.mark.parametrize("kind", COUNTY_FILE_KINDS.values(), ids=COUNTY_FILE_KINDS)
def test_a_template_explains_every_column(kind: object) -> None:
    chosen = next(each for each in COUNTY_FILE_KINDS.values() if each is kind)
    assert all(column.example or column.may_be_empty for column in chosen.columns)
    assert write_file_template(chosen, FileFormat.CSV).decode("utf-8-sig").split("\r\n")[0] == ",".join(
        column.zh for column in chosen.columns
    )
