"""Facts that contradict each other, the calendar or the register are refused, each at its cell."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asyncpg import CheckViolationError
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.sheets.spreadsheet import CellFaults, read_spreadsheet
from market.kernel.text import normalize_identity_number
from market.subsidies.imports.formats.columns import REGISTER_COLUMNS
from market.subsidies.imports.formats.identifiers import compute_luhn_digit, normalize_device, normalize_sim
from market.subsidies.imports.register_rows import read_members
from tests.story.play import COUNTY, Player
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import BINDINGS, ENROLMENTS, REGISTER, edit_copy, run_import_command

IMPORT_DAY = "2019-02-03"


async def list_faults(player: Player, kind: str, path: Path) -> list[tuple[str, str]]:
    answer = await run_import_command(player, kind, path)
    assert answer.get("code") == "file_malformed", answer
    return [(each["column"], each["message"]) for each in answer["errors"]]


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ({"公示起": "2018-09-15"}, [("公示起", "不能早于申请日 2018-09-16")]),
        ({"公示止": "2018-09-20"}, [("公示止", "应晚于公示起 2018-09-20")]),
        ({"审定日": "2018-09-26"}, [("审定日", "应晚于公示止 2018-09-26")]),
        ({"审定日": "2019-06-01", "享受起": "2019-06-01"}, [("审定日", f"不能晚于今天 {IMPORT_DAY}")]),
        ({"申请日": "2019-06-01"}, [("申请日", f"不能晚于今天 {IMPORT_DAY}")]),
        ({"享受起": "2018-08-31"}, [("享受起", "不能早于审定的那个月，最早 2018-09-01")]),
        ({"状态": "批准"}, [("状态", "应是 已申请、公示中、已审定、查重未通过、未通过、已撤回 之一")]),
        ({"户编号": "H02"}, [("户编号", "名册里这个人在 H01 户")]),
        ({"申请日": "1950-01-01"}, [("申请日", "这天名册里这个人不在哪一户，最早在册是 2016-01-01")]),
        ({"申请日": "2015-12-31"}, [("申请日", "这天名册里这个人不在哪一户，最早在册是 2016-01-01")]),
        ({"村级评议人": ""}, [("村级评议人", "已审定的要有村级评议人")]),
        ({"审定日": "", "享受起": ""}, [("审定日", "已审定的要有审定日"), ("享受起", "已审定的要有享受起")]),
        ({"审定日": "'", "享受起": "\u200b"}, [("审定日", "已审定的要有审定日"), ("享受起", "已审定的要有享受起")]),
    ],
    ids=str,
)
async def test_an_enrolment_out_of_order_is_refused(
    january: Player, folder: Path, cells: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    path = edit_copy(ENROLMENTS, folder, "late.csv", keep_row(1, 业务编号="YD-90", **cells))
    assert await list_faults(january, "enrolments", path) == faults


async def test_a_household_that_the_person_left_long_ago_is_refused(january: Player, folder: Path) -> None:
    left = keep_row(1, 户编号="H02", 成员序号="9", 与户主关系="其他", 成员自="2010-01-01", 成员至="2011-01-01")
    register = edit_copy(REGISTER, folder, "r.csv", left)
    assert (await run_import_command(january, "register", register, "gan", "--take-changes"))["outcome"] == "ok"
    path = edit_copy(ENROLMENTS, folder, "e.csv", keep_row(1, 业务编号="YD-90", 户编号="H02"))
    faults = await list_faults(january, "enrolments", path)
    assert faults == [("户编号", "名册里这个人从申请日 2018-09-16 起在 H01 户")]


async def test_what_is_known_of_the_applicant_later_refuses_no_enrolment_that_is_stored(
    january: Player, folder: Path
) -> None:
    dead = edit_copy(REGISTER, folder, "r.csv", keep_row(1, 死亡日期="2018-08-01", 成员至="2018-08-02"))
    assert (await run_import_command(january, "register", dead, "gan", "--take-changes"))["outcome"] == "ok"
    known = edit_copy(ENROLMENTS, folder, "known.csv", keep_row(1))
    assert (await run_import_command(january, "enrolments", known, "gan"))["outcome"] == "ok"
    new = edit_copy(ENROLMENTS, folder, "new.csv", keep_row(1, 业务编号="YD-90"))
    assert (await list_faults(january, "enrolments", new))[0][0] == "申请日"


async def test_a_decision_on_the_day_after_the_notice_and_entitlement_in_its_month_are_accepted(
    january: Player, folder: Path
) -> None:
    edge = keep_row(
        1, 业务编号="YD-90", 申请日="2018-09-20", 公示止="2018-09-21", 审定日="2018-09-22", 享受起="2018-09-01"
    )
    assert (await run_import_command(january, "enrolments", edit_copy(ENROLMENTS, folder, "e.csv", edge)))["rows"] == 1


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ({"死亡日期": "2030-01-01"}, [("死亡日期", f"不能晚于今天 {IMPORT_DAY}")]),
        ({"死亡日期": "1961-01-01", "成员至": "2016-02-01"}, [("死亡日期", "不能早于出生日期 1962-02-02"),
                                                         ("成员至", "死亡次日起不再是成员，应是 1961-01-02")]),
        ({"成员自": "1960-01-01"}, [("成员自", "不能早于出生日期 1962-02-02")]),
        ({"成员自": "2019-02-04"}, [("成员自", f"不能晚于今天 {IMPORT_DAY}")]),
        ({"成员至": "2019-02-05"}, [("成员至", "不能晚于明天；最后一天是今天的写 2019-02-04")]),
        ({"性别": "女"}, [("性别", "与身份证号不一致，应是男")]),
        ({"离户原因": "死亡", "成员至": "2018-06-02"}, [("死亡日期", "离户原因写的是死亡，要有死亡日期")]),
        ({"离户原因": "因病去世", "成员至": "2018-06-02"}, [("死亡日期", "离户原因写的是因病去世，要有死亡日期")]),
        ({"离户原因": "病故", "成员至": "2018-06-02"}, [("死亡日期", "离户原因写的是病故，要有死亡日期")]),
        ({"监测类型": "返贫户"}, [("监测类型", "应是 脱贫不稳定户、边缘易致贫户、突发严重困难户 之一，或者空着")]),
        ({"原建档立卡": "是", "监测类型": "边缘易致贫户"}, [("监测类型", "原建档立卡“是”的不会是边缘易致贫户")]),
        ({"原建档立卡": "否", "监测类型": "脱贫不稳定户"}, [("监测类型", "原建档立卡“否”的不会是脱贫不稳定户")]),
        ({"村代码": "130624101201"}, [("村名", "与村代码不一致，130624101201 是顾家台村")]),
    ],
    ids=str,
)  # fmt: skip
async def test_a_person_against_the_calendar_or_the_register_is_refused(
    empty: Player, folder: Path, cells: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    assert await list_faults(empty, "register", edit_copy(REGISTER, folder, "r.csv", keep_row(1, **cells))) == faults


async def test_a_village_name_may_end_in_its_committee(empty: Player, folder: Path) -> None:
    named = keep_row(1, 村代码="130624101209", 村名="骆驼湾村民委员会")
    answer = await run_import_command(empty, "register", edit_copy(REGISTER, folder, "r.csv", named))
    assert answer["outcome"] == "ok", answer


def copy_second(**cells: str) -> Callable[[list[list[str]]], None]:
    """Return an edit that keeps the first household's two first members, the second with `cells`."""

    def change(rows: list[list[str]]) -> None:
        rows[1:] = rows[1:3]
        for header, text in cells.items():
            rows[2][rows[0].index(header)] = text

    return change


async def test_a_household_has_one_head_and_a_seat_has_one_member_a_day(empty: Player, folder: Path) -> None:
    path = edit_copy(REGISTER, folder, "r.csv", copy_second(成员序号="1", 与户主关系="户主"))
    assert await list_faults(empty, "register", path) == [
        ("成员序号", "第 2 行已有这个成员序号，同一天只能有一个"),
        ("与户主关系", "第 2 行已有户主，同一天只能有一个"),
    ]


@pytest.mark.parametrize(
    "relation", ["户 主", "戶主", "本人", "户主（本人）", "本人或户主", "户主。", "新户主", "户主2", "02"]
)
async def test_a_second_head_is_seen_however_it_is_written(empty: Player, folder: Path, relation: str) -> None:
    path = edit_copy(REGISTER, folder, "r.csv", copy_second(与户主关系=relation))
    assert await list_faults(empty, "register", path) == [("与户主关系", "第 2 行已有户主，同一天只能有一个")]


async def test_a_second_head_is_seen_beside_the_one_that_the_register_has(empty: Player, folder: Path) -> None:
    first = edit_copy(REGISTER, folder, "first.csv", keep_row(1, 与户主关系="本人"))
    assert (await run_import_command(empty, "register", first))["outcome"] == "ok"
    second = edit_copy(REGISTER, folder, "second.csv", keep_row(2, 与户主关系="户 主"))
    assert await list_faults(empty, "register", second) == [("与户主关系", "名册已有户主，同一天只能有一个")]
    async with empty.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT relation FROM memberships") == "户主"


@pytest.mark.parametrize("relation", ["户主之子", "户主配偶", "原户主", "丈夫", "10"])
async def test_a_relation_to_the_head_is_no_second_head(empty: Player, folder: Path, relation: str) -> None:
    path = edit_copy(REGISTER, folder, "r.csv", copy_second(与户主关系=relation))
    assert (await run_import_command(empty, "register", path))["outcome"] == "ok"


async def test_one_card_written_in_two_ways_is_one_card(january: Player, folder: Path) -> None:
    for written in ("8986 0019 0000 0000 0018", "8986001900000000001", "8986-0019-0000-0000-001f"):
        other = keep_row(1, 业务编号="YD-91", 业务号码="17050000991", 卡号=written)
        path = edit_copy(BINDINGS, folder, f"card-{len(written)}.csv", other)
        assert await list_faults(january, "bindings", path) == [("卡号", "这一天已绑定在 YD-01，先写它的失效日")]
    bad = keep_row(1, 业务编号="YD-91", 业务号码="17050000991", 卡号="898600", 设备标识="1234")
    assert await list_faults(january, "bindings", edit_copy(BINDINGS, folder, "bad.csv", bad)) == [
        ("设备标识", "设备标识是 14 到 16 位的 IMEI，或运营商给的代码"),
        ("卡号", "卡号是 19 或 20 位数字"),
    ]


def test_an_imei_is_the_same_with_dashes_without_check_digit_and_with_software_version() -> None:
    written = ("35-209900-176148-1", "35209900176148", "352099001761480", "3520990017614823", " 352099001761481")
    assert {normalize_device(each) for each in written} == {"352099001761481"}
    assert normalize_device("h1:45dd75668643dd82df799e95") == "h1:45dd75668643dd82df799e95"
    assert (normalize_device("3520990017614"), normalize_device("手机")) == (None, None)


@given(st.from_regex(r"[0-9]{19}", fullmatch=True))
def test_a_card_is_the_same_with_and_without_its_check_digit(digits: str) -> None:
    whole = digits + compute_luhn_digit(digits)
    assert normalize_sim(digits) == normalize_sim(whole) == normalize_sim(f"{digits}f") == whole
    assert compute_luhn_digit("7992739871") == "3"


def test_another_last_digit_is_another_card() -> None:
    assert normalize_sim("89860019000000000019") == "89860019000000000019"
    assert (normalize_sim("898600190000000001"), normalize_sim("8986001900000000001G")) == (None, None)


@given(st.dates(), st.integers(0, 999))
def test_an_old_identity_number_is_the_new_one_of_the_same_person(day: object, sequence: int) -> None:
    old = f"130624{day:%y%m%d}{sequence:03}"
    number = normalize_identity_number(old)
    assert number is not None
    assert (number[:6], number[6:8], number[8:17]) == ("130624", "19", old[6:])
    assert normalize_identity_number(number) == number


def test_fifteen_digits_that_hold_no_day_are_no_identity_number() -> None:
    assert normalize_identity_number("130624199999991") is None
    assert normalize_identity_number("130624620202991") == "130624196202029910"


async def test_the_code_of_a_household_is_one_in_small_letters_and_in_capitals(empty: Player, folder: Path) -> None:
    first = edit_copy(REGISTER, folder, "first.csv", keep_row(1))
    assert (await run_import_command(empty, "register", first))["outcome"] == "ok"
    second = edit_copy(REGISTER, folder, "second.csv", keep_row(1, 户编号="ｈ01"))
    answer = await run_import_command(empty, "register", second)
    assert (answer["outcome"], answer["counts"]["households"], answer["counts"]["memberships_begun"]) == ("ok", 0, 0)
    head = edit_copy(REGISTER, folder, "head.csv", copy_second(户编号="h01", 成员序号="1", 与户主关系="户主"))
    assert (await run_import_command(empty, "register", head))["code"] == "file_malformed"
    async with empty.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT array_agg(code) FROM households") == ["H01"]


@pytest.mark.parametrize("table", ["households", "enrolments", "openings"])
async def test_the_schema_takes_codes_of_households_in_capitals_alone(january: Player, table: str) -> None:
    column = "code" if table == "households" else "household_code"
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(CheckViolationError, match="in_capitals"):
            await conn.execute(f"UPDATE {table} SET {column} = 'h01' WHERE {column} = 'H01'")


def test_an_ended_code_of_a_village_says_since_when_it_is_not_used() -> None:
    content = REGISTER.read_bytes().replace(b"130624101209", b"130721101209")
    faults = CellFaults()
    spreadsheet = read_spreadsheet("a.csv", content, REGISTER_COLUMNS)
    read_members(spreadsheet, {}, {"130721": "这是 2016-01-07 起停用的代码，请换成现在的"}, date(2019, 2, 3), faults)
    assert {each.message for each in faults.list_first() if each.column == "村代码"} >= {
        "这是 2016-01-07 起停用的代码，请换成现在的"
    }
