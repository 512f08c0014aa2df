"""The lists of other offices and the register: each check at, below and above its threshold; what an import refuses."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from market.kernel import Connection, Query
from market.kernel.sheets.write_spreadsheet import write_csv
from market.service.commands.reseal import SEALED_COLUMNS
from market.subsidies.findings.check_table import CHECKS, Check
from market.subsidies.findings.stopping_checks import CheckRow
from market.subsidies.imports.formats.columns import LIST_COLUMNS
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import CHECK_NAMES
from tests.story.play import COUNTY, INPUT, Answer, Player
from tests.subsidies.findings.prepared import read_prepared

H01, H02, H15 = "130624196202029910", "130624197505059925", "130624196909099934"
MONTH = {"month": date(2019, 1, 1), "next": date(2019, 2, 1)}
PROGRAMMES = ["P1", "P2", "P3"]


async def import_list(
    player: Player, folder: Path, name: str, *rows: Mapping[str, str], day: str = "2019-02-05"
) -> Answer:
    path = folder / f"{name}.csv"
    path.write_bytes(write_csv(LIST_COLUMNS, [{"valid_from": "2018-01-01", **row} for row in rows]))
    return await player(["import", "lists", str(path), "--as", "gan"], day)


async def find(
    conn: Connection, code: str, *thresholds: int, **changed: object
) -> list[tuple[str, list[str], int, str]]:
    check: Check = CHECKS[code]
    query: Query[CheckRow] | None = check.query
    assert query is not None
    cycle = await find_cycle(conn, COUNTY, MONTH["month"])
    given: dict[str, object] = {
        "county": COUNTY, "run_id": cycle.run_id, **MONTH, **check.parameters, "programmes": PROGRAMMES,
        **{name: [value] * 3 for name, value in zip(check.thresholds, thresholds, strict=True)}, **changed,
    }  # fmt: skip
    if check.prepare is not None:
        given |= await check.prepare(conn, COUNTY, MONTH["month"], PROGRAMMES)
    given |= await read_prepared(conn, given)
    rows = await query.all(conn, **{name: given[name] for name in query.names})
    return [(row.subject, row.lines, row.at_risk_fen, row.evidence) for row in rows]


def test_every_check_has_a_name_and_an_owner() -> None:
    assert CHECKS.keys() == CHECK_NAMES.keys()
    assert [code for code, check in CHECKS.items() if check.stops and check.thresholds.keys() - {"notice_days"}] == []


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("财政供养人员", "on_public_payroll", "payroll"), ("车辆", "owns_vehicle", "vehicle"),
     ("工商登记", "owns_company", "company"), ("房产", "owns_flat", "flat")],
)  # fmt: skip
async def test_a_list_finds_the_household_of_a_person(
    january: Player, folder: Path, name: str, code: str, word: str
) -> None:
    got = await import_list(
        january, folder, word,
        {"list": name, "identity": H01}, {"list": name, "identity": H01, "value": "冀F 00001"},
        {"list": name, "identity": "110101199001011237"},
        {"list": name, "identity": H01, "value": "早就没有", "valid_until": "2019-01-01"},
    )  # fmt: skip
    assert (got["outcome"], got["counts"]) == ("ok", {"entries": 4, "ended": 0})
    async with january.database.transaction(scope=COUNTY) as conn:
        wanted = ("H01", ["YD-01"], 1900, "户里 1 人有 2 条登记，最早 2018-01-01 起（2 条以上）")
        assert await find(conn, code, 2) == [wanted]
        assert await find(conn, code, 3) == []
        assert [row[0] for row in await find(conn, code, 1)] == ["H01"]
        assert await find(conn, code, 1, programmes=["P3"] * 3) == []


async def test_an_entry_counts_on_the_days_of_the_month_alone(january: Player, folder: Path) -> None:
    rows = [
        {"list": "车辆", "identity": H01, "valid_until": "2019-01-02"},
        {"list": "房产", "identity": H01, "valid_until": "2019-01-01"},
        {"list": "工商登记", "identity": H01, "valid_from": "2019-01-31"},
        {"list": "财政供养人员", "identity": H01, "valid_from": "2019-02-01"},
    ]
    await import_list(january, folder, "days", *rows)
    async with january.database.transaction(scope=COUNTY) as conn:
        found = {
            code: [row[0] for row in await find(conn, code, 1)] for code in CHECKS if code.startswith(("owns", "on_"))
        }
    assert found == {"on_public_payroll": [], "owns_vehicle": ["H01"], "owns_company": ["H01"], "owns_flat": []}


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("住址", "one_address_many_households", "住址"), ("银行账号", "one_account_many_households", "银行账号")],
)
async def test_what_several_households_share_is_found_in_any_spelling(
    january: Player, folder: Path, name: str, code: str, word: str
) -> None:
    written = {"H01": "样例村12号", "H02": " 样例村１２号 ", "H05": "样例村12-号", "H03": "样例村13号"}
    await import_list(
        january, folder, "same", *({"list": name, "household": code, "value": text} for code, text in written.items())
    )
    async with january.database.transaction(scope=COUNTY) as conn:
        [found] = await find(conn, code, 3)
        assert (found[0], found[3]) == ("H01", f"3 户用同一个{word}：H01、H02、H05（3 户以上）")
        sums = await conn.fetch(
            "SELECT line_code, claimed_fen FROM run_lines JOIN cycles USING (run_id)"
            " WHERE month = '2019-01-01' AND household_code IN ('H01', 'H02', 'H05') ORDER BY 1"
        )
        assert (found[1], found[2]) == ([row[0] for row in sums], sum(row[1] for row in sums))
        assert await find(conn, code, 4) == []
        assert [row[0] for row in await find(conn, code, 2)] == ["H01"]
        texts = await conn.fetchval("SELECT count(*) FROM listed_facts f WHERE to_jsonb(f)::text LIKE '%样例村%'")
    assert texts == 0


async def test_a_person_of_two_households_in_a_year_is_found_unless_one_was_split_off(county: Connection) -> None:
    await county.execute("SET LOCAL ROLE postgres")
    await county.execute("SET LOCAL session_replication_role = replica")
    end = (
        "UPDATE memberships SET valid_during = daterange('2016-01-01', '{}') WHERE household_code = 'H01'"
        " AND member_number = 1 RETURNING person_id"
    )
    person = await county.fetchval(end.format("2018-02-02"))
    move = (
        "INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)"
        " VALUES ('130624', $1, 'H02', 90, '子女', '[2018-02-02,)')"
    )
    await county.execute(move, person)
    [(subject, lines, fen, evidence)] = await find(county, "person_in_many_households", 2)
    assert (subject, lines) == ("H02", ["YD-01", "YD-02"])
    assert evidence == "一年里同一人算过 H01 户（2016-01-01 起）、H02 户（2018-02-02 起）（2 户以上）"
    assert fen == await county.fetchval("SELECT sum(claimed_fen) FROM run_lines WHERE line_code = ANY($1)", lines)
    assert await find(county, "person_in_many_households", 3) == []
    await county.execute("UPDATE households SET split_from = 'H01' WHERE code = 'H02'")
    assert await find(county, "person_in_many_households", 2) == []
    await county.execute("UPDATE households SET split_from = NULL WHERE code = 'H02'")
    await county.execute(end.format("2018-02-01"))
    assert await find(county, "person_in_many_households", 2) == []


async def test_an_entry_is_old_a_day_after_its_period(county: Connection) -> None:
    await county.execute("SET LOCAL ROLE postgres")
    await county.execute("UPDATE register_checks SET checked_on = '2019-01-01'")
    await county.execute("UPDATE register_checks SET checked_on = '2018-01-31' WHERE household_code = 'H01'")
    assert await find(county, "register_entry_old", 365) == []
    [(village, lines, fen, evidence)] = await find(county, "register_entry_old", 364)
    assert (len(village), lines, fen) == (12, ["YD-01"], 1900)
    assert evidence == "1 户超过 364 天没有核查，最早 2018-01-31：H01"
    assert await find(county, "register_entry_old", 366) == []
    # A household that no file has brought a day for is as old as the file of its entry.
    await county.execute("DELETE FROM register_checks WHERE household_code = 'H01'")
    assert await find(county, "register_entry_old", 42) == []
    assert [row[0] for row in await find(county, "register_entry_old", 41)] == [village]
    assert await find(county, "register_entry_old", 41, programmes=["P9"] * 3) == []


PRICE = "UPDATE plans SET market_fen = {} WHERE code = 'YD38'"


@pytest.mark.parametrize(("market_fen", "found"), [(18_99, True), (19_00, False), (19_01, False), ("NULL", False)])
async def test_a_plan_that_costs_a_household_more_than_the_tariff_is_found(
    county: Connection, market_fen: object, found: bool
) -> None:
    await county.execute("SET LOCAL ROLE postgres")
    assert await find(county, "plan_above_market") == []
    await county.execute(PRICE.format(market_fen))
    rows = await find(county, "plan_above_market")
    assert [(row[0], row[3]) for row in rows] == [("YD38", "P1：农户按标准一共付 19.00，公开资费 18.99")] * found
    for _, lines, fen, _ in rows:
        assert "YD-01" in lines
        assert fen == await county.fetchval("SELECT sum(claimed_fen) FROM run_lines WHERE line_code = ANY($1)", lines)
    # A bundle is compared as a whole: 19.66 for the phone and 9.83 for the broadband.
    for tariff_fen, told in ((29_49, []), (29_48, ["P1", "P3"])):
        await county.execute(f"UPDATE plans SET market_fen = {tariff_fen} WHERE code = 'LT59'")
        bundle = [row[3] for row in await find(county, "plan_above_market") if row[0] == "LT59"]
        assert bundle == ["；".join(f"{code}：农户按标准一共付 29.49，公开资费 29.48" for code in told)] * bool(told)


async def test_a_run_opens_worksheets_of_lists_with_their_owner(january: Player, folder: Path) -> None:
    await import_list(january, folder, "car", {"list": "车辆", "identity": H01})
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    got = await january(["subsidies", "report", "findings", "--month", "2019-01"], "2019-02-05")
    assert [(row["subject"], row["at_risk_fen"]) for row in got["rows"] if row["check"] == "owns_vehicle"] == [
        ("H01", 1900)
    ]


async def test_a_list_refuses_what_it_cannot_read(january: Player, folder: Path) -> None:
    got = await import_list(
        january, folder, "bad",
        {"list": "飞机", "identity": H01},
        {"list": "车辆"},
        {"list": "住址", "household": "H99", "value": "样例"},
        {"list": "住址", "household": "H01"},
        {"list": "银行账号", "household": "H01", "value": "——", "identity": H01},
        {"list": "房产", "identity": H01, "household": "H01"},
        {"list": "房产", "identity": H01, "valid_until": "2018-01-01"},
        {"list": "车辆", "identity": H01}, {"list": "车辆", "identity": H01, "valid_from": "2018-02-01"},
    )  # fmt: skip
    assert [(each["row"], each["column"]) for each in got["errors"]] == [
        (2, "名单"), (3, "身份证号"), (4, "户编号"), (5, "内容"), (6, "内容"), (6, "身份证号"), (7, "户编号"),
        (8, "失效日"), (10, "生效日"),
    ]  # fmt: skip
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM listed_facts") == 0


async def test_an_entry_is_ended_once_and_never_changed(january: Player, folder: Path) -> None:
    entry = {"list": "车辆", "identity": H01}
    assert (await import_list(january, folder, "a", entry))["counts"] == {"entries": 1, "ended": 0}
    ended = await import_list(january, folder, "b", {**entry, "valid_until": "2019-01-10"})
    assert ended["counts"] == {"entries": 0, "ended": 1}
    again = await import_list(
        january, folder, "c", {**entry, "valid_until": "2019-01-10"}, entry | {"valid_from": "2019-01-10"}
    )
    assert again["counts"] == {"entries": 1, "ended": 0}
    other = await import_list(january, folder, "d", {**entry, "valid_until": "2019-01-20"})
    assert [(each["column"], each["message"]) for each in other["errors"]] == [
        ("失效日", "已经登记到 2019-01-10，不能再改")
    ]
    async with january.database.transaction(scope=COUNTY) as conn:
        kept = await conn.fetch("SELECT valid_during::text, ended_by IS NULL FROM listed_facts ORDER BY 1")
    assert [tuple(row) for row in kept] == [("[2018-01-01,2019-01-10)", False), ("[2019-01-10,)", True)]


async def test_the_day_of_a_check_moves_on_only(empty: Player, folder: Path) -> None:
    async def read_day() -> date:
        async with empty.database.transaction(scope=COUNTY) as conn:
            return await conn.fetchval("SELECT checked_on FROM register_checks WHERE household_code = 'H01'")

    source = INPUT / "register/register-2018-12-20.csv"
    text = source.read_text("utf-8-sig")
    header, *rows = text.splitlines()
    for name, day, wanted in (
        ("a", "", "2019-01-04"),
        ("b", "2019-01-03", "2019-01-04"),
        ("c", "2019-01-05", "2019-01-05"),
    ):
        path = folder / f"{name}.csv"
        path.write_text("\n".join([f"{header},核查日", *(f"{row},{day}" for row in rows)]), "utf-8-sig")
        got = await empty(
            ["import", "register", str(path), "--as", "gan"], "2019-01-04" if name != "c" else "2019-01-06"
        )
        assert got["outcome"] == "ok", got
        assert await read_day() == date.fromisoformat(wanted)


def test_what_is_sealed_of_a_list_is_sealed_again_with_a_new_secret() -> None:
    assert {each.column for each in SEALED_COLUMNS if each.table == "listed_facts"} == {
        "identity_sealed",
        "value_sealed",
    }
