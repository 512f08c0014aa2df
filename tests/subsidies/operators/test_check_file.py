"""`market subsidies check-file FILE`: lines, figures and exit codes, without a database."""

import io
import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.sheets.write_spreadsheet import FileFormat
from market.subsidies.imports.billing_rows import MAX_UPWARD_MONTHS
from market.subsidies.imports.formats.templates import write_manifest_template, write_template
from market.subsidies.imports.kinds import BILLING, USAGE, ImportKind
from market.subsidies.operators.check_file import check_file, check_file_command, list_fault_lines
from tests.story.play import STORY

TODAY = date(2019, 4, 3)
HEADER = "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期"
GOOD = "2019-02,17050000{n:03},手机,P1,38.00,19.00,19.00,"


def run(path: Path, kind: ImportKind = BILLING, *, as_json: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = check_file_command(path, kind, out, err, as_json=as_json, today=TODAY)
    return code, out.getvalue(), err.getvalue()


def write(folder: Path, *lines: str, header: str = HEADER, name: str = "bill.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]), "utf-8")
    return path


def test_each_bad_cell_of_the_story_is_one_line_with_row_column_value_and_what_is_right() -> None:
    code, out, err = run(STORY / "input/traps/malformed/telecom-2019-02.csv")
    assert code == 1
    assert out.splitlines()[0] == "6 处要改：8 行，2019-02"
    assert err.splitlines() == [
        "telecom-2019-02.csv 第 3 行 业务号码 “1700000030”：手机号码是 11 位数字，例如 17000000302",
        "telecom-2019-02.csv 第 4 行 优惠减免 “五元”：不是金额，应是最多两位小数的数字，例如 5.00",
        "telecom-2019-02.csv 第 5 行 实收金额 “12.00”：账单金额 = 优惠减免 + 实收金额，应是 18.00",
        "telecom-2019-02.csv 第 6 行 账期 “2019-13”：没有这个月份，应是 2019-02，即本文件的月份",
        "telecom-2019-02.csv 第 7 行 优惠减免 “-19.00”：不能是负数；冲正要在冲正账期写明所冲的月份",
        "telecom-2019-02.csv 第 9 行 账单金额 “”：空白不是 0，应写金额，例如 38.00",
    ]


@pytest.mark.parametrize("name", ["mobile-2019-01", "unicom-2019-02", "telecom-2019-02-r1", "telecom-2019-03"])
def test_the_files_of_the_story_are_sound(name: str) -> None:
    code, out, err = run(STORY / f"input/billing/{name}.csv")
    assert (code, err, out.startswith("没有错误：")) == (0, "", True)


def test_the_published_templates_are_sound(tmp_path: Path) -> None:
    for kind in (BILLING, USAGE):
        for file_format in FileFormat:
            template = write_template(kind, file_format)
            assert check_file(kind, template.name, template.content, today=TODAY).exit_code == 0
    bill, manifest = write_template(BILLING, FileFormat.CSV), write_manifest_template()
    (tmp_path / bill.name).write_bytes(bill.content)
    (tmp_path / manifest.name).write_bytes(manifest.content)
    code, out, err = run(tmp_path / bill.name)
    assert (code, err, out.splitlines()[0]) == (0, "", "没有错误：1 行，2019-01，优惠减免合计 19.00 元")


def test_a_manifest_that_does_not_match_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.format(n=1), GOOD.format(n=2))
    stated = {"file": "bill.csv", "operator": "mobile", "month": "2019-02", "sha256": "0" * 64, "rows": 3,
              "sum_fen": 3700}  # fmt: skip
    (tmp_path / "bill.manifest.json").write_text(json.dumps(stated))
    code, out, err = run(path)
    assert (code, out.splitlines()[0]) == (3, "清单对不上：2 行，2019-02，优惠减免合计 38.00 元")
    assert [line.partition("，")[0] for line in err.splitlines()] == [
        "bill.csv 的清单：校验和", "bill.csv 的清单：行数", "bill.csv 的清单：优惠减免合计（元）",
    ]  # fmt: skip


def test_without_a_manifest_the_command_says_what_one_has_to_state(tmp_path: Path) -> None:
    code, out, err = run(write(tmp_path, GOOD.format(n=1)))
    assert (code, err, out.splitlines()[2]) == (0, "", "没有清单；清单要写文件名、校验和、行数、金额")


def test_what_is_no_spreadsheet_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    assert run(tmp_path / "none.csv") == (2, "", "none.csv：读不了：No such file or directory\n")
    (tmp_path / "bill.xlsx").write_bytes(b"PK\x03\x04 no archive")
    assert run(tmp_path / "bill.xlsx")[0] == 2
    (tmp_path / "empty.csv").write_bytes(b"")
    assert run(tmp_path / "empty.csv") == (2, "", "empty.csv：文件 empty.csv 读不了：是空文件。\n")


def test_a_file_without_a_column_names_it(tmp_path: Path) -> None:
    code, _, err = run(write(tmp_path, "2019-02", header=HEADER.replace("优惠减免", "减免")))
    assert (code, err) == (1, "bill.csv 第 1 行 优惠减免 “”：缺少“优惠减免”这一列\n")


def test_a_month_in_the_year_9999_is_refused_at_its_cell(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.format(n=1), GOOD.format(n=2).replace("2019-02", "9999-12"))
    assert run(path)[2] == "bill.csv 第 3 行 账期 “9999-12”：没有这个月份，应是 2019-02，即本文件的月份\n"


def test_a_reduction_above_the_charge_is_named_and_no_sum_below_zero_is_asked_for(tmp_path: Path) -> None:
    rows = [GOOD.format(n=n).replace("38.00,19.00,19.00,", f"38.00,{reduction},19.00,") for n, reduction in
            ((1, "99.00"), (2, "18.00"))]  # fmt: skip
    assert run(write(tmp_path, *rows))[2] == (
        "bill.csv 第 2 行 优惠减免 “99.00”：不能大于账单金额 38.00\n"
        "bill.csv 第 3 行 实收金额 “19.00”：账单金额 = 优惠减免 + 实收金额，应是 20.00\n"
    )


def test_a_service_is_billed_once_and_a_correction_is_not_above_what_is_unknown(tmp_path: Path) -> None:
    down = GOOD.format(n=9).replace("38.00,19.00,19.00,", "-38.00,-19.00,-19.00,2019-01")
    path = write(tmp_path, GOOD.format(n=1), GOOD.format(n=1), down)
    assert run(path)[2] == "bill.csv 第 3 行 业务号码 “17050000001”：第 2 行已有这个号码的 2019-02 账单\n"


@pytest.mark.parametrize(("month", "code"), [("2018-08", 0), ("2018-07", 1)])
def test_a_month_is_raised_within_six_months_and_lowered_always(tmp_path: Path, month: str, code: int) -> None:
    assert MAX_UPWARD_MONTHS == 6
    up = GOOD.format(n=9).replace("38.00,19.00,19.00,", f"2.00,1.00,1.00,{month}")
    down = GOOD.format(n=8).replace("38.00,19.00,19.00,", f"-2.00,-1.00,-1.00,{month}")
    got, _, err = run(write(tmp_path, down, up))
    assert got == code
    assert err == ("" if code == 0 else (
        "bill.csv 第 3 行 账单金额 “2.00”：2018-07 已过 6 个月，只能冲减；往上改的最早是 2018-08\n"
        "bill.csv 第 3 行 优惠减免 “1.00”：2018-07 已过 6 个月，只能冲减；往上改的最早是 2018-08\n"
    ))  # fmt: skip


def test_a_provincial_file_says_the_county_of_each_row(tmp_path: Path) -> None:
    rows = [f"{GOOD.format(n=1)},130624", f"{GOOD.format(n=2)},130626000000", f"{GOOD.format(n=3)},阜平"]
    code, _, err = run(write(tmp_path, *rows, header=f"{HEADER},县代码"))
    assert (code, err) == (1, "bill.csv 第 4 行 县代码 “阜平”：应是 6 位县代码，例如 130624\n")


def test_the_result_as_json_is_one_value(tmp_path: Path) -> None:
    code, out, err = run(write(tmp_path, GOOD.format(n=1).replace("手机", "传真")), as_json=True)
    result = json.loads(out)
    assert (code, err, result["faults"], result["errors"][0]["row"]) == (1, "", 1, 2)
    assert result["errors"][0]["column"] == "业务类型"


def test_a_file_of_use_is_checked_too(tmp_path: Path) -> None:
    path = write(tmp_path, "17050000101,移动,2019-01-32", header="业务号码,运营商,使用日期")
    assert run(path, USAGE)[2] == "bill.csv 第 2 行 使用日期 “2019-01-32”：应是日期，例如 2019-01-31\n"


def test_a_workbook_with_a_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    with ZipFile(path, "w", compression=8) as archive:
        archive.writestr("xl/workbook.xml", b" " * 10_000_000)
    assert run(path) == (2, "", "big.xlsx：文件 big.xlsx 读不了：XLSX 展开后过大。\n")


@given(st.text(max_size=30))
def test_whatever_a_cell_holds_a_fault_is_one_line_and_moves_no_terminal(text: str) -> None:
    quoted = text.replace('"', '""')
    content = f'{HEADER}\n2019-02,"{quoted}",手机,P1,a,b,c,\n'.encode(errors="replace")
    result = check_file(BILLING, "bill.csv", content, today=TODAY)
    for line in list_fault_lines(result):
        assert line.isprintable()
    assert result.exit_code in (1, 2)
