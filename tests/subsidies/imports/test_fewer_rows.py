"""An operator's month with far fewer rows than the one before is imported only on request; a dry run says so."""

from pathlib import Path

import pytest

from tests.story.play import Answer, Player
from tests.subsidies.imports.test_imports import run_import_command, write_bill

DAY = "2019-03-02"


async def import_bills(player: Player, folder: Path, month: str, rows: int, *flags: str, since: int = 300) -> Answer:
    lines = [f"{month},1705900{since + n:04},手机,P1,38.00,19.00,19.00," for n in range(rows)]
    path = write_bill(folder, f"{month}-{since}", lines, month=month)
    return await run_import_command(player, "billing", path, "gan", *flags, day=DAY)


async def test_one_row_after_a_whole_month_is_imported_only_on_request(january: Player, folder: Path) -> None:
    assert (await import_bills(january, folder, "2019-01", 20))["outcome"] == "ok"
    tried = await import_bills(january, folder, "2019-02", 1, "--dry-run")
    earlier = tried["earlier_rows"]
    assert (tried["outcome"], isinstance(earlier, int) and earlier > 20) == ("ok", True)
    refused = await import_bills(january, folder, "2019-02", 1)
    assert (refused["code"], refused["earlier"], refused["rows"]) == ("far_fewer_rows", earlier, 1)
    assert (await import_bills(january, folder, "2019-02", 1, "--take-fewer"))["outcome"] == "ok"


@pytest.mark.parametrize(("missing", "code"), [(0, None), (1, "far_fewer_rows")])
async def test_half_of_the_month_before_is_enough(
    january: Player, folder: Path, missing: int, code: str | None
) -> None:
    await import_bills(january, folder, "2019-01", 40)
    earlier = (await import_bills(january, folder, "2019-02", 1, "--dry-run"))["earlier_rows"]
    assert isinstance(earlier, int)
    assert (await import_bills(january, folder, "2019-02", (earlier + 1) // 2 - missing)).get("code") == code


async def test_a_late_file_is_counted_with_those_of_its_month(january: Player, folder: Path) -> None:
    await import_bills(january, folder, "2019-01", 40)
    await import_bills(january, folder, "2019-02", 40)
    late = await import_bills(january, folder, "2019-02", 1, since=500)
    assert (late["outcome"], late["earlier_rows"]) == ("ok", None)


async def test_a_small_month_before_says_nothing(january: Player, folder: Path) -> None:
    assert (await import_bills(january, folder, "2019-02", 1))["outcome"] == "ok"
