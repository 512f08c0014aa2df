"""The person behind a line: bound as enrolled, enrolled in one county, and compared by folded name; a hold is told."""

from datetime import date

import pytest
from msgspec.structs import asdict

from market.kernel import Connection
from market.kernel.seal import Seal
from market.reports.line import explain_line
from market.subsidies.findings.signatures import FIND_SIGNATURE_FAULTS
from market.subsidies.findings.stopping_checks import PREPARER_IS_APPROVER
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Player
from tests.support.postgres import as_owner

OTHER = "(SELECT identity_index FROM enrolments WHERE line_code = 'YD-02')"
OWN = "(SELECT identity_index FROM enrolments WHERE line_code = 'YD-01')"


async def run_after(player: Player, *statements: str) -> dict[str, list[tuple[str, str]]]:
    """Change facts, calculate January, and return subject and evidence of the findings about YD-01 by check."""
    async with player.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        for statement in statements:
            await conn.execute(statement)
    await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    rows = (await player(["subsidies", "report", "findings", "--month", "2019-01"]))["rows"]
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row["subject"] == "YD-01":
            found.setdefault(row["check"], []).append((row["weight"], row["evidence"]))
    return found


@pytest.mark.parametrize(
    ("identity", "who"), [(OTHER, "是名册里的另一个人"), (r"'\xabcd'::bytea", "不在名册里")], ids=["member", "stranger"]
)
async def test_a_number_bound_to_another_person_stops(january: Player, identity: str, who: str) -> None:
    found = await run_after(january, f"UPDATE bindings SET identity_index = {identity} WHERE line_code = 'YD-01'")
    assert found == {"bound_to_another": [("critical", f"2018-10-01 起绑定的人不是登记享受的人；绑定的人{who}")]}
    settlement = await january(["subsidies", "report", "settlement", "--month", "2019-01"])
    assert "YD-01" in settlement["held"]


FOREIGN = (
    (
        "INSERT INTO programmes SELECT '130128', code, name, kinds, max_lines, proration, idle_days, cure_days,"
        " document_number, document_name, document_sha256, document_text FROM programmes WHERE code = 'P1'"
    ),
    "INSERT INTO lines VALUES ('130128', 'X-01', 'telecom', 'mobile')",
    (
        "WITH other AS ("
        "    INSERT INTO identifiers (value_index, value_sealed) VALUES ('other', 'other') RETURNING id)"
        " INSERT INTO bindings (county_code, line_code, operator, kind, number_id, identity_index, plan_code, change,"
        " realname, valid_during) VALUES ('130128', 'X-01', 'telecom', 'mobile', (SELECT id FROM other),"
        f" {OWN}, 'P',"
        " '新办', '一致', '{days}')"
    ),
    (
        "INSERT INTO enrolments (county_code, line_code, programme_code, identity_index, household_code, applied_on,"
        f" decided_on, entitled_from, status) VALUES ('130128', 'X-01', 'P1', {OWN}, 'Z', '2018-09-01', '2018-09-20',"
        " '2018-10-01', '{status}')"
    ),
)


@pytest.mark.parametrize(
    ("days", "status", "stops"),
    [
        ("[2018-10-01,)", "已审定", True),
        ("[2018-10-01,2019-01-02)", "已审定", True),
        ("[2018-10-01,2019-01-01)", "已审定", False),
        ("[2018-10-01,)", "公示中", False),
    ],
)
async def test_a_person_enrolled_in_two_counties_stops_and_neither_is_named(
    january: Player, days: str, status: str, stops: bool
) -> None:
    found = await run_after(january, *(each.format(days=days, status=status) for each in FOREIGN))
    want = {"enrolled_in_two_counties": [("critical", "这个人同时在别的县登记享受")]}
    assert found == (want if stops else {})


async def test_no_county_asks_about_the_lines_of_another(january: Player) -> None:
    await run_after(january, *(each.format(days="[2018-10-01,)", status="已审定") for each in FOREIGN))
    ask = "SELECT count(*) FROM find_enrolled_elsewhere($1, '2019-01-01', '2019-02-01')"
    async with january.database.transaction(scope="130128") as conn:
        assert await conn.fetchval(ask, COUNTY) == 0
        assert await conn.fetchval(ask, "130128") == 1


SPELLINGS = (
    "样例 两面人",
    "样例两面人（村会计）",
    "样例两面人(村会计) ",
    "【代】样例两面人",
    "样例两面人主任",
    "村会计样例两面人",
    "样例两面人 村委会副主任",
    "样例两面人党支部书记（代）",
    "村支书样例两面人",
    "样例两面人老师",
    "驻村工作队员样例两面人",
    "样例两面人/书记",
    "样例两面人-会计",
    "样例两面人、样例某",
    "样例·两面人",
    "样例•两面人",
    "样例ꞏ两面人",
    "样例丶两面人",
    "样例两面人（村会计",
    "（样例两面人",
    "村干部（样例两面人）",
    "樣例兩面人",
    "样例两面人2",
    "老样例两面人",
    "包村领导样例两面人",
    "样例两面人水管员",
    "样例两面人代",
    "代样例两面人",
    "样例两面人印",
    "样例两面人章",
    "样例两面人签",
    "样例两面人兼",
    "样例两面人手签",
    "村样例两面人",
    "样例两面人村",
    "Ｘ样例两面人",
    "样例两面人记",
    "代样例两面人签",
)


@pytest.mark.parametrize("assessor", SPELLINGS)
async def test_one_person_under_two_spellings_is_preparer_and_approver(county: Connection, assessor: str) -> None:
    assert await find_same(county, "样例两面人", assessor) == [f"代办人 样例两面人 和村级评议人 {assessor} 是一个人"]


async def find_same(county: Connection, agent: str, assessor: str, *, line: str = "YD-01") -> list[str]:
    """Return the evidence that the check finds after the enrolment of a line was changed."""
    change = "UPDATE enrolments SET agent = $1, assessor = $2 WHERE line_code = $3"
    await county.execute(change, agent, assessor, line)
    cycle = await find_cycle(county, COUNTY, date(2019, 1, 1))
    signed = asdict(await FIND_SIGNATURE_FAULTS.one(county, county=COUNTY))
    found = await PREPARER_IS_APPROVER.all(county, county=COUNTY, run_id=cycle.run_id, **signed)
    return [each.evidence for each in found if each.subject == line]


@pytest.mark.parametrize(
    ("agent", "assessor"),
    [
        ("张三", "张三丰"),
        ("张三", "李张三"),
        ("王主任", "王书记"),
        ("村主任", "村会计"),
        ("村委会主任", "村委会书记"),
        ("王建国", "王建军"),
        ("张建国", "李建国"),
        ("水管员张三", "水管员李四"),
    ],
)
async def test_two_names_are_two_persons(county: Connection, agent: str, assessor: str) -> None:
    assert await find_same(county, agent, assessor) == []


@pytest.mark.parametrize("plainly", ["official", "another line"])
async def test_unknown_titles_hide_no_name_written_plainly_elsewhere(county: Connection, plainly: str) -> None:
    agent, assessor = "水管员样例石某", "样例石某包村领导"
    assert await find_same(county, agent, assessor) == []
    if plainly == "official":
        async with as_owner(county):
            await county.execute("UPDATE accounts SET name = '样例石某' WHERE handle = 'cun'")
    else:
        assert await find_same(county, "样例石某", "样例李某", line="YD-03") == []
    assert len(await find_same(county, agent, assessor)) == 1


async def test_two_names_of_accounts_of_one_identity_are_one_person(county: Connection) -> None:
    assert await find_same(county, "样例石某", "样例别名") == []
    async with as_owner(county):
        await county.execute("UPDATE accounts SET name = '样例石某' WHERE handle = 'cun'")
        await county.execute("UPDATE accounts SET name = '样例别名' WHERE handle = 'zhen'")
        await county.execute(
            "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle IN ('cun', 'zhen')"
        )
    assert len(await find_same(county, "样例石某", "样例别名")) == 1


@pytest.mark.parametrize("assessor", ["", " ", "—", "/"])
async def test_an_enrolment_that_nobody_assessed_stops(county: Connection, assessor: str) -> None:
    assert await find_same(county, "样例代办甲", assessor) == ["没有写村级评议人"]


@pytest.mark.parametrize("spelling", ["{0} {1}（村干部）", "{0}{1}主任", "水管员{0}{1}", "{0}{1}、样例某", "cun"])
async def test_another_spelling_of_the_name_does_not_let_the_agent_confirm(january: Player, spelling: str) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        name = await conn.fetchval("SELECT name FROM accounts WHERE handle = 'cun'")
        await conn.execute(
            "UPDATE enrolments SET agent = $1 WHERE line_code = 'YD-01'", spelling.format(name[:3], name[3:])
        )
    answer = await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    assert (answer["code"], answer["line"]) == ("second_duty", "YD-01")


async def test_the_name_of_another_account_of_the_person_does_not_let_the_agent_confirm(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute(
            "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle IN ('cun', 'zhen')"
        )
        name = await conn.fetchval("SELECT name FROM accounts WHERE handle = 'zhen'")
        await conn.execute("UPDATE enrolments SET agent = $1 WHERE line_code = 'YD-01'", name)
    answer = await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    assert (answer["code"], answer["line"]) == ("second_duty", "YD-01")


async def test_a_held_line_is_explained_as_held_and_not_as_funded(january: Player, seal: Seal) -> None:
    await run_after(january, "UPDATE enrolments SET notice = NULL WHERE line_code = 'YD-01'")
    async with january.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, date(2019, 1, 1))
        line = await explain_line(conn, seal, cycle, (COUNTY,), "YD-01")
        free = await explain_line(conn, seal, cycle, (COUNTY,), "YD-03")
    assert [(hold.check, hold.verdict) for hold in line.holds] == [("enrolled_without_notice", "")]
    assert (line.funded_fen, line.approved_fen, line.reasons) == (0, 1900, [])
    assert line.reasons_zh == ["停付，等乡镇处理：未经公示（没有公示）"]
    assert (free.holds, free.funded_fen, free.reasons) == ([], 900, ["MATCHED"])


async def test_two_accounts_of_one_person_hold_one_duty(january: Player) -> None:
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute(
            "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle IN ('cun', 'zhen')"
        )
    confirmed = await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    assert confirmed["outcome"] == "ok"
    reviewed = await january(["subsidies", "review", "--month", "2019-01", "--as", "zhen"], "2019-02-05")
    assert (reviewed["code"], reviewed["held"]) == ("second_duty", "村级评议核实")
