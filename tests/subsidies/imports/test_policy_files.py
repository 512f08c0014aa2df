"""Imports of officials, plans and budgets, and of one file by several people at once."""

import asyncio
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from market.reports.public_plans import list_public_plans
from market.subsidies.engine.models import IdleRule, Proration
from market.subsidies.month.build_case import load_case
from tests.story.play import INPUT, Answer, Player
from tests.support.make import SEAL


async def run_import_command(player: Player, kind: str, path: Path, who: str = "jiang", *flags: str) -> Answer:
    return await player(["import", kind, str(path), "--as", who, *flags], "2019-01-02")


def get_faulty_cells(answer: Answer) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["value"]) for each in answer["errors"]]


async def test_officials_are_created_once_with_their_roles(empty: Player) -> None:
    again = await empty(["import", "officials", "input/officials.csv"])
    assert (again["outcome"], again["counts"]) == ("no-op", {"accounts": 0, "roles": 0})
    async with empty.database.transaction(scope="130624") as conn:
        rows = await conn.fetch(
            "SELECT handle, array_agg(role || ' ' || scope ORDER BY role) FROM accounts JOIN grants"
            " ON account_id = accounts.id WHERE handle IN ('gan', 'cun') GROUP BY handle ORDER BY handle"
        )
    assert [tuple(row) for row in rows] == [
        ("cun", ["township 130624", "village 130624"]),
        ("gan", ["county 130624", "importer 130624"]),
    ]


async def test_bad_cells_of_officials_are_named(empty: Player, folder: Path) -> None:
    path = folder / "officials.csv"
    path.write_text(
        "账号,姓名,职责,范围\n样例,样例某,村级评议,130624000000\nok,样例某,村长,130624000000\nfar,样例某,对账,130623000000\n"
    )
    answer = await empty(["import", "officials", str(path)])
    assert get_faulty_cells(answer) == [(2, "账号", "样例"), (3, "职责", "村长"), (4, "范围", "130623000000")]
    async with empty.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM accounts WHERE handle IN ('ok', 'far')") == 0


async def test_two_files_of_the_same_officials_wait_for_each_other_in_either_order(empty: Player, folder: Path) -> None:
    head, first, *_ = (INPUT / "officials.csv").read_text("utf-8-sig").splitlines()
    rest = first.split(",", 1)[1]
    rows = [f"new{number},{rest}" for number in range(60)]
    paths = [folder / "up.csv", folder / "down.csv"]
    for path, each in zip(paths, (rows, rows[::-1]), strict=True):
        path.write_text("\n".join([head, *each]) + "\n")
    answers = await asyncio.gather(*(empty(["import", "officials", str(path)]) for path in paths))
    outcomes = sorted(answer.get("code", answer["outcome"]) for answer in answers)
    assert outcomes in (["handle_taken", "ok"], ["no-op", "ok"])


async def test_an_import_of_officials_counts_accounts_of_one_person(empty: Player, folder: Path) -> None:
    path = folder / "officials.csv"
    path.write_text(
        "账号,姓名,职责,范围,身份证号\n"
        "one,样例子某,对账,130624000000,130624197203209918\ntwo,样例丑某,财政结算,130624000000,130624197203209918\n"
    )
    answer = await empty(["import", "officials", str(path)])
    assert answer["counts"] == {"accounts": 2, "roles": 2, "same_identity": 2}
    async with empty.database.transaction(scope="130624") as conn:
        people = await conn.fetchval(
            "SELECT count(DISTINCT get_person_key(id)) FROM accounts WHERE handle IN ('one', 'two')"
        )
    assert people == 1


PLANS = "套餐编码,运营商,套餐名称,业务类型,减免前月费,资费表价格,生效日,失效日,分摊比例,依据\n"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("A,移动,样例,融合,59.00,,2018-01-01,,手机=1,样例", "分摊比例"),
        ("A,移动,样例,融合,59.00,,2018-01-01,,手机:手机=1:1,样例", "分摊比例"),
        ("A,移动,样例,融合,59.00,,2018-01-01,,手机:宽带=0:0,样例", "分摊比例"),
        ("A,移动,样例,手机,59.00,,2018-01-01,,手机:宽带=1:1,样例", "分摊比例"),
        ("A,铁通,样例,手机,59.00,,2018-01-01,,,样例", "运营商"),
        ("A,移动,样例,手机,,,2018-01-01,,,样例", "减免前月费"),
        ("A,移动,样例,手机,59.00,,2018-01-01,2018-01-01,,样例", "失效日"),
        ("A,移动,样例,电报,59.00,,2018-01-01,,,样例", "业务类型"),
    ],
)
async def test_a_bad_cell_of_a_plan_is_named(empty: Player, folder: Path, row: str, column: str) -> None:
    path = folder / "plans.csv"
    path.write_text(f"{PLANS}{row}\n")
    answer = await run_import_command(empty, "plans", path)
    assert (answer["code"], [(each["row"], each["column"]) for each in answer["errors"]]) == (
        "file_malformed",
        [(2, column)],
    )


async def test_a_plan_has_one_charge_a_day_and_a_row_replaces_its_version(empty: Player, folder: Path) -> None:
    path = folder / "plans.csv"
    path.write_text(f"{PLANS}A,移动,样例,手机,59.00,,2018-01-01,,,样例\n")
    assert (await run_import_command(empty, "plans", path))["outcome"] == "ok"
    path.write_text(f"{PLANS}A,移动,样例,手机,39.00,,2018-06-01,,,样例\n")
    assert get_faulty_cells(await run_import_command(empty, "plans", path)) == [(2, "生效日", "2018-06-01")]
    path.write_text(
        f"{PLANS}A,移动,样例,手机,59.00,,2018-01-01,2018-06-01,,样例\nA,移动,样例,手机,39.00,,2018-06-01,,,样例\n"
    )
    assert (await run_import_command(empty, "plans", path))["outcome"] == "ok"
    async with empty.database.transaction(scope="130624") as conn:
        rows = await conn.fetch("SELECT monthly_fen, valid_during::text FROM plans ORDER BY valid_during")
    assert [tuple(row) for row in rows] == [(5900, "[2018-01-01,2018-06-01)"), (3900, "[2018-06-01,)")]


async def test_everybody_reads_plans_with_data_and_place_which_change_without_asking(
    empty: Player, folder: Path
) -> None:
    path = folder / "plans.csv"
    head = f"{PLANS.strip()},流量MB,办理地点\n"
    path.write_text(
        f"{head}A,联通,样例融合,融合,59.00,,2018-01-01,,手机:宽带=2:1,样例,10240,样例营业厅\n"
        "B,移动,样例八元,手机,8.00,,2018-01-01,,,样例,0,\nC,移动,样例旧的,手机,7.00,,2016-01-01,2017-01-01,,样例,,\n"
    )
    assert (await run_import_command(empty, "plans", path))["outcome"] == "ok"
    path.write_text(f"{head}A,联通,样例融合,融合,59.00,,2018-01-01,,手机:宽带=2:1,样例,5120,村委会\n")
    async with empty.database.transaction(scope="130624") as conn:
        stored = await conn.fetchval("SELECT array_agg(file_id ORDER BY kind) FROM plans WHERE code = 'A'")
    assert (await run_import_command(empty, "plans", path))["counts"]["changed"] == 0
    async with empty.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT array_agg(file_id ORDER BY kind) FROM plans WHERE code = 'A'") == stored
    async with empty.database.transaction() as conn:
        seen = await list_public_plans(conn, "130624", day=date(2018, 5, 1))
    assert [(each.code, each.kinds, each.monthly_fen, each.data_mb, each.apply_at) for each in seen] == [
        ("B", ["mobile"], 800, 0, ""),
        ("A", ["broadband", "mobile"], 5900, 5120, "村委会"),
    ]
    path.write_text(f"{head}B,移动,样例八元,手机,9.00,,2018-01-01,,,样例,一个G,\n")
    assert get_faulty_cells(await run_import_command(empty, "plans", path)) == [(2, "流量MB", "一个G")]
    path.write_text(f"{head}B,移动,样例八元,手机,9.00,,2018-01-01,,,样例,0,\n")
    assert (await run_import_command(empty, "plans", path))["code"] == "facts_differ"


async def test_a_budget_names_its_bad_months_and_is_replaced_month_by_month(empty: Player, folder: Path) -> None:
    path = folder / "budget.json"
    path.write_text(json.dumps({"unit": "yuan", "months": {"2019-13": 1, "2019-02": -1}}))
    answer = await run_import_command(empty, "budget", path)
    assert get_faulty_cells(answer) == [(1, "unit", "yuan"), (1, "months", "2019-13"), (1, "2019-02", "-1")]
    for months in ({"2019-01": 100, "2019-02": 200}, {"2019-02": 300}):
        path.write_text(json.dumps({"unit": "fen", "months": months}))
        answer = await run_import_command(empty, "budget", path)
    assert (answer["code"], [(each["value"], each["message"]) for each in answer["errors"]]) == (
        "facts_differ",
        [("3.00", "原来是 2.00")],
    )
    assert (await run_import_command(empty, "budget", path, "jiang", "--take-changes"))["outcome"] == "ok"
    async with empty.database.transaction(scope="130624") as conn:
        rows = await conn.fetch("SELECT month::text, public_fen FROM budgets ORDER BY month")
    assert [tuple(row) for row in rows] == [("2019-01-01", 100), ("2019-02-01", 300)]


async def test_a_budget_is_also_a_spreadsheet_in_yuan(empty: Player, folder: Path) -> None:
    path = folder / "budget.csv"
    path.write_text("月份,财政补贴\n2019-01,450.5\n2019-01,1.00\n2019-02,\n")
    assert get_faulty_cells(await run_import_command(empty, "budget", path)) == [
        (3, "月份", "2019-01"),
        (4, "财政补贴", ""),
    ]
    path.write_text("月份,财政补贴\n2019-01,450.5\n")
    answer = await run_import_command(empty, "budget", path)
    assert (answer["outcome"], answer["sum_fen"]) == ("ok", 450_50)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"unit": "fen", "months": {"2019-01": 1.5}}', "[" * 5000, '{"unit": "\\u0000"}']
)
async def test_a_malformed_budget_is_refused(empty: Player, folder: Path, text: str) -> None:
    path = folder / "budget.json"
    path.write_text(text)
    assert (await run_import_command(empty, "budget", path))["code"] == "file_unreadable"


async def test_one_file_imported_concurrently_is_stored_once(empty: Player) -> None:
    path = INPUT / "register/register-2018-12-20.csv"
    answers = await asyncio.gather(*(run_import_command(empty, "register", path, "gan") for _ in range(4)))
    assert sorted(answer["outcome"] for answer in answers) == ["no-op", "no-op", "no-op", "ok"]
    async with empty.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM persons") == 40
        assert await conn.fetchval("SELECT count(*) FROM import_files") == 1


async def test_the_code_of_a_programme_has_one_to_twenty_characters(empty: Player, folder: Path) -> None:
    source = json.loads((INPUT / "programmes.json").read_text())
    codes = ("", "P" * 21)
    for programme, code in zip(source["programmes"], codes, strict=False):
        programme["code"] = code
    shutil.copytree(INPUT / "documents", folder / "documents")
    path = folder / "programmes.json"
    path.write_text(json.dumps(source))
    answer = await run_import_command(empty, "programmes", path)
    assert {(1, f"programmes[{at}].code", code) for at, code in enumerate(codes)} <= set(get_faulty_cells(answer))


async def test_terms_name_known_monitoring_types_each_once(empty: Player, folder: Path) -> None:
    source = json.loads((INPUT / "programmes.json").read_text())
    wrong = (["边缘易致贫户", "边缘易致贫户"], ["脱贫户"])
    for programme, monitoring in zip(source["programmes"], wrong, strict=False):
        programme["terms"][0]["monitoring"] = monitoring
    shutil.copytree(INPUT / "documents", folder / "documents")
    path = folder / "programmes.json"
    path.write_text(json.dumps(source))
    answer = await run_import_command(empty, "programmes", path)
    assert get_faulty_cells(answer) == [
        (1, "programmes[0].terms[0].monitoring", "边缘易致贫户、边缘易致贫户"),
        (1, "programmes[1].terms[0].monitoring", "脱贫户"),
    ]


async def test_known_terms_are_changed_only_on_request(january: Player, folder: Path) -> None:
    source = json.loads((INPUT / "programmes.json").read_text())
    shutil.copytree(INPUT / "documents", folder / "documents")
    first = source["programmes"][0]
    known = first["terms"][0]
    known |= {"until": "2019-03-01"}
    first["terms"].append({**known, "from": "2019-03-01", "until": None, "household_pays_bp": 4000})
    first["sentences"].append({**first["sentences"][0], "of": ["proration"]})
    path = folder / "gap.json"
    path.write_text(json.dumps(source).replace('"from": "2019-03-01"', '"from": "2019-04-01"'))
    answer = await run_import_command(january, "programmes", path, "jiang")
    assert get_faulty_cells(answer) == [(1, "programmes[0].terms[1].from", "2019-04-01")]
    assert answer["errors"][0]["message"].startswith("应是 2019-03-01，接着前一段：")
    path = folder / "followed.json"
    path.write_text(json.dumps(source))
    answer = await run_import_command(january, "programmes", path, "jiang")
    assert (answer["outcome"], answer["counts"]["changed"], answer["changes"]) == ("ok", 0, [])
    known["household_pays_bp"] = 3000
    first |= {"max_lines_per_household": 5, "sentences": first["sentences"][1:]}
    path = folder / "changed.json"
    path.write_text(json.dumps(source))
    refused = await run_import_command(january, "programmes", path, "jiang")
    assert (refused["code"], refused["changed"]) == ("facts_differ", 6)
    assert [(each["column"], each["value"], each["message"]) for each in refused["errors"]][:2] == [
        ("P1 每户最多业务数", "5", "原来是 2"),
        ("P1 农户最多付（万分之）", "3000", "原来是 5000"),
    ]
    tried = await run_import_command(january, "programmes", path, "jiang", "--dry-run")
    assert (tried["counts"]["changed"], len(tried["changes"])) == (6, 6)
    taken = await run_import_command(january, "programmes", path, "jiang", "--take-changes")
    assert taken["outcome"] == "ok"
    async with january.database.transaction(scope="130624") as conn:
        pays = await conn.fetch(
            "SELECT household_pays_bp FROM programme_terms WHERE programme_code = 'P1' ORDER BY valid_during"
        )
    assert [row[0] for row in pays] == [3000, 4000]


IDLE = {"idle_days": 60, "cure_days": 15}


def write_rules(folder: Path, start: str, rules: dict[str, Any], name: str = "rules.json") -> Path:
    """Write the programmes' file with terms of P2 from a day on that have rules of their own."""
    source = json.loads((INPUT / "programmes.json").read_text())
    shutil.copytree(INPUT / "documents", folder / "documents", dirs_exist_ok=True)
    terms = source["programmes"][1]["terms"]
    terms[0]["until"] = start
    terms.append({**terms[0], "from": start, "until": None, "rules": rules})
    path = folder / name
    path.write_text(json.dumps(source))
    return path


async def test_a_later_idle_rule_leaves_earlier_months(january: Player, folder: Path) -> None:
    async def read_rules() -> dict[str, tuple[Proration, IdleRule | None]]:
        async with january.database.transaction(scope="130624") as conn:
            cases = {
                month: await load_case(conn, SEAL, "130624", date.fromisoformat(f"{month}-01"))
                for month in ("2018-09", "2019-01", "2019-02", "2019-03", "2019-04")
            }
        return {month: (case.programmes[1].proration, case.programmes[1].idle) for month, case in cases.items()}

    before = (Proration.DAILY, IdleRule(idle_days=30, cure_days=15))
    assert set((await read_rules()).values()) == {before}
    path = write_rules(folder, "2019-03-01", {"proration": "none", "idle": IDLE})
    answer = await run_import_command(january, "programmes", path, "jiang")
    assert (answer["outcome"], answer["counts"]["changed"]) == ("ok", 0)
    after = (Proration.NONE, IdleRule(**IDLE))
    assert await read_rules() == {
        "2018-09": before, "2019-01": before, "2019-02": before, "2019-03": after, "2019-04": after,
    }  # fmt: skip
    # The rules of the programme written out change nothing.
    same = write_rules(folder, "2019-03-01", {"proration": "none", "idle": IDLE}, "same.json")
    source = json.loads(same.read_text())
    source["programmes"][0]["terms"][0]["rules"] = {"proration": "daily", "idle": None}
    same.write_text(json.dumps(source))
    assert (await run_import_command(january, "programmes", same, "jiang"))["counts"]["changed"] == 0
    gone = write_rules(folder, "2019-03-01", {"proration": "none", "idle": None}, "gone.json")
    refused = await run_import_command(january, "programmes", gone, "jiang")
    assert [(each["column"], each["message"]) for each in refused["errors"]] == [
        ("P2 折算和闲置", '原来是 {"proration":"none","idle":{"idle_days":60,"cure_days":15}}'),
    ]


async def test_idle_rules_change_on_the_first_of_a_month_and_are_days(empty: Player, folder: Path) -> None:
    path = write_rules(folder, "2019-03-02", {"proration": "daily", "idle": {"idle_days": 0, "cure_days": 3661}})
    source = json.loads(path.read_text())
    source["programmes"][0]["idle"] = {"idle_days": 3661, "cure_days": -1}
    path.write_text(json.dumps(source))
    assert get_faulty_cells(await run_import_command(empty, "programmes", path)) == [
        (1, "programmes[0].idle.idle_days", "3661"),
        (1, "programmes[0].idle.cure_days", "-1"),
        (1, "programmes[1].terms[1].from", "2019-03-02"),
        (1, "programmes[1].terms[1].rules.idle.idle_days", "0"),
        (1, "programmes[1].terms[1].rules.idle.cure_days", "3661"),
    ]
