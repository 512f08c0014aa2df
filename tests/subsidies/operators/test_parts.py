"""A bill taken in part: its sound rows are claims, the others come back as a file to correct."""

import asyncio
from collections.abc import Callable
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.kernel import Connection, Database, Refusal
from market.kernel.sheets.spreadsheet import CellFaults, read_spreadsheet
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.subsidies.imports.billing_rows import check_together, read_billing_row
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.upload import ImportResult
from market.subsidies.operators.rejected import RejectedRow, load_rejected, split_rows, write_rejected
from tests.story.play import COUNTY, Player
from tests.subsidies.operators.bills import bill_row, list_cells, list_claims, make_sender, refuse, send, write
from tests.support.make import SEAL

FEBRUARY = date(2019, 2, 1)
FAULTS: dict[str, Callable[[str], str]] = {
    "number": lambda row: row.replace("170599", "17059"),
    "amount": lambda row: row.replace("19.00,19.00", "19.00,12.00"),
    "month": lambda row: row.replace("2019-02", "9999-02", 1),
    "kind": lambda row: row.replace("手机", "传真"),
    "twice": lambda row: row,
}
"""How a row goes wrong; `twice` adds the row a second time."""


@st.composite
def bills(draw: st.DrawFn) -> tuple[list[str], list[str], set[int]]:
    """Return sound rows in any order, the same with some spoiled, and the numbers of services that are spoiled."""
    numbers = draw(st.lists(st.integers(1, 60), min_size=2, max_size=12, unique=True))
    spoiled: set[int] = set()
    rows: list[str] = []
    for n in numbers:
        row, fault = bill_row(n), draw(st.sampled_from([None, None, *FAULTS]))
        rows.append(row if fault is None else FAULTS[fault](row))
        if fault == "twice":
            rows.append(row)
        if fault is not None:
            spoiled.add(n)
    return [bill_row(n) for n in numbers], draw(st.permutations(rows)), spoiled


def split(rows: list[str]) -> tuple[list[int], list[RejectedRow]]:
    sheet = read_spreadsheet("bill.csv", write(*rows), BILLING.columns)
    faults = CellFaults()
    read = [read_billing_row(RowReader(sheet, row, faults), FEBRUARY) for row in sheet.rows]
    sound = [row for row in read if row is not None]
    check_together(sheet, sound, FEBRUARY, [], faults)
    taken, rejected = split_rows(sheet, sound, FEBRUARY, faults)
    assert sorted([row.row for row in taken] + [row.row for row in rejected]) == [row.number for row in sheet.rows]
    assert all(row.faults for row in rejected)
    return sorted(int(row.number[6:]) for row in taken), rejected


@given(bills())
def test_each_row_is_taken_or_returned_and_their_order_decides_nothing(
    bill: tuple[list[str], list[str], set[int]],
) -> None:
    sound, rows, spoiled = bill
    taken, _ = split(rows)
    assert taken == sorted({int(row.split(",")[1][6:]) for row in sound} - spoiled)
    assert split(rows[::-1])[0] == taken


@given(bill=bills(), file_format=st.sampled_from(FileFormat))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_part_and_its_corrected_rest_are_the_whole(
    county: Connection, bill: tuple[list[str], list[str], set[int]], file_format: FileFormat
) -> None:
    sound, rows, spoiled = bill
    attempt = county.transaction()
    await attempt.start()
    try:
        whole = county.transaction()
        await whole.start()
        sender = await make_sender(county)
        await send(county, sender, "whole.csv", write(*sound))
        expected = await list_claims(county)
        await whole.rollback()

        sender = await make_sender(county)
        if len(spoiled) == len(sound):
            refusal = await refuse(county, sender, "part.csv", write(*rows), take_part=True)
            assert refusal.code == "file_malformed"
            return
        part = await send(county, sender, "part.csv", write(*rows), take_part=True)
        assert part.rows + part.rejected == len(rows)
        assert part.rows == len(sound) - len(spoiled) == len(await list_claims(county))
        if spoiled:
            assert part.file_id is not None
            returned = await load_rejected(county, SEAL, COUNTY, part.file_id)
            assert len(returned) == part.rejected
            file = write_rejected("part.csv", returned, file_format)
            again = read_spreadsheet(file.name, file.content, BILLING.columns)
            assert [row.cells for row in again.rows] == [{**row.cells, "county": ""} for row in returned]
            await send(county, sender, "rest.csv", write(*(bill_row(n) for n in sorted(spoiled))))
        assert await list_claims(county) == expected
    finally:
        await attempt.rollback()


async def test_a_file_with_faults_is_taken_in_part_only_where_that_is_asked(county: Connection) -> None:
    sender = await make_sender(county)
    bad = write(bill_row(1), bill_row(2).replace("手机", "传真"))
    before = await list_claims(county)
    refusal = await refuse(county, sender, "bill.csv", bad)
    assert (refusal.code, [(each.row, each.column) for each in list_cells(refusal)]) == (
        "file_malformed",
        [(3, "业务类型")],
    )
    assert await list_claims(county) == before
    tried = await send(county, sender, "bill.csv", bad, take_part=True, dry_run=True)
    assert (tried.rows, tried.rejected, tried.file_id) == (1, 1, None)
    assert [(each.row, each.value) for each in tried.rejections] == [(3, "传真")]
    assert await list_claims(county) == before


async def test_the_returned_file_says_at_each_row_what_is_wrong_and_nothing_that_acts(county: Connection) -> None:
    sender = await make_sender(county)
    bad = write(bill_row(1), bill_row(2).replace("P1", "=HYPERLINK(1)"), bill_row(3), bill_row(3))
    part = await send(county, sender, "bill.csv", bad, take_part=True)
    assert part.file_id is not None
    file = write_rejected("bill.csv", await load_rejected(county, SEAL, COUNTY, part.file_id), FileFormat.CSV)
    lines = file.content.decode("utf-8-sig").splitlines()
    assert (file.name, lines[0]) == (
        "bill-退回.csv", "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期,县代码,原文件行,退回原因"
    )  # fmt: skip
    assert lines[1] == (
        "2019-02,17059900002,手机,'=HYPERLINK(1),38.00,19.00,19.00,,,3,项目：没有这个项目，应是 P1、P2、P3"
    )
    assert [line.rpartition(",")[2] for line in lines[2:]] == [
        "业务号码：同一个号码这个月的另一行有错，一起退回", "业务号码：第 4 行已有这个号码的 2019-02 账单",
    ]  # fmt: skip


async def test_the_manifest_counts_the_returned_rows_too(county: Connection) -> None:
    sender = await make_sender(county)
    bad = write(bill_row(1), bill_row(2).replace("手机", "传真"))
    refusal = await refuse(county, sender, "bill.csv", bad, take_part=True, rows=1)
    assert refusal.code == "manifest_mismatch"
    assert "行数，清单写 1，文件是 2" in refusal.text()


async def test_what_was_returned_is_of_the_file_and_of_its_county_alone(county: Connection) -> None:
    sender = await make_sender(county)
    part = await send(county, sender, "b.csv", write(bill_row(1), bill_row(2, number="1")), take_part=True)
    assert part.file_id is not None
    assert await load_rejected(county, SEAL, "130725", part.file_id) == []
    await county.execute("SELECT set_config('market.scope', '130725', true)")
    assert await load_rejected(county, SEAL, COUNTY, part.file_id) == []


async def test_of_two_files_of_one_month_at_once_one_is_refused_with_the_rows_of_the_other(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        sender = await make_sender(conn)

    async def upload(db: Database, name: str) -> ImportResult | Refusal:
        try:
            async with db.transaction(scope=COUNTY) as conn:
                content = write(
                    *(bill_row(n) for n in range(40)), bill_row(40, fen="1.00" if name == "a.csv" else "2.00")
                )
                return await send(conn, sender, name, content)
        except Refusal as refusal:
            return refusal

    first, second = await asyncio.gather(upload(january.database, "a.csv"), upload(january.database, "b.csv"))
    [refusal] = [each for each in (first, second) if isinstance(each, Refusal)]
    assert refusal.code == "file_malformed"
    assert len(list_cells(refusal)) == 41
    assert {each.message for each in list_cells(refusal)} == {"已导入的文件已有这个号码的 2019-02 账单"}
    async with january.database.transaction(scope=COUNTY) as conn:
        assert len(await list_claims(conn)) == 41
