"""Imports: complete files or nothing, every bad cell listed, a repeated file is a no-op."""

import csv
import io
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from market.kernel.sheets.cells import parse_fen
from market.subsidies.identifiers import add_identifiers
from tests.story.play import STORY, Answer, Player

INPUT = STORY / "input"
TABLES = (
    "persons",
    "households",
    "memberships",
    "household_statuses",
    "programmes",
    "plans",
    "budgets",
    "lines",
    "bindings",
    "enrolments",
    "usage_days",
    "openings",
    "claims",
    "import_files",
    "cycles",
    "cycle_duties",
)


async def count_rows(player: Player) -> dict[str, int]:
    async with player.database.transaction(scope="130624") as conn:
        return {table: await conn.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


def edit_copy(source: Path, folder: Path, name: str, change: Callable[[list[list[str]]], None]) -> Path:
    """Write a copy of a spreadsheet with `change(rows)` applied to its rows, header included."""
    rows = list(csv.reader(io.StringIO(source.read_text("utf-8-sig"))))
    change(rows)
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    path = folder / name
    path.write_text(buffer.getvalue(), "utf-8")
    return path


async def run_import_command(
    player: Player, kind: str, path: Path, who: str = "gan", *flags: str, day: str = "2019-02-03"
) -> Answer:
    return await player(["import", kind, str(path), "--as", who, *flags], day)


def get_faulty_cells(answer: Answer) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["value"]) for each in answer["errors"]]


REGISTER = INPUT / "register/register-2018-12-20.csv"
BINDINGS = INPUT / "bindings/bindings-2018-12-21.csv"
ENROLMENTS = INPUT / "enrolments/enrolments-2018-12-21.csv"


async def test_a_dry_run_stores_nothing_and_returns_the_counts(empty: Player) -> None:
    before = await count_rows(empty)
    answer = await run_import_command(empty, "register", REGISTER, "gan", "--dry-run")
    assert (answer["outcome"], answer["dry_run"], answer["rows"]) == ("ok", True, 40)
    assert (answer["counts"]["persons"], answer["counts"]["households"]) == (40, 16)
    assert await count_rows(empty) == before


async def test_every_bad_cell_of_a_register_is_named_and_nothing_is_stored(empty: Player, folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        head = rows[0]
        for at, column, value in (
            (1, "身份证号", "130624196202029911"),
            (2, "村代码", "130623100201"),
            (3, "出生日期", "1990-10-11"),
            (4, "保障档", "零"),
            (6, "成员至", "2015-01-01"),
            (7, "性别", "不明"),
            (9, "死亡日期", "2018-01-01"),
            (12, "原建档立卡", ""),
        ):
            rows[at][head.index(column)] = value

    before = await count_rows(empty)
    answer = await run_import_command(empty, "register", edit_copy(REGISTER, folder, "spoiled.csv", spoil))
    assert (answer["code"], answer["count"]) == ("file_malformed", 8)
    assert get_faulty_cells(answer) == [
        (2, "身份证号", "130624196202029911"),
        (3, "村代码", "130623100201"),
        (4, "出生日期", "1990-10-11"),
        (5, "保障档", "零"),
        (7, "成员至", "2015-01-01"),
        (8, "性别", "不明"),
        (10, "成员至", ""),
        (13, "原建档立卡", ""),
    ]
    assert await count_rows(empty) == before


async def test_a_person_in_two_households_and_an_inconsistent_household_are_faults(empty: Player, folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        rows[2][rows[0].index("保障档")] = "1"
        double = list(rows[1])
        double[0] = "H16"
        for column in ("村代码", "村名", "原建档立卡", "监测类型", "保障档"):
            double[rows[0].index(column)] = rows[-1][rows[0].index(column)]
        rows.append(double)

    answer = await run_import_command(empty, "register", edit_copy(REGISTER, folder, "double.csv", spoil))
    assert get_faulty_cells(answer) == [
        (3, "保障档", "1"),
        (42, "成员自", "2016-01-01"),
        (42, "成员序号", "1"),
        (42, "与户主关系", "户主"),
    ]


async def test_changes_of_a_register_are_imported_only_on_request(january: Player) -> None:
    path = INPUT / "register/register-2019-03-01.csv"
    before = await count_rows(january)
    answer = await run_import_command(january, "register", path, day="2019-03-01")
    assert (answer["code"], answer["ended"], answer["begun"], answer["changed"]) == ("register_differs", 3, 3, 0)
    assert await count_rows(january) == before
    answer = await run_import_command(january, "register", path, "gan", "--take-changes", day="2019-03-01")
    assert answer["counts"] == {
        "persons": 0,
        "persons_changed": 0,
        "households": 1,
        "households_changed": 0,
        "memberships_begun": 3,
        "memberships_ended": 3,
    }


async def test_a_changed_tier_is_valid_from_the_day_of_the_import(january: Player, folder: Path) -> None:
    def promote(rows: list[list[str]]) -> None:
        for row in rows[1:4]:
            row[rows[0].index("保障档")] = "1"

    path = edit_copy(REGISTER, folder, "tiers.csv", promote)
    answer = await run_import_command(january, "register", path, "gan", "--take-changes")
    assert answer["counts"]["households_changed"] == 1
    async with january.database.transaction(scope="130624") as conn:
        found = await conn.fetch(
            "SELECT tier, lower(valid_during)::text, upper(valid_during)::text FROM household_statuses"
            " WHERE household_code = 'H01' ORDER BY valid_during"
        )
    assert [tuple(row) for row in found] == [(2, "2016-01-01", "2019-02-03"), (1, "2019-02-03", None)]


async def test_identity_numbers_and_names_are_stored_sealed(january: Player) -> None:
    async with january.database.transaction(scope="130624") as conn:
        rows = await conn.fetch("SELECT identity_sealed, name_sealed, identity_index FROM persons")
    whole = b"".join(bytes(cell) for row in rows for cell in row)
    assert len(rows) == 40
    assert b"130624196202029910" not in whole
    assert "样例赵一".encode() not in whole


async def test_a_number_bound_twice_on_a_day_is_named_with_its_other_line(january: Player, folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        del rows[2:]
        rows[1][0] = "YD-99"

    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "twice.csv", spoil))
    assert get_faulty_cells(answer) == [(2, "业务号码", "17050000101"), (2, "卡号", "89860019000000000018")]
    assert answer["errors"][0]["message"] == "这一天已绑定在 YD-01，先写它的失效日"


async def test_bad_cells_of_bindings_are_named(january: Player, folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        del rows[5:]
        head = rows[0]
        rows[1][head.index("套餐编码")] = "LT38"
        rows[2][head.index("失效日")] = "2018-01-01"
        rows[3][head.index("业务类型")] = "宽带"
        rows[4][head.index("运营商")] = "铁通"

    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "bad.csv", spoil))
    assert get_faulty_cells(answer) == [
        (2, "套餐编码", "LT38"),
        (3, "失效日", "2018-01-01"),
        (4, "套餐编码", "YD38"),
        (5, "运营商", "铁通"),
    ]


async def test_a_number_of_another_county_is_refused_by_the_schema(january: Player, folder: Path) -> None:
    async with january.database.transaction(scope="130623") as conn:
        await conn.execute("INSERT INTO lines VALUES ('130623', 'X-1', 'mobile', 'mobile')")
        ids = await add_identifiers(conn, january.seal, ["17050007777"])
        await conn.execute(
            "INSERT INTO bindings (county_code, line_code, operator, kind, number_id, identity_index, plan_code,"
            " valid_during, change, realname)"
            " VALUES ('130623', 'X-1', 'mobile', 'mobile', $1, 'i', 'p', '[2018-01-01,)', '新办', '一致')",
            ids["17050007777"],
        )

    def move(rows: list[list[str]]) -> None:
        del rows[2:]
        rows[1][rows[0].index("业务编号")] = "YD-77"
        rows[1][rows[0].index("业务号码")] = "17050007777"
        rows[1][rows[0].index("卡号")] = ""

    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "far.csv", move))
    assert (answer["code"], get_faulty_cells(answer)) == ("file_malformed", [(2, "业务号码", "17050007777")])


async def test_bad_cells_of_enrolments_are_named(january: Player, folder: Path) -> None:
    def spoil(rows: list[list[str]]) -> None:
        del rows[6:]
        head = rows[0]
        rows[1][head.index("项目")] = "P7"
        rows[2][head.index("户编号")] = "H99"
        rows[3][head.index("公示止")] = ""
        rows[4][head.index("审定日")] = "2018-01-01"
        rows[5][head.index("业务编号")] = rows[4][head.index("业务编号")]

    answer = await run_import_command(january, "enrolments", edit_copy(ENROLMENTS, folder, "bad.csv", spoil))
    assert get_faulty_cells(answer) == [
        (2, "项目", "P7"),
        (3, "户编号", "H99"),
        (4, "公示止", ""),
        (5, "审定日", "2018-01-01"),
        (6, "项目", "P3"),
        (6, "业务编号", "YD-03"),
    ]


def write_bill(folder: Path, name: str, lines: list[str], *, month: str = "2019-01", **overrides: object) -> Path:
    """Write a billing file of mobile with its manifest, changed by `overrides`."""
    head = "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期"
    content = ("\n".join([head, *lines]) + "\n").encode()
    (folder / f"{name}.csv").write_bytes(content)
    total = sum(parse_fen(row.split(",")[5]) or 0 for row in lines)
    manifest = {
        "file": f"{name}.csv",
        "operator": "mobile",
        "month": month,
        "encoding": "utf-8",
        "sha256": sha256(content).hexdigest(),
        "rows": len(lines),
        "sum_fen": total,
        **overrides,
    }
    (folder / f"{name}.manifest.json").write_text(json.dumps(manifest))
    return folder / f"{name}.csv"


NEW = "2019-01,17050000888,手机,P1,38.00,19.00,19.00,"


async def test_a_number_claims_a_month_once(january: Player, folder: Path) -> None:
    rows = ["2019-01,17050000101,手机,P1,38.00,19.00,19.00,", NEW, NEW]
    answer = await run_import_command(january, "billing", write_bill(folder, "again", rows))
    assert get_faulty_cells(answer) == [(2, "业务号码", "17050000101"), (4, "业务号码", "17050000888")]


async def test_a_correction_never_takes_a_month_below_zero(january: Player, folder: Path) -> None:
    rows = ["2019-02,17050000101,手机,P1,-38.01,-19.00,-19.01,2019-01"]
    answer = await run_import_command(january, "billing", write_bill(folder, "deep", rows, month="2019-02"))
    assert [(each["row"], each["column"], each["message"]) for each in answer["errors"]] == [
        (2, "账单金额", "冲正后 2019-01 低于零（-0.01）")
    ]


@pytest.mark.parametrize(
    ("overrides", "difference"),
    [
        ({"rows": 2}, "行数，清单写 2，文件是 1"),
        ({"sum_fen": 1901}, "优惠减免合计（元），清单写 19.01，文件是 19.00"),
        ({"sha256": "0" * 64}, f"校验和，清单写 {'0' * 64}，文件是 "),
        ({"file": "other.csv"}, "文件名，清单写 other.csv，文件是 new.csv"),
    ],
    ids=["rows", "sum", "sha256", "file"],
)
async def test_a_manifest_that_does_not_match_is_refused(
    january: Player, folder: Path, overrides: dict[str, Any], difference: str
) -> None:
    before = await count_rows(january)
    answer = await run_import_command(january, "billing", write_bill(folder, "new", [NEW], **overrides))
    assert answer["code"] == "manifest_mismatch"
    assert answer["differences"].startswith(difference)
    assert await count_rows(january) == before


async def test_the_same_bytes_under_another_name_are_refused(january: Player, folder: Path) -> None:
    content = (INPUT / "billing/mobile-2019-01.csv").read_bytes()
    (folder / "renamed.csv").write_bytes(content)
    (folder / "renamed.manifest.json").write_bytes((INPUT / "billing/mobile-2019-01.manifest.json").read_bytes())
    answer = await run_import_command(january, "billing", folder / "renamed.csv")
    assert (answer["code"], answer["taken"]) == ("file_taken", "mobile-2019-01.csv")


async def test_a_changed_file_is_refused_with_both_hashes(january: Player) -> None:
    path = INPUT / "traps/same-name-other-content/mobile-2019-01.csv"
    answer = await run_import_command(january, "billing", path)
    assert (answer["code"], answer["taken_sha256"], answer["given_sha256"]) == (
        "file_changed",
        sha256((INPUT / "billing/mobile-2019-01.csv").read_bytes()).hexdigest(),
        sha256(path.read_bytes()).hexdigest(),
    )


async def test_a_quote_missing_in_its_document_is_refused(empty: Player, folder: Path) -> None:
    source = json.loads((INPUT / "programmes.json").read_text("utf-8"))
    source["programmes"][0]["sentences"][1]["quote"] = "农户每月最多支付套餐费的百分之六十"
    source["programmes"][1]["document"]["sha256"] = "0" * 64
    source["programmes"][2]["terms"][0]["funders"][0]["share_bp"] = 4999
    (folder / "programmes.json").write_text(json.dumps(source), "utf-8")
    documents = folder / "documents"
    documents.mkdir()
    for each in (INPUT / "documents").iterdir():
        (documents / each.name).write_bytes(each.read_bytes())
    answer = await run_import_command(empty, "programmes", folder / "programmes.json", "jiang")
    assert [each["column"] for each in answer["errors"]] == [
        "programmes[2].terms[0].funders",
        "programmes[0].sentences[1].quote",
        "programmes[1].document.sha256",
    ]


async def test_a_bundle_shares_its_charge_by_weight(january: Player) -> None:
    async with january.database.transaction(scope="130624") as conn:
        parts = await conn.fetch("SELECT kind, monthly_fen FROM plans WHERE code = 'LT59' ORDER BY kind")
    assert [tuple(row) for row in parts] == [("broadband", 1967), ("mobile", 3933)]


async def test_an_official_without_the_duty_is_refused_before_the_file_is_read(january: Player) -> None:
    path = INPUT / "usage/usage-2019-02.csv"
    assert (await run_import_command(january, "usage", path, "xian"))["code"] == "not_allowed"
    assert (await january(["import", "usage", str(path)]))["code"] == "not_signed_in"


async def test_a_checksum_in_capitals_is_the_same_checksum(january: Player, folder: Path) -> None:
    bill = write_bill(folder, "capitals", [NEW])
    manifest = bill.with_suffix(".manifest.json")
    source = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**source, "sha256": source["sha256"].upper()}))
    assert (await run_import_command(january, "billing", bill))["outcome"] == "ok"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "不是完好的 JSON"),
        ('{"file": ,}', "不是完好的 JSON，第 10 个字节附近"),
        ("[" * 5000, "应是一组字段"),
        ("{}", "缺少 file"),
        ('{"file": 1}', "file 应是文字"),
        ('{"file": "a", "operator": "x"}', "operator 写得不对"),
    ],
)
async def test_a_manifest_that_cannot_be_read_is_explained_in_chinese(
    january: Player, folder: Path, text: str, reason: str
) -> None:
    bill = write_bill(folder, "odd", [NEW])
    bill.with_suffix(".manifest.json").write_text(text)
    answer = await run_import_command(january, "billing", bill)
    assert (answer["code"], answer["reason"]) == ("file_unreadable", reason)


@pytest.mark.parametrize("month", ["2026-13", "9999-12", "1899-12", "2022-01", "十月"])
async def test_a_month_of_a_manifest_is_from_1900_to_two_years_ahead(january: Player, folder: Path, month: str) -> None:
    bill = write_bill(folder, "far", [NEW], month=month)
    answer = await run_import_command(january, "billing", bill)
    assert (answer["code"], answer["reason"]) == ("file_unreadable", f"清单上的月份 {month} 不对，应写成 2019-01")


async def test_a_month_that_a_spreadsheet_program_made_a_date_is_read(january: Player, folder: Path) -> None:
    rows = [NEW.replace("2019-01", "2019-01-01"), NEW.replace("2019-01", "2019/1/1").replace("0888", "0889")]
    assert (await run_import_command(january, "billing", write_bill(folder, "dates", rows)))["rows"] == 2


async def test_faults_beyond_a_thousand_are_counted_and_not_listed(january: Player, folder: Path) -> None:
    rows = [NEW.replace("手机", "电报") for _ in range(1_500)]
    answer = await run_import_command(january, "billing", write_bill(folder, "many", rows))
    assert (answer["count"], len(answer["errors"]), answer["errors"][-1]["row"]) == (1_500, 1_000, 1_001)
