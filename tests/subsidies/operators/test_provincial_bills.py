"""One bill of several counties: each row goes to the county that it names, and one county stops no other."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.clock import make_clock_at
from market.kernel.sheets.models import FileMalformed
from market.kernel.sheets.spreadsheet import digest, read_spreadsheet
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor
from market.people.storage.files import open_file_store
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.models import ManifestMismatch, OtherOperator
from market.subsidies.imports.upload import Upload
from market.subsidies.models import Outcome
from market.subsidies.names import Operator
from market.subsidies.operators.provincial_bill import SplitBill, locate_row, split_bill
from market.subsidies.tasks.models import Task, TaskState
from market.subsidies.tasks.outcome import open_refusal
from market.subsidies.tasks.provincial_bills import (
    SplitOutcome,
    add_split_task,
    export_returned_rows,
    load_split_outcome,
    make_split,
)
from market.subsidies.tasks.submit import find_task
from market.subsidies.tasks.work import TaskWorker, run_due_tasks
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.operators.bills import HEADER, bill_row, list_cells, make_sender
from tests.support.make import SEAL
from tests.support.postgres import as_owner

JANUARY, DAY = "2019-01", "2019-04-22"
OTHER = "130626"
KEEPER = "130102"
"""The first county of the province, which keeps the task."""
COUNTIES = [COUNTY, OTHER, "130725"]
ROW = st.tuples(st.sampled_from([*COUNTIES, "130624000000", "110101", "阜平", ""]), st.integers(1, 99_999))


def write(rows: list[str]) -> bytes:
    return "\n".join([f"{HEADER},县代码", *rows]).encode()


def state(name: str, content: bytes, *, rows: int, operator: str = "mobile") -> tuple[str, bytes]:
    """Return the manifest of a bill whose rows reduce 19.00 each."""
    stated = {
        "file": name, "operator": operator, "month": JANUARY, "sha256": digest(content), "rows": rows,
        "sum_fen": rows * 1900,
    }  # fmt: skip
    return name.replace(".csv", ".manifest.json"), msgspec.json.encode(stated)


def split(name: str, rows: list[str], *, take_part: bool = True, operator: str = "mobile") -> SplitBill:
    content = write(rows)
    return split_bill(
        name, content, state(name, content, rows=len(rows), operator=operator),
        operator=Operator.MOBILE, counties=COUNTIES, take_part=take_part, today=date(2019, 4, 22),
    )  # fmt: skip


@given(st.lists(ROW, min_size=1, max_size=30))
def test_each_row_goes_to_its_county_or_comes_back(given_rows: list[tuple[str, int]]) -> None:
    rows = [f"{bill_row(n, month=JANUARY)},{county}" for county, n in given_rows]
    known = [county[:6] for county, _ in given_rows if county[:6] in COUNTIES]
    if not known:
        with pytest.raises(FileMalformed):
            split("全省.csv", rows)
        return
    bill = split("全省.csv", rows)
    assert bill == split("全省.csv", rows)
    assert [part.county for part in bill.parts] == sorted(set(known))
    assert [part.rows for part in bill.parts] == [known.count(part.county) for part in bill.parts]
    seen = {row.row: "" for row in bill.rejected}
    for part in bill.parts:
        stated = msgspec.json.decode(part.manifest)
        sheet = read_spreadsheet(part.name, part.content, BILLING.columns)
        assert (stated["file"], stated["sha256"]) == (f"全省.{part.county}.csv", digest(part.content))
        assert (stated["rows"], stated["sum_fen"]) == (part.rows, part.rows * 1900)
        for row in sheet.rows:
            at = locate_row(part.runs, row.number)
            assert row.cells["number"] == rows[at - 2].split(",")[1]
            seen[at] = part.county
    # Rows are numbered from 2, below the header.
    assert seen == {
        at: county[:6] if county[:6] in COUNTIES else "" for at, (county, _) in enumerate(given_rows, 2)
    }  # fmt: skip


def test_the_whole_file_is_checked_before_it_is_split() -> None:
    rows = [f"{bill_row(1, month=JANUARY)},{COUNTY}", f"{bill_row(2, month=JANUARY)},110101"]
    with pytest.raises(FileMalformed) as malformed:
        split("a.csv", rows, take_part=False)
    assert [(each.row, each.field) for each in list_cells(malformed.value)] == [(3, "county")]
    with pytest.raises(OtherOperator):
        split("a.csv", rows, operator="unicom")
    content = write(rows)
    with pytest.raises(ManifestMismatch):
        split_bill(
            "a.csv", content, state("a.csv", content, rows=3),
            operator=Operator.MOBILE, counties=COUNTIES, take_part=True, today=date(2019, 4, 22),
        )  # fmt: skip


class Office:
    """Sends bills of several counties as an operator's account, and does the worker's part."""

    def __init__(self, player: Player, folder: Path, actor: Actor) -> None:
        self.db, self.actor = player.database, actor
        self.files = open_file_store((folder / "files").as_uri())
        self.county = KEEPER
        self.now = nine_o_clock(DAY)
        self.worker = TaskWorker(db=self.db, seal=SEAL, files=self.files, clock=make_clock_at(self.now))

    async def send(self, name: str, rows: list[str], **flags: bool) -> Task:
        content = write(rows)
        upload = Upload(self.county, BILLING.name, name, content, take_part=True)
        upload = msgspec.structs.replace(upload, **flags)
        manifest = state(name, content, rows=len(rows))
        async with self.db.transaction(scope=self.county) as conn:
            task_id = await add_split_task(
                conn, self.files, SEAL, self.actor, make_split(upload),
                upload=upload, attachments=dict([manifest]), request_key=f"{name} {flags}", now=self.now,
            )  # fmt: skip
        await run_due_tasks(self.worker)
        return await find_task(self.db, self.actor, self.county, task_id)

    async def load(self, task: Task) -> SplitOutcome:
        async with self.db.transaction(scope=self.county) as conn:
            return await load_split_outcome(conn, SEAL, self.actor, task)


async def count_claims(player: Player) -> dict[str, int]:
    async with player.database.transaction() as conn, as_owner(conn):
        rows = await conn.fetch("SELECT county_code, count(*) FROM claims WHERE file_id IN"
                                " (SELECT id FROM import_files WHERE name LIKE '全省%') GROUP BY 1")  # fmt: skip
        return {row["county_code"]: row["count"] for row in rows}


async def test_a_closed_month_refuses_its_county_only_and_the_same_file_changes_nothing(
    quarter: Player, folder: Path
) -> None:
    async with quarter.database.transaction() as conn, as_owner(conn):
        actor = await make_sender(conn, divisions=("13",), day=DAY)
        await conn.execute(
            "INSERT INTO programmes (county_code, code, name, kinds, max_lines, proration, document_number,"
            " document_name, document_sha256, document_text) SELECT $1, code, name, kinds, max_lines, proration,"
            " document_number, document_name, document_sha256, document_text FROM programmes WHERE code = 'P1'",
            OTHER,
        )
        await conn.execute(
            "INSERT INTO cycles (county_code, month, opened_at) VALUES ($1, '2019-01-01', $2)", OTHER, nine_o_clock(DAY)
        )
    office = Office(quarter, folder, actor)
    rows = [f"{bill_row(n, month=JANUARY)},{county}" for n, county in enumerate((OTHER, COUNTY, "阜平", OTHER, OTHER))]
    rows[3] = rows[3].replace("手机", "传真")
    refused = await office.send("全省.csv", rows, take_part=False)
    assert refused.state is TaskState.REFUSED
    assert [(each.row, each.field) for each in list_cells(open_refusal(SEAL, refused))] == [(4, "county")]
    tried = await office.load(await office.send("全省.csv", rows, dry_run=True))
    assert [(part.county, part.result and part.result.rows) for part in tried.parts] == [(COUNTY, None), (OTHER, 2)]
    assert (tried.ended, tried.returned, await count_claims(quarter)) == (True, 1, {})
    task = await office.send("全省.csv", rows)
    closed, taken = (await office.load(task)).parts
    assert closed.refusal is not None
    assert (closed.name, closed.refusal.code, [each.row for each in closed.faults]) == ("阜平县", "cycle_closed", [3])
    assert taken.result is not None
    assert (taken.result.rows, taken.result.rejected, taken.result.sum_fen) == (2, 1, 3800)
    assert [(each.row, each.field) for each in taken.faults] == [(5, "kind")]
    assert await count_claims(quarter) == {OTHER: 2}
    async with quarter.database.transaction(scope=KEEPER) as conn:
        file = await export_returned_rows(conn, SEAL, actor, task, file_format=FileFormat.CSV, now=office.now)
    lines = file.content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[8:10] for line in lines[1:]] == [["阜平", "4"], [OTHER, "5"]]
    again = (await office.load(await office.send("全省.csv", rows, take_fewer=True))).parts
    assert [part.result and part.result.outcome for part in again] == [None, Outcome.NO_OP]
    assert await count_claims(quarter) == {OTHER: 2}
