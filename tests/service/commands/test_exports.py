"""`market export …`: the same workbooks as on the desk, written completely or not at all."""

import asyncio
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from market.kernel import Connection, Database
from market.people.identity.sign_in import sign_in_without_code
from market.service.commands import execute
from tests.service.web.desk.county import COUNTY, Officials, play_january
from tests.support.app import SECRET


@pytest.fixture
def market(dsn: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_DATABASE_URL", dsn)
    monkeypatch.setenv("MARKET_SECRET", SECRET)
    monkeypatch.setenv("MARKET_DATA", str(folder))


async def export(*words: str) -> int:
    """Run the command in a thread: it has its own event loop."""
    return await asyncio.to_thread(execute, ["export", *words, "--county", COUNTY, "--json"])


def first_sheet(path: Path) -> list[list[Any]]:
    return python_calamine.CalamineWorkbook.from_filelike(BytesIO(path.read_bytes())).get_sheet_by_index(0).to_python()


@pytest.mark.usefixtures("market")
async def test_forms_are_written_as_workbooks(
    county: Officials, database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await play_january(database, county, until="settle")
    out = folder / "settlement.xlsx"
    assert await export("settlement", "--month", "2019-01", "--out", str(out)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["bytes"]) == ("ok", out.stat().st_size)
    assert out.stat().st_mode & 0o077 == 0
    assert [row[8] for row in first_sheet(out)[2:]] == [50.93, 36.47, 32.8, 120.2]
    assert await export("settlement", "--month", "2019-01", "--out", str(out)) == 0
    assert json.loads(capsys.readouterr().out)["sha256"] == answer["sha256"]
    assert await export("approval", "--month", "2019-01", "--out", str(folder / "approval.xlsx")) == 0
    assert first_sheet(folder / "approval.xlsx")[0][0] == "阜平县手机和宽带资费减免审批表"
    assert await export("quarter", "--quarter", "2019Q1", "--out", str(folder / "quarter.xlsx")) == 0
    assert first_sheet(folder / "quarter.xlsx")[0][0] == "阜平县手机和宽带资费优惠情况季度报表"
    assert sorted(path.name for path in folder.glob("*.xlsx")) == ["approval.xlsx", "quarter.xlsx", "settlement.xlsx"]


@pytest.mark.usefixtures("market", "county")
async def test_a_failed_export_is_reported_and_leaves_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, code, left in (
        (("approval", "--month", "2020-01"), "no_cycle", 1),
        (("approval", "--month", "2019-01"), "not_calculated", 1),
        (("settlement", "--month", "2019-13"), "bad_month", 2),
        (("quarter", "--quarter", "2019Q7"), "bad_quarter", 2),
    ):
        assert await export(*words, "--out", str(folder / "x.xlsx")) == left
        assert json.loads(capsys.readouterr().out)["code"] == code
    assert await export("quarter", "--quarter", "2019Q1", "--out", str(folder / "missing" / "x.xlsx")) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "cannot_write"
    assert list(folder.rglob("*.xlsx")) == []


@pytest.mark.usefixtures("market")
async def test_what_a_command_reads_of_single_lines_is_recorded(
    county: Officials, database: Database, owner: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play_january(database, county, until="settle")
    month = ("--month", "2019-01")
    assert await export("settlement", *month, "--out", str(folder / "settlement.xlsx")) == 0
    assert await export("approval", *month, "--out", str(folder / "approval.xlsx")) == 0  # sums only
    finance = county.actors["cai"].account_id
    async with database.transaction() as conn:
        session = await sign_in_without_code(conn, finance, now=datetime.now(UTC), second_factor=True)
    monkeypatch.setenv("MARKET_TOKEN", session.token)
    assert await asyncio.to_thread(execute, ["subsidies", "pack-key", *month, "--county", COUNTY, "--json"]) == 1
    for words in (("case", *month), ("report", "claims", *month), ("explain", "YD-01", *month)):
        assert await asyncio.to_thread(execute, ["subsidies", *words, "--county", COUNTY, "--json"]) == 0
    assert await asyncio.to_thread(execute, ["subsidies", "report", "claims", "--county", COUNTY, "--json"]) == 2
    rows = await owner.fetch(
        "SELECT actor, action, object, detail->>'month' FROM audit_entries WHERE action LIKE 'export %' ORDER BY at"
    )
    assert {tuple(row) for row in rows} == {
        ("command line", "export settlement.xlsx", f"county:{COUNTY}", "2019-01"),
        *(
            (str(finance), f"export {name}", f"county:{COUNTY}", "2019-01")
            for name in ("case.json", "report claims", "line")
        ),
    }
    assert len(rows) == 4
