"""A programme is for its services alone, and a correction claims no more than the bill and the plan behind it."""

from pathlib import Path

import pytest

from tests.story.play import COUNTY, INPUT, Player
from tests.subsidies.findings.test_changed_evidence import list_held_lines
from tests.subsidies.findings.test_second_attacker import SPOUSE, execute, find, is_waiting, run_january
from tests.subsidies.imports.test_contradictions import list_faults
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import BINDINGS, ENROLMENTS, edit_copy, run_import_command, write_bill
from tests.subsidies.month.test_returns import advance, take
from tests.support.make import find_id_sql

NEXT = "2019-03-01"


async def import_all(player: Player, day: str, *files: tuple[str, Path], flag: str = "--take-changes") -> None:
    for kind, path in files:
        answer = await run_import_command(player, kind, path, "gan", flag, day=day)
        assert answer["outcome"] == "ok", answer


@pytest.mark.parametrize("status", ["已审定", "公示中"])
async def test_a_phone_is_not_enrolled_in_a_programme_for_broadband(january: Player, folder: Path, status: str) -> None:
    path = edit_copy(ENROLMENTS, folder, "e.csv", keep_row(1, 项目="P3", 状态=status))
    assert await list_faults(january, "enrolments", path) == [("项目", "P3 只用于宽带，这是手机")]


async def test_that_a_phone_was_refused_by_a_programme_for_broadband_may_be_written(
    january: Player, folder: Path
) -> None:
    path = edit_copy(ENROLMENTS, folder, "e.csv", keep_row(1, 项目="P3", 状态="未通过"))
    await import_all(january, "2019-02-05", ("enrolments", path))


async def test_a_phone_is_not_bound_as_a_line_that_is_enrolled_for_broadband(january: Player, folder: Path) -> None:
    new = {"业务编号": "YD-95", "身份证号": SPOUSE}
    await import_all(
        january, "2019-02-04", ("enrolments", edit_copy(ENROLMENTS, folder, "e.csv", keep_row(1, 项目="P3", **new)))
    )
    path = edit_copy(BINDINGS, folder, "b.csv", keep_row(1, 业务号码="17050000995", 卡号="", 设备标识="", **new))
    assert await list_faults(january, "bindings", path) == [("业务类型", "登记的项目 P3 只用于宽带")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2019-01,17050000888,手机,P3,38.00,19.00,19.00,", "P3 只用于宽带，这是手机"),
        ("2019-01,kd-yd-0888,宽带,P1,20.00,10.00,10.00,", "P1 只用于手机，这是宽带"),
        ("2019-01,kd-yd-0888,电视,P3,20.00,10.00,10.00,", "P3 只用于宽带，这是电视"),
    ],
)
async def test_a_service_is_not_billed_under_a_programme_for_another(
    january: Player, folder: Path, row: str, message: str
) -> None:
    assert await list_faults(january, "billing", write_bill(folder, "x", [row])) == [("项目", message)]


async def test_what_was_settled_before_is_of_the_kind_of_its_programme(january: Player, folder: Path) -> None:
    path = edit_copy(INPUT / "opening.csv", folder, "o.csv", keep_row(1, 业务编号="YD-97", 项目="P3"))
    assert await list_faults(january, "opening", path) == [("项目", "P3 只用于宽带，这是手机")]


async def test_a_line_of_another_kind_that_got_in_is_held_until_decided(january: Player) -> None:
    narrow = "UPDATE programmes SET kinds = '{{{}}}' WHERE code = 'P1' AND county_code = '130624'"
    await execute(january, narrow.format("television,broadband"))
    await run_january(january, "2019-02-08")
    found = await find(january, "kind_outside_programme", "YD-01")
    assert found is not None
    assert (found.stops, found.evidence) == (True, "项目 P1 只用于电视、宽带，这条业务是手机")
    assert {"YD-01", "LT-02", "DX-01"} <= set(await list_held_lines(january))
    assert "YD-K1" not in await list_held_lines(january)
    await execute(january, narrow.format("mobile"))
    await run_january(january, "2019-02-09")
    assert await is_waiting(january, "kind_outside_programme", "YD-01")


async def test_a_bill_or_correction_of_another_service_that_got_in_is_on_a_worksheet(january: Player) -> None:
    number, corrected = find_id_sql("17050000101"), find_id_sql("17050000103")
    await execute(
        january,
        "SET LOCAL session_replication_role = replica",
        f"UPDATE claims SET kind = 'television' WHERE number_id = {number}",
        "INSERT INTO claims (file_id, row_number, county_code, month, operator, kind, programme_code, charge_fen,"
        " reduction_fen, billed_fen, corrects_month, number_id)"
        " SELECT file_id, 900, county_code, month, operator, kind, 'P2', 100, 50, 50, '2018-12-01', number_id"
        f" FROM claims WHERE number_id = {corrected}",
    )
    await run_january(january, "2019-02-08")
    found = await find(january, "claimed_under_other_programme", "YD-01")
    assert found is not None
    assert (found.at_risk_fen, found.evidence) == (1900, "账单写的是电视 P1，登记的是手机 P1；申请 19.00")
    found = await find(january, "claimed_under_other_programme", "YD-03")
    assert found is not None
    assert (found.at_risk_fen, found.evidence) == (50, "2018-12 的冲正写的是手机 P2，登记的是手机 P1；申请 0.50")


@pytest.mark.parametrize("programme", ["P2", "P1"])
async def test_a_correction_is_under_the_programme_of_the_bill(january: Player, folder: Path, programme: str) -> None:
    bill = write_bill(folder, "f", [f"2019-02,17050000101,手机,{programme},1.00,0.50,0.50,2019-01"], month="2019-02")
    if programme == "P1":
        await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    else:
        answer = await run_import_command(january, "billing", bill, "gan", "--take-fewer", day=NEXT)
        faults = [(each["row"], each["column"], each["message"]) for each in answer["errors"]]
        assert faults == [(2, "项目", "2019-01 的账单写的项目是 P1")]


async def test_two_corrections_of_a_month_without_a_bill_are_under_one_programme(january: Player, folder: Path) -> None:
    rows = [f"2019-02,17050000777,手机,{programme},1.00,0.50,0.50,2019-01" for programme in ("P1", "P2")]
    answer = await run_import_command(january, "billing", write_bill(folder, "f", rows, month="2019-02"), day=NEXT)
    assert [(each["row"], each["message"]) for each in answer["errors"]] == [(3, "2019-01 的账单写的项目是 P1")]


async def add_line(player: Player, folder: Path, day: str = "2019-02-04") -> None:
    """Enrol and bind the spouse's phone, which nobody has billed."""
    new = {"业务编号": "YD-95", "身份证号": SPOUSE}
    bind = keep_row(1, 业务号码="17050000995", 卡号="", 设备标识="", **new)
    await import_all(
        player,
        day,
        ("bindings", edit_copy(BINDINGS, folder, "b.csv", bind)),
        ("enrolments", edit_copy(ENROLMENTS, folder, "e.csv", keep_row(1, **new))),
    )


async def test_a_correction_under_another_programme_than_the_line_is_listed(january: Player, folder: Path) -> None:
    await add_line(january, folder)
    bill = write_bill(folder, "f", ["2019-02,17050000995,手机,P2,38.00,19.00,19.00,2019-01"], month="2019-02")
    await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    await run_january(january, NEXT)
    found = await find(january, "claimed_under_other_programme", "YD-95")
    assert found is not None
    assert found.evidence == "2019-01 的冲正写的是手机 P2，登记的是手机 P1；申请 19.00"


@pytest.mark.parametrize(
    ("sums", "evidence"),
    [
        ("19.00,19.00,0.00", "账单 19.00，套餐按天应为 57.00（含冲正 19.00）"),
        ("0.00,19.00,-19.00", "账单 0.00，套餐按天应为 38.00"),
    ],
)
async def test_a_month_that_a_correction_alone_claims_is_compared_with_the_plan(
    january: Player, folder: Path, sums: str, evidence: str
) -> None:
    await add_line(january, folder)
    bill = write_bill(folder, "f", [f"2019-02,17050000995,手机,P1,{sums},2019-01"], month="2019-02")
    await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    await run_january(january, NEXT)
    found = await find(january, "charge_below_plan", "YD-95")
    assert found is not None
    assert found.evidence == evidence
    assert "YD-95" in await list_held_lines(january)


async def test_a_correction_that_lowers_charge_and_claim_together_is_no_finding(january: Player, folder: Path) -> None:
    bill = write_bill(folder, "f", ["2019-02,17050000101,手机,P1,-20.00,-10.00,-10.00,2019-01"], month="2019-02")
    await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    await run_january(january, NEXT)
    assert await find(january, "charge_below_plan", "YD-01") is None


async def test_a_correction_of_a_closed_month_pays_nothing_below_the_plan(january: Player, folder: Path) -> None:
    await advance(january, "decide")
    for step, who in (("settle", "cai"), ("reconcile", "dui"), ("close", "dui")):
        done = await take(january, step, who=who)
        assert "code" not in done, done
    await add_line(january, folder, NEXT)
    bill = write_bill(folder, "f", ["2019-02,17050000995,手机,P1,0.00,19.00,-19.00,2019-01"], month="2019-02")
    await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    posted = "SELECT coalesce(sum(conceded_fen + public_fen), 0) FROM subsidy_postings WHERE line_code = 'YD-95'"

    async def run(month: str) -> int:
        answer = await january(["subsidies", "run", "--month", month, "--as", "gan"], NEXT)
        assert "code" not in answer, answer
        async with january.database.transaction(scope=COUNTY) as conn:
            return await conn.fetchval(posted)

    assert await run("2019-01") == 0
    await run("2019-02")
    report = await january(["subsidies", "report", "findings", "--month", "2019-02"])
    found = {(row["check"], row["subject"]): row["evidence"] for row in report["rows"]}
    assert found["charge_below_plan", "YD-95"] == "2019-01 账单 0.00，套餐按天应为 38.00"
    argv = ["subsidies", "finding", "--month", "2019-02", "--check", "charge_below_plan", "--subject", "YD-95"]
    decided = await january([*argv, "--pay", "YD-95", "--why", "运营商补记", "--as", "zhen"], NEXT)
    assert decided["state"] == "decided", decided
    assert await run("2019-01") == 1900


async def test_a_verdict_on_one_bill_pays_no_correction_of_a_closed_month(january: Player, folder: Path) -> None:
    """The closed month is calculated before the open one, whose finding would ask."""
    await advance(january, "decide")
    for step, who in (("settle", "cai"), ("reconcile", "dui"), ("close", "dui")):
        done = await take(january, step, who=who)
        assert "code" not in done, done
    await add_line(january, folder, NEXT)
    own = write_bill(folder, "own", ["2019-02,17050000995,手机,P1,37.99,19.00,18.99,"], month="2019-02")
    await import_all(january, NEXT, ("billing", own), flag="--take-fewer")
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], NEXT)
    argv = ["subsidies", "finding", "--month", "2019-02", "--check", "charge_below_plan", "--subject", "YD-95"]
    assert (await january([*argv, "--pay", "YD-95", "--why", "差一分", "--as", "zhen"], NEXT))["state"] == "decided"
    bill = write_bill(folder, "f", ["2019-02,17050000995,手机,P1,0.00,19.00,-19.00,2019-01"], month="2019-02")
    await import_all(january, NEXT, ("billing", bill), flag="--take-fewer")
    assert (await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], NEXT))["postings"] == 0


async def test_a_claim_above_the_charge_tells_the_charge_that_counts(january: Player) -> None:
    """The month's highest, with its correction: of 18.00 corrected by 1.00, a claim of 17.01 is above."""
    number = find_id_sql("17050000103")
    await execute(
        january,
        "SET LOCAL session_replication_role = replica",
        f"UPDATE claims SET reduction_fen = 1701, billed_fen = 99 WHERE number_id = {number}",
        "INSERT INTO claims (file_id, row_number, county_code, month, operator, kind, programme_code, charge_fen,"
        " reduction_fen, billed_fen, corrects_month, number_id)"
        " SELECT file_id, 900, county_code, '2019-02-01', operator, kind, programme_code, -100, 0, -100, month,"
        f" number_id FROM claims WHERE number_id = {number}",
    )
    await run_january(january, "2019-02-08")
    found = await find(january, "claim_above_charge", "YD-03")
    assert found is not None
    assert (found.at_risk_fen, found.evidence) == (1701, "申请 17.01，当月最高月费 17.00，核减 8.51")
