"""A verdict to pay is about the facts it saw; others need another one, and a new enrolment does not leave a finding."""

from datetime import date
from pathlib import Path

import pytest

from market.reports.findings import list_findings
from tests.story.play import COUNTY, Player
from tests.subsidies.findings.test_changed_evidence import SHORT, execute_as_owner, import_notice, list_held_lines
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import BINDINGS, ENROLMENTS, edit_copy, run_import_command, write_bill
from tests.support.make import SEAL

SPOUSE, SON, STRANGER = "130624196404049928", "13062419901010991X", "130624198808089917"


async def change_row(player: Player, folder: Path, kind: str, day: str, **cells: str) -> None:
    """Import the row of YD-01 with other cells, as a change of the known one, and calculate January."""
    source = BINDINGS if kind == "bindings" else ENROLMENTS
    path = edit_copy(source, folder, f"{kind}-{day}.csv", keep_row(1, **cells))
    answer = await run_import_command(player, kind, path, "gan", "--take-changes", day=day)
    assert answer["outcome"] == "ok", answer
    await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], day)


async def decide(player: Player, check: str, verdict: str, day: str) -> None:
    words = ["--check", check, "--subject", "YD-01", verdict, "YD-01", "--why", "看过", "--as", "zhen"]
    answer = await player(["subsidies", "finding", "--month", "2019-01", *words], day)
    assert answer["state"] == "decided", answer


async def list_states(player: Player, check: str) -> list[tuple[str, list[str], str]]:
    async with player.database.transaction(scope=COUNTY) as conn:
        found, _ = await list_findings(conn, COUNTY, [COUNTY], seal=SEAL, month=date(2019, 1, 1), checks=[check])
    return [(each.state, each.verdicts, each.evidence) for each in found]


@pytest.mark.parametrize("other", [STRANGER, SON], ids=["stranger", "member"])
async def test_a_payment_decided_for_one_person_is_decided_again_for_another(
    january: Player, folder: Path, other: str
) -> None:
    await change_row(january, folder, "bindings", "2019-02-06", 身份证号=SPOUSE)
    await decide(january, "bound_to_another", "--pay", "2019-02-07")
    assert "YD-01" not in await list_held_lines(january)
    await change_row(january, folder, "bindings", "2019-02-08", 身份证号=other)
    [(state, verdicts, _)] = await list_states(january, "bound_to_another")
    assert (state, verdicts) == ("open", [""])
    assert "YD-01" in await list_held_lines(january)
    await decide(january, "bound_to_another", "--pay", "2019-02-09")
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-10")
    assert "YD-01" not in await list_held_lines(january)


async def test_a_payment_decided_for_a_short_notice_is_not_one_for_none(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await decide(january, "enrolled_without_notice", "--pay", "2019-02-07")
    await change_row(january, folder, "enrolments", "2019-02-08", 公示起="", 公示止="")
    assert await list_states(january, "enrolled_without_notice") == [("open", [""], "没有公示")]
    assert "YD-01" in await list_held_lines(january)


async def test_a_verdict_stays_while_the_evidence_does(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await decide(january, "enrolled_without_notice", "--pay", "2019-02-07")
    await change_row(january, folder, "bindings", "2019-02-08", 变更类型="补卡")
    [(state, verdicts, _)] = await list_states(january, "enrolled_without_notice")
    assert (state, verdicts) == ("decided", ["pay"])


async def test_a_verdict_to_stop_stays_whatever_changes(january: Player, folder: Path) -> None:
    await change_row(january, folder, "bindings", "2019-02-06", 身份证号=SPOUSE)
    await decide(january, "bound_to_another", "--stop", "2019-02-07")
    await change_row(january, folder, "bindings", "2019-02-08", 身份证号=STRANGER)
    [(state, verdicts, _)] = await list_states(january, "bound_to_another")
    assert (state, verdicts) == ("decided", ["stop"])


async def test_an_enrolment_that_takes_the_place_of_a_suspect_one_waits_with_it(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await change_row(january, folder, "bindings", "2019-02-07", 失效日="2018-10-02")
    path = edit_copy(BINDINGS, folder, "new.csv", keep_row(1, 业务编号="YD-91", 生效日="2018-10-02"))
    assert (await run_import_command(january, "bindings", path, "gan", day="2019-02-08"))["outcome"] == "ok"
    await change_row(january, folder, "enrolments", "2019-02-08", 业务编号="YD-91")
    assert {"YD-01", "YD-91"} <= set(await list_held_lines(january))
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-09")
    assert "YD-91" in await list_held_lines(january)


async def run_february(player: Player, day: str = "2019-03-01") -> list[str]:
    """Calculate February and return its held lines."""
    answer = await player(["subsidies", "run", "--month", "2019-02", "--as", "gan"], day)
    assert "code" not in answer, answer
    return (await player(["subsidies", "report", "settlement", "--month", "2019-02"]))["held"]


async def test_a_bill_of_an_earlier_month_that_is_calculated_later_needs_its_own_verdict(
    january: Player, folder: Path
) -> None:
    number = "(SELECT number_id FROM bindings WHERE line_code = 'YD-01')"
    bill = f"UPDATE claims SET charge_fen = 1900, billed_fen = 0 WHERE number_id = {number}"
    await execute_as_owner(january, bill, "replica")
    path = write_bill(folder, "feb", ["2019-02,17050000101,手机,P1,37.99,19.00,18.99,"], month="2019-02")
    taken = await run_import_command(january, "billing", path, "gan", "--take-fewer", day="2019-03-01")
    assert taken["outcome"] == "ok", taken
    assert "YD-01" in await run_february(january)
    words = ["--check", "charge_below_plan", "--subject", "YD-01", "--pay", "YD-01", "--why", "差一分", "--as", "zhen"]
    decided = await january(["subsidies", "finding", "--month", "2019-02", *words], "2019-03-01")
    assert decided["state"] == "decided", decided
    assert "YD-01" not in await run_february(january, "2019-03-02")
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-03-02")
    assert await list_states(january, "charge_below_plan") == [("open", [""], "账单 19.00，套餐按天应为 38.00")]
    assert "YD-01" in await list_held_lines(january)


@pytest.mark.parametrize("other", [STRANGER, SPOUSE], ids=["another", "the same"])
async def test_a_payment_decided_for_one_person_is_not_one_for_who_is_bound_in_the_next_month(
    january: Player, folder: Path, other: str
) -> None:
    """The file with both was imported before the decision."""

    def change(rows: list[list[str]]) -> None:
        keep_row(1, 身份证号=SPOUSE, 失效日="2019-02-01")(rows)
        after = dict(zip(rows[0], rows[1], strict=True)) | {"身份证号": other, "生效日": "2019-02-01", "失效日": ""}
        rows.append(list(after.values()))

    path = edit_copy(BINDINGS, folder, "both.csv", change)
    taken = await run_import_command(january, "bindings", path, "gan", "--take-changes", day="2019-02-05")
    assert taken["outcome"] == "ok", taken
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    await decide(january, "bound_to_another", "--pay", "2019-02-06")
    assert ("YD-01" in await run_february(january)) is (other == STRANGER)


@pytest.mark.parametrize(
    ("cells", "again"),
    [
        ({"项目": "P2"}, True),
        ({"身份证号": SPOUSE}, True),
        ({"享受起": "2018-09-01"}, True),
        ({"代办人": "样例代办乙"}, False),
    ],
    ids=["programme", "person", "days", "agent"],
)
async def test_a_payment_decided_for_one_application_is_not_one_for_another(
    january: Player, folder: Path, cells: dict[str, str], again: bool
) -> None:
    """The evidence, that there was no notice, is the same."""
    none = {"公示起": "", "公示止": ""}
    await change_row(january, folder, "enrolments", "2019-02-06", **none)
    await decide(january, "enrolled_without_notice", "--pay", "2019-02-07")
    await change_row(january, folder, "enrolments", "2019-02-08", **none, **cells)
    [(state, _, evidence)] = await list_states(january, "enrolled_without_notice")
    assert (state, evidence) == ("open" if again else "decided", "没有公示")
    if again:
        await decide(january, "enrolled_without_notice", "--pay", "2019-02-09")
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-10")
    [(state, _, _)] = await list_states(january, "enrolled_without_notice")
    assert state == "decided"
