"""Each check finds its planted irregularity with the money at risk, and none in the most similar regular case."""

from datetime import date

import pytest

from market.kernel import Connection
from market.subsidies.findings.stopping_checks import CheckRow
from market.subsidies.findings.worksheet_checks import ENROLMENT_BURST, EQUAL_SUMS_IN_VILLAGE, REMOVAL_OUTLIER
from market.subsidies.month.cycles import find_cycle
from payments.money import format_yuan
from tests.story.play import COUNTY, Answer, Player
from tests.subsidies.findings.prepared import read_prepared
from tests.support.make import find_id_sql, make_account
from tests.support.postgres import as_owner

BILL = "UPDATE claims SET charge_fen = {}, reduction_fen = {}, billed_fen = {} WHERE number_id = {}"
ENROLMENT = "UPDATE enrolments SET {} WHERE line_code = 'YD-01'"
MEMBERS = "UPDATE memberships SET valid_during = daterange('{}', NULL) WHERE household_code = 'H01'"
PERSON_OF_YD_01 = "identity_index = (SELECT identity_index FROM enrolments WHERE line_code = 'YD-01')"
DEATH = f"UPDATE persons SET died_on = '{{}}', death_known_at = '2019-02-01T00:00Z' WHERE {PERSON_OF_YD_01}"
STATUS = "UPDATE household_statuses SET registered = false, {} WHERE household_code = 'H01'"
MONITORED = "UPDATE programme_terms SET monitoring = '{{{}}}' WHERE programme_code = 'P1'"
MOVE = [
    (
        "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
        f" WHERE person_id = (SELECT id FROM persons WHERE {PERSON_OF_YD_01})"
    ),
    (
        "INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)"
        f" SELECT county_code, id, 'H14', 9, '之子', '[2019-01-20,)' FROM persons WHERE {PERSON_OF_YD_01}"
    ),
]
JOIN = "UPDATE memberships SET household_code = 'H01', member_number = member_number + 9 WHERE household_code = 'H08'"
SPLIT = "UPDATE households SET split_from = 'H02' WHERE code = 'H01'"

PLANTED: dict[str, tuple[str, list[str], list[tuple[str, int]]]] = {
    "dead in the month": ("dead_in_service_month", [DEATH.format("2019-01-30")], [("YD-01", 1900)]),
    "dead on the month's last day": ("dead_in_service_month", [DEATH.format("2019-01-31")], [("YD-01", 1900)]),
    "dead after the month": ("dead_in_service_month", [DEATH.format("2019-02-01")], []),
    "no notice": ("enrolled_without_notice", [ENROLMENT.format("notice = NULL")], [("YD-01", 1900)]),
    "four days of notice": (
        "enrolled_without_notice",
        [ENROLMENT.format("notice = '[2018-09-20,2018-09-24)'")],
        [("YD-01", 1900)],
    ),
    "five days of notice": ("enrolled_without_notice", [ENROLMENT.format("notice = '[2018-09-20,2018-09-25)'")], []),
    "notice runs past the decision": (
        "enrolled_without_notice",
        [ENROLMENT.format("notice = '[2018-09-20,2018-09-29)'")],
        [("YD-01", 1900)],
    ),
    "notice ends before the decision": (
        "enrolled_without_notice",
        [ENROLMENT.format("notice = '[2018-09-20,2018-09-28)'")],
        [],
    ),
    "billed one fen below the plan": (
        "charge_below_plan",
        [BILL.format(3799, 1900, 1899, find_id_sql("17050000101"))],
        [("YD-01", 1900)],
    ),
    "billed as the plan": ("charge_below_plan", [BILL.format(3800, 1900, 1900, find_id_sql("17050000101"))], []),
    "a mid-month change one fen below": (
        "charge_below_plan",
        [BILL.format(2767, 1384, 1383, find_id_sql("17050000102"))],
        [("YD-02", 1384)],
    ),
    "neither registered nor monitored": (
        "not_eligible",
        [STATUS.format("monitoring = ''")],
        [("YD-01", 1900)],
    ),
    "monitored by a type that the terms name": ("not_eligible", [STATUS.format("monitoring = '边缘易致贫户'")], []),
    "monitored by a type that the terms do not name": (
        "not_eligible",
        [STATUS.format("monitoring = '边缘易致贫户'"), MONITORED.format("突发严重困难户,脱贫不稳定户")],
        [("YD-01", 1900)],
    ),
    "registered, whatever the terms name": ("not_eligible", [MONITORED.format("边缘易致贫户,突发严重困难户")], []),
    "not monitored on the month's last day": (
        "not_eligible",
        [STATUS.format("monitoring = '边缘易致贫户', risk_removed_on = '2019-01-30'")],
        [("YD-01", 1900)],
    ),
    "monitored up to the month's last day": (
        "not_eligible",
        [STATUS.format("monitoring = '边缘易致贫户', risk_removed_on = '2019-01-31'")],
        [],
    ),
    "agent is assessor": (
        "preparer_is_approver",
        [ENROLMENT.format("agent = '样例某', assessor = '样例某'")],
        [("YD-01", 1900)],
    ),
    "nobody applied for another": ("preparer_is_approver", [ENROLMENT.format("agent = ''")], []),
    "nobody assessed": ("preparer_is_approver", [ENROLMENT.format("agent = '', assessor = ''")], [("YD-01", 1900)]),
    "one line a household": (
        "too_many_lines",
        ["UPDATE programmes SET max_lines = 1 WHERE code = 'P1'"],
        [("H05", 1900), ("H15", 1900)],
    ),
    "two lines a household": ("too_many_lines", [], []),
    "two lines a household, of which one changes its plan within the month": (
        "too_many_lines",
        [
            f"UPDATE bindings SET valid_during = '{days}' WHERE line_code = 'DX-03' AND plan_code = '{plan}'"
            for plan, days in (("DX38", "[2018-10-01,2019-01-20)"), ("DX10", "[2019-01-20,)"))
        ],
        [],
    ),
    "a second line of a member who came within the month": (
        "too_many_lines",
        ["UPDATE programmes SET max_lines = 1 WHERE code = 'P1'", *MOVE],
        [("H05", 1900), ("H14", 1900), ("H15", 1900)],
    ),
    "two SIMs in a device": (
        "one_device_many_sims",
        ["UPDATE bindings SET device_id = NULL WHERE line_code = 'YD-09'"],
        [],
    ),
    "split 90 days before": ("split_before_enrolment", [SPLIT, MEMBERS.format("2018-06-30")], [("YD-01", 1900)]),
    "split 91 days before": ("split_before_enrolment", [SPLIT, MEMBERS.format("2018-06-29")], []),
    "split after the decision": ("split_before_enrolment", [SPLIT, MEMBERS.format("2018-09-29")], []),
    "another name": (
        "realname_differs",
        ["UPDATE bindings SET realname = '不一致' WHERE line_code = 'YD-01'"],
        [("YD-01", 1900)],
    ),
    "claim above the charge": (
        "claim_above_charge",
        [BILL.format(1801, 1801, 0, find_id_sql("17050000103"))],
        [("YD-03", 1801)],
    ),
    "claim as the charge": ("claim_above_charge", [BILL.format(1800, 1800, 0, find_id_sql("17050000103"))], []),
    "another device with a plan change": (
        "card_or_device_changed",
        ["UPDATE bindings SET device_id = number_id WHERE line_code = 'YD-02' AND upper_inf(valid_during)"],
        [("YD-02", 1384)],
    ),
    "another device declared as a change": (
        "card_or_device_changed",
        [
            (
                "UPDATE bindings SET device_id = number_id, change = '换机'"
                " WHERE line_code = 'YD-02' AND upper_inf(valid_during)"
            )
        ],
        [],
    ),
    "a second application while the first is bound": ("one_identity_two_enrolments", [], [("DX-06", 1655)]),
    "a second application after the first ended": (
        "one_identity_two_enrolments",
        [
            "UPDATE bindings SET valid_during = '[2018-10-01,2019-01-05)' WHERE line_code = 'LT-05'",
        ],
        [],
    ),
    "two operators after one another": (
        "two_operators_one_household",
        [
            "UPDATE bindings SET valid_during = '[2018-10-01,2019-01-05)' WHERE line_code = 'LT-05'",
        ],
        [],
    ),
    "two operators on one day": (
        "two_operators_one_household",
        [
            "UPDATE bindings SET valid_during = '[2018-10-01,2019-01-06)' WHERE line_code = 'LT-05'",
        ],
        [("H14", 1655)],
    ),
    "two operators all month": (
        "two_operators_one_household",
        [JOIN],
        [("H01", 1900), ("H14", 1655)],
    ),
    "two operators of a member who came within the month": (
        "two_operators_one_household",
        ["UPDATE enrolments SET applied_on = '2018-09-28' WHERE line_code = 'YD-01'", *MOVE],
        [("H14", 3555)],
    ),
}


async def findings(player: Player, check: str) -> list[Answer]:
    got = await player(["subsidies", "report", "findings", "--month", "2019-01"], "2019-02-05")
    return [row for row in got["rows"] if row["check"] == check]


@pytest.mark.parametrize("case", PLANTED, ids=str)
async def test_a_check_finds_exactly_the_planted_irregularity(january: Player, case: str) -> None:
    check, statements, want = PLANTED[case]
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await conn.execute(statement)
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    found = await findings(january, check)
    assert [(row["subject"], row["at_risk_fen"]) for row in found] == want
    assert all(row["evidence"] for row in found)


async def test_the_evidence_of_two_operators_has_their_names(january: Player) -> None:
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    [found] = await findings(january, "two_operators_one_household")
    assert found["evidence"] == "P1：LT-05（联通）与 DX-06（电信）自 2019-01-05 起同时绑定"


async def get_run_parameters(conn: Connection, month: date) -> dict[str, object]:
    cycle = await find_cycle(conn, COUNTY, month)
    return {"county": COUNTY, "run_id": cycle.run_id, "programmes": ["P1", "P2", "P3"]}


async def test_an_operator_that_removes_twice_as_many_stands_out(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        scope = await get_run_parameters(conn, date(2019, 2, 1))
        scope |= {"month": date(2019, 2, 1), "next": date(2019, 3, 1)}
        found = await REMOVAL_OUTLIER.all(conn, **scope, min_village_lines=[2] * 3, removal_factor=[2] * 3)
        assert [(row.subject, row.lines, row.at_risk_fen) for row in found] == [("unicom", ["LT-03"], 1000)]
        assert await REMOVAL_OUTLIER.all(conn, **scope, min_village_lines=[3] * 3, removal_factor=[2] * 3) == []
        assert await REMOVAL_OUTLIER.all(conn, **scope, min_village_lines=[2] * 3, removal_factor=[3] * 3) == []


async def list_bursts(conn: Connection, **given: object) -> list[CheckRow]:
    given |= await read_prepared(conn, given)
    return await ENROLMENT_BURST.all(conn, **{name: given[name] for name in ENROLMENT_BURST.names})


async def test_a_burst_of_one_agent_is_counted_within_its_days(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        scope = await get_run_parameters(conn, date(2019, 1, 1))
        days = {"month": date(2019, 1, 1), "next": date(2019, 2, 1), "burst_days": [7] * 3}
        found = await list_bursts(conn, **scope, **days, burst_enrolments=[7] * 3)
        assert [(row.subject, len(row.lines)) for row in found] == [("样例代办乙", 8), ("样例代办甲", 7)]
        found = await list_bursts(conn, **scope, **days, burst_enrolments=[8] * 3)
        assert [row.subject for row in found] == ["样例代办乙"]
        assert await list_bursts(conn, **scope, **days, burst_enrolments=[9] * 3) == []
        await conn.execute("UPDATE enrolments SET agent = '代办员 ' || agent WHERE line_code IN ('YD-01', 'YD-03')")
        await conn.execute("UPDATE enrolments SET agent = '样例·代办甲' WHERE line_code IN ('LT-01')")
        found = await list_bursts(conn, **scope, **days, burst_enrolments=[7] * 3)
        assert [(row.subject, len(row.lines)) for row in found] == [("样例代办乙", 8), ("样例代办甲", 7)]


async def test_an_agent_of_a_burst_is_known_by_identity_number(quarter: Player) -> None:
    number = "UPDATE enrolments SET agent_identity_index = $1, agent_identity_sealed = '' WHERE line_code = ANY($2)"
    async with quarter.database.transaction(scope=COUNTY) as conn:
        scope = await get_run_parameters(conn, date(2019, 1, 1))
        days = {"month": date(2019, 1, 1), "next": date(2019, 2, 1), "burst_days": [7] * 3}

        async def count(least: int) -> dict[str, int]:
            rows = await list_bursts(conn, **scope, **days, burst_enrolments=[least] * 3)
            return {row.subject: len(row.lines) for row in rows}

        found = await list_bursts(conn, **scope, **days, burst_enrolments=[7] * 3)
        first, second = (row.lines for row in found)
        # One person under two names.
        await conn.execute("UPDATE enrolments SET agent = '样例代办庚' WHERE line_code = ANY($1)", first[:4])
        assert await count(7) == {"样例代办甲": 7}
        await conn.execute(number, b"one", first)
        assert await count(7) == {"样例代办乙": 8, "样例代办甲": 7}
        # A name without a number belongs to the only one who has it, or to nobody known.
        await conn.execute(
            "UPDATE enrolments SET agent_identity_index = NULL, agent_identity_sealed = NULL WHERE line_code = $1",
            first[0],
        )
        assert await count(7) == {"样例代办乙": 8, "样例代办甲": 7}
        # An official of another county with this name is another person.
        elsewhere = await make_account(conn, name="样例代办乙")
        async with as_owner(conn):
            await conn.execute(
                "UPDATE accounts SET identity_index = 'other', identity_sealed = '' WHERE id = $1", elsewhere
            )
        assert await count(7) == {"样例代办乙": 8, "样例代办甲": 7}
        # Two people of one name.
        await conn.execute("UPDATE enrolments SET agent = '样例代办乙' WHERE line_code = ANY($1)", second)
        await conn.execute(number, b"two", second)
        namesakes = await count(7)
        assert sorted(namesakes.values()) == [7, 8]
        assert all(subject.startswith("样例代办乙（同名第 ") for subject in namesakes)
        # A name that two numbers have is known of neither.
        await conn.execute("UPDATE enrolments SET agent = '样例代办乙' WHERE line_code = ANY($1)", first)
        assert sorted(lines for name, lines in (await count(6)).items() if name.startswith("样例代办乙")) == [7, 7]


async def test_a_village_of_equal_sums_stands_out(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        scope = await get_run_parameters(conn, date(2019, 1, 1))
        found = await EQUAL_SUMS_IN_VILLAGE.all(conn, **scope, min_village_lines=[2] * 3)
        assert [(row.subject, row.lines, row.at_risk_fen) for row in found] == [
            ("130624103202", ["DX-02", "DX-03"], 3800)
        ]
        assert await EQUAL_SUMS_IN_VILLAGE.all(conn, **scope, min_village_lines=[3] * 3) == []


async def test_money_paid_after_a_death_is_at_risk_too(quarter: Player) -> None:
    got = await quarter(["subsidies", "report", "findings", "--month", "2019-03"], "2019-04-15")
    dead = next(row for row in got["rows"] if row["check"] == "dead_in_service_month")
    assert (dead["at_risk_fen"], dead["evidence"]) == (
        3121,
        "2019-02-10 死亡，2019-03-18 登记；2019年2月多结 12.21；2019年3月申请 19.00",
    )


@pytest.mark.parametrize("fen", [0, 5, 99, 100, 19_50, 1_234_567_89, -5, -12_21, -100])
async def test_sql_writes_a_sum_as_python_does(conn: Connection, fen: int) -> None:
    assert await conn.fetchval("SELECT format_yuan($1)", fen) == format_yuan(fen)
