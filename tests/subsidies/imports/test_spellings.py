"""One account, card or device is one however it is written: in other case or width, with other blanks or dashes."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.text import fold_identifier
from market.subsidies.imports.formats.identifiers import normalize_account, normalize_device, normalize_sim
from tests.story.play import COUNTY, Player
from tests.subsidies.findings.test_second_attacker import SPOUSE, find, find_row
from tests.subsidies.imports.test_contradictions import list_faults
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import (
    BINDINGS,
    ENROLMENTS,
    REGISTER,
    edit_copy,
    run_import_command,
    write_bill,
)

ACCOUNT = "kd-yd-0001"
SPELLINGS = ("KD-YD-0001", "ｋｄ－ｙｄ－０００１", "kd yd 0001", "kd–yd–0001", "kdyd0001", "Kd_yd_0001", "kd.yd.0001")


@pytest.mark.parametrize("written", SPELLINGS)
async def test_an_account_is_bound_once_however_it_is_written(january: Player, folder: Path, written: str) -> None:
    other = keep_row(find_row(BINDINGS, "YD-K1"), 业务编号="YD-K9", 业务号码=written, 身份证号=SPOUSE)
    faults = await list_faults(january, "bindings", edit_copy(BINDINGS, folder, "k.csv", other))
    assert faults == [("业务号码", "这一天已绑定在 YD-K1，先写它的失效日")]


async def test_one_file_binds_an_account_once(january: Player, folder: Path) -> None:
    def write_twice(rows: list[list[str]]) -> None:
        first = rows[find_row(BINDINGS, "YD-K1")]
        first[rows[0].index("业务号码")] = "kd-yd-0777"
        second = list(first)
        second[0], second[rows[0].index("业务号码")] = "YD-K8", "KD-YD-0777"
        first[0] = "YD-K7"
        rows[1:] = [first, second]

    faults = await list_faults(january, "bindings", edit_copy(BINDINGS, folder, "k.csv", write_twice))
    assert faults == [("业务号码", "这一天已绑定在 YD-K7，先写它的失效日")]


@pytest.mark.parametrize("written", SPELLINGS)
async def test_another_spelling_changes_no_binding_and_no_bill(january: Player, folder: Path, written: str) -> None:
    same = keep_row(find_row(BINDINGS, "YD-K1"), 业务号码=written)
    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "k.csv", same), "gan")
    assert (answer["outcome"], answer["counts"]["changed"]) == ("ok", 0)
    bill = write_bill(folder, "again", [f"2019-01,{written},宽带,P3,20.00,10.00,10.00,"])
    assert await list_faults(january, "billing", bill) == [("业务号码", "已导入的文件已有这个号码的 2019-01 账单")]
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM fact_versions WHERE subject = 'YD-K1'") == 0


async def test_one_bill_claims_an_account_once(january: Player, folder: Path) -> None:
    rows = [f"2019-01,{written},宽带,P3,20.00,10.00,10.00," for written in ("kd-yd-0555", "KD-YD-0555")]
    faults = await list_faults(january, "billing", write_bill(folder, "twice", rows))
    assert faults == [("业务号码", "第 2 行已有这个号码的 2019-01 账单")]


async def test_a_device_is_one_whether_its_hash_is_in_capitals_or_not(january: Player, folder: Path) -> None:
    row = find_row(BINDINGS, "YD-09")
    path = edit_copy(BINDINGS, folder, "d.csv", keep_row(row, 设备标识="H1:97BAB531613A1FF7FBFE5048"))
    answer = await run_import_command(january, "bindings", path, "gan", "--take-changes", day="2019-02-05")
    assert answer["outcome"] == "ok", answer
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    assert await find(january, "one_device_many_sims", "YD-07;YD-08;YD-09") is not None


async def test_a_card_is_bound_once_whether_its_hash_is_in_capitals_or_not(january: Player, folder: Path) -> None:
    digest = "0a" * 20
    first = keep_row(1, 业务编号="YD-91", 业务号码="17050000991", 卡号=f"h1:{digest}")
    path = edit_copy(BINDINGS, folder, "first.csv", first)
    assert (await run_import_command(january, "bindings", path, "gan"))["outcome"] == "ok"
    second = keep_row(1, 业务编号="YD-92", 业务号码="17050000992", 卡号=digest.upper())
    faults = await list_faults(january, "bindings", edit_copy(BINDINGS, folder, "second.csv", second))
    assert faults == [("卡号", "这一天已绑定在 YD-91，先写它的失效日")]


def test_a_hash_in_hexadecimal_is_stored_in_small_letters_and_another_as_it_is() -> None:
    for normalize in (normalize_device, normalize_sim):
        assert normalize("H1:ABCDEF01") == "h1:abcdef01"
        assert normalize("A" * 32) == "a" * 32
        assert normalize("h1:qZ9+/w==") == "h1:qZ9+/w=="
    assert normalize_account("kd yd—0001") == "kdyd-0001"
    assert (normalize_account("号码1"), normalize_account("ab")) == (None, None)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.@-]{2,20}", fullmatch=True), st.randoms())
def test_width_case_blanks_and_dashes_make_no_other_identifier(account: str, random: Random) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if random.random() < 0.5 else c for c in account)
    spelled = "".join(random.choice((c.upper(), c.lower())) + random.choice(("", " ", "-", "–")) for c in wide)
    assert fold_identifier(spelled) == fold_identifier(account)
    assert fold_identifier(fold_identifier(account)) == fold_identifier(account)


@given(st.integers(0, 10**10 - 1))
def test_another_digit_is_another_identifier(number: int) -> None:
    assert fold_identifier(f"kd-{number}") != fold_identifier(f"kd-{number + 1}")


@pytest.mark.parametrize("written", ["kd-yd-00O1", "kd-yd-OOO1", "kd-yd-000l", "KD-YD-000I"])
async def test_an_account_that_looks_like_another_one_is_refused(january: Player, folder: Path, written: str) -> None:
    other = keep_row(find_row(BINDINGS, "YD-K1"), 业务编号="YD-K9", 业务号码=written, 身份证号=SPOUSE)
    [fault] = await list_faults(january, "bindings", edit_copy(BINDINGS, folder, "k.csv", other))
    assert fault == ("业务号码", "和 YD-K1 的 kd-yd-0001 只差看不清的字（0 和 O，1 和 l），写成一样的")


@pytest.mark.parametrize(
    ("kind", "column", "written", "foreign"),
    [
        ("register", "户编号", "Н01", "Н"),
        ("enrolments", "户编号", "Н01", "Н"),
        ("enrolments", "业务编号", "УD-01", "У"),
        ("bindings", "业务编号", "YD-0١", "١"),
        ("bindings", "业务号码", "1705٠٠٠٠101", ""),
        ("bindings", "业务号码", "17050०००101", ""),
        ("enrolments", "代办人", "样例村干部А", "А"),
        ("enrolments", "代办人", "样例张ニ", "ニ"),
        ("enrolments", "村级评议人", "样例⺈某", "⺈"),
    ],
)
async def test_letters_of_other_scripts_are_refused_at_their_cell(
    january: Player, folder: Path, kind: str, column: str, written: str, foreign: str
) -> None:
    source = {"register": REGISTER, "enrolments": ENROLMENTS, "bindings": BINDINGS}[kind]
    faults = await list_faults(january, kind, edit_copy(source, folder, "x.csv", keep_row(1, **{column: written})))
    if foreign:
        ending = "不是汉字" if column in ("代办人", "村级评议人") else "不是"
        assert (column, True) == (faults[0][0], faults[0][1].endswith(f"“{foreign}”{ending}"))
    else:
        assert faults == [(column, "手机号码是 11 位数字，例如 17000000302")]


@pytest.mark.parametrize("written", ["样例张三（会计）", "样例·买买提", "張三", "𠮷某", "样例村干部A", "张三/书记 2"])
async def test_names_in_chinese_characters_are_taken(january: Player, folder: Path, written: str) -> None:
    path = edit_copy(ENROLMENTS, folder, "n.csv", keep_row(1, 代办人=written))
    answer = await run_import_command(january, "enrolments", path, "gan", "--take-changes")
    assert answer["outcome"] == "ok", answer
