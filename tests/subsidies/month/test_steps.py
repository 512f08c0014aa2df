"""The month's steps: refusals, reviews voided by a new run, and closed months."""

import pytest

from market.subsidies.identifiers import add_identifiers
from tests.story.play import Answer, Player
from tests.story.test_month import PLAN
from tests.support.make import SEAL
from tests.support.postgres import as_owner

MONTH = ["--month", "2019-01"]


async def act(player: Player, name: str, who: str, day: str = "2019-02-08", month: str = "2019-01") -> Answer:
    return await player(["subsidies", name, "--month", month, "--as", who], day)


def against(argv: list[str]) -> list[str]:
    """The same decision, but against the line that the story pays, where it is about household H14."""
    return ["--stop" if word == "--pay" and "H14" in argv else word for word in argv]


async def decide(player: Player, check: str, subject: str, *words: str, month: str = "2019-01") -> Answer:
    flags = ["--check", check, "--subject", subject, *words, "--month", month, "--as", "zhen"]
    return await player(["subsidies", "finding", *flags], "2019-02-06")


async def value(player: Player, statement: str, *values: object) -> object:
    async with player.database.transaction(scope="130624") as conn:
        return await conn.fetchval(statement, *values)


async def test_a_step_out_of_order_is_refused(january: Player) -> None:
    for name, who in (
        ("review", "zhen"),
        ("decide", "xian"),
        ("settle", "cai"),
        ("reconcile", "dui"),
        ("close", "dui"),
    ):
        assert (await act(january, name, who))["code"] == "wrong_state"
    assert (await act(january, "confirm", "cun", month="2019-07"))["code"] == "no_cycle"


async def test_the_review_waits_for_every_stopping_finding(january: Player) -> None:
    await act(january, "confirm", "cun")
    answer = await act(january, "review", "zhen")
    assert (answer["code"], answer["count"]) == ("findings_undecided", 3)
    why = ["--why", "样例"]
    await decide(january, "one_identity_two_enrolments", "DX-06", "--stop", "DX-06", *why)
    await decide(january, "claim_outside_snapshot", "DX-06", "--stop", "DX-06", *why)
    half = await decide(january, "two_operators_one_household", "H14", "--stop", "DX-06", *why)
    assert (half["state"], half["undecided"]) == ("open", ["LT-05"])
    assert (await act(january, "review", "zhen"))["names"] == "two_operators_one_household H14"
    await decide(january, "two_operators_one_household", "H14", "--pay", "LT-05", *why)
    assert (await act(january, "review", "zhen"))["state"] == "reviewed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--stop", "YD-01", "--why", "样例"], "not_of_finding"),
        (["--why", "样例"], "not_of_finding"),
        (["--stop", "DX-06", "--pay", "DX-06", "--why", "样例"], "not_of_finding"),
        (["--stop", "DX-06", "--why", "  "], "why_missing"),
    ],
)
async def test_a_decision_names_lines_of_its_finding_and_a_reason(january: Player, words: list[str], code: str) -> None:
    assert (await decide(january, "claim_outside_snapshot", "DX-06", *words))["code"] == code
    assert await value(january, "SELECT count(*) FROM finding_decisions") == 0


async def test_an_unknown_finding_is_refused(january: Player) -> None:
    answer = await decide(january, "claim_outside_snapshot", "YD-01", "--pay", "YD-01", "--why", "样例")
    assert answer["code"] == "no_finding"


async def test_facts_that_change_after_the_review_are_not_decided(january: Player) -> None:
    for step in PLAN["steps"][12:15]:
        for argv in step["commands"]:
            await january(argv, step["date"])
    await january(["import", "usage", "input/usage/usage-2019-02.csv", "--as", "gan"], "2019-02-06")
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
            " WHERE household_code = 'H13'"
        )
    assert (await act(january, "decide", "xian"))["code"] == "facts_changed"
    assert (await act(january, "run", "gan"))["code"] == "approvals_would_be_void"
    again = await january(["subsidies", "run", "--month", "2019-01", "--as", "gan", "--void-approvals"], "2019-02-14")
    assert (again["outcome"], again["state"], again["run"]) == ("ok", "calculated", 2)
    assert (await act(january, "decide", "xian"))["code"] == "wrong_state"
    assert (await act(january, "confirm", "cun"))["state"] == "confirmed"


async def test_the_same_facts_calculated_again_are_a_no_op(january: Player) -> None:
    await act(january, "confirm", "cun")
    answer = await act(january, "run", "gan")
    assert (answer["outcome"], answer["state"], answer["run"], answer["postings"]) == ("no-op", "confirmed", 1, 0)
    assert await value(january, "SELECT count(*) FROM runs") == 1


async def test_the_stored_case_gives_the_stored_result(january: Player) -> None:
    from market.subsidies.engine.calculate import calculate
    from market.subsidies.engine.read import read_case
    from market.subsidies.month.run import get_run_case

    async with january.database.transaction(scope="130624") as conn:
        run = await conn.fetchrow("SELECT id, manifest_sha256, result_sha256 FROM runs")
        assert run is not None
        answer = calculate(read_case(await get_run_case(conn, SEAL, "130624", run["id"])))
    assert (answer.manifest_sha256, answer.result_sha256) == (run["manifest_sha256"], run["result_sha256"])


async def test_a_fact_of_a_later_month_does_not_change_an_earlier_case(january: Player) -> None:
    for path in ("bindings/bindings-2019-03-01.csv", "bindings/bindings-2019-04-01.csv"):
        answer = await january(["import", "bindings", f"input/{path}", "--as", "gan"], "2019-02-06")
        assert answer["outcome"] == "ok"
    assert (await act(january, "run", "gan"))["outcome"] == "no-op"


async def test_the_last_of_several_villages_confirms_the_month(january: Player) -> None:
    async with january.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE grants SET scope = '130624101' WHERE role = 'village'")
    answer = await act(january, "confirm", "cun")
    assert (answer["state"], answer["waiting"]) == ("calculated", 12)
    async with january.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO cycle_approvals SELECT county_code, cycle_id, run_id, duty, v, account_id, approved_at"
            " FROM cycle_approvals, unnest(ARRAY['130624100', '130624102', '130624103', '130624104', '130624107',"
            " '130624206']) AS v"
        )
        await conn.execute("UPDATE grants SET scope = '130624207' WHERE role = 'village'")
    answer = await act(january, "confirm", "cun")
    assert (answer["state"], answer["waiting"]) == ("confirmed", 0)


async def test_a_township_decides_no_finding_of_another(january: Player) -> None:
    async with january.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE grants SET scope = '130624103' WHERE role = 'township'")
    stranger = await decide(january, "two_operators_one_household", "H14", "--stop", "DX-06", "--why", "样例")
    assert stranger["code"] == "no_finding"


async def test_a_line_that_stays_stopped_is_not_posted(january: Player) -> None:
    for step in PLAN["steps"][12:19]:
        for argv in step["commands"]:
            words = against(argv)
            await january(words, step["date"])
    assert await value(january, "SELECT state FROM cycles") == "closed"
    assert await value(january, "SELECT count(*) FROM subsidy_postings WHERE line_code = 'LT-05'") == 0
    assert await value(january, "SELECT count(*) FROM subsidy_postings") == 21
    settlement = await january(["subsidies", "report", "settlement", *MONTH])
    assert settlement["held"] == ["LT-05"]
    assert settlement["operators"]["unicom"]["public_fen"] == 3647 - 570
    assert settlement["operators"]["unicom"]["approved_fen"] == 6834
    sheet = await january(["subsidies", "report", "sheets", *MONTH])
    assert [row["public_fen"] for row in sheet["rows"]] == [5093, 3647, 3280, 12_020]
    quarter = await january(["subsidies", "report", "quarter", "--quarter", "2019Q1"])
    users = {(row["operator"], row["kind"]): row["users"] for row in quarter["rows"]}
    assert (users["unicom", "all"], quarter["provisional"]) == (4, True)


async def test_a_blocked_line_settles_in_the_open_cycle_once_it_is_decided_to_be_paid(january: Player) -> None:
    for step in PLAN["steps"][12:26]:
        for argv in step["commands"]:
            words = against(argv)
            await january(words, step["date"])
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("UPDATE finding_lines SET verdict = 'pay', facts_at = now() WHERE line_code = 'LT-05'")
    answer = await act(january, "run", "gan", "2019-03-04")
    assert (answer["outcome"], answer["postings"]) == ("ok", 1)
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-02"]))["rows"]
    assert [(row["line"], row["settled_fen"], row["adjustment_fen"], row["public_fen"]) for row in rows] == [
        ("LT-05", 0, 1900, 570)
    ]
    assert (await act(january, "run", "gan", "2019-03-04"))["outcome"] == "no-op"


async def test_a_closed_month_refuses_every_step(quarter: Player) -> None:
    for name, who in (
        ("confirm", "cun"),
        ("review", "zhen"),
        ("decide", "xian"),
        ("settle", "cai"),
        ("reconcile", "dui"),
    ):
        assert (await act(quarter, name, who, "2019-04-15"))["code"] == "cycle_closed"
    assert (await act(quarter, "close", "dui", "2019-04-15"))["outcome"] == "no-op"
    assert (await decide(quarter, "claim_outside_snapshot", "DX-06", "--pay", "DX-06", "--why", "样例"))["code"] == (
        "cycle_closed"
    )


async def test_a_month_is_decided_and_settled_with_what_its_county_requires_and_then_accepts_no_run(
    january: Player,
) -> None:
    for step in PLAN["steps"][12:16]:
        for argv in step["commands"]:
            await january(argv, step["date"])
    for name, who, setting, code in (
        ("decide", "xian", "terms_approved", "terms_not_approved"),
        ("settle", "cai", "agreements_required", "agreement_missing"),
    ):
        async with january.database.transaction() as conn, as_owner(conn):
            await conn.execute(
                "INSERT INTO county_settings (county_code, name, valid_during, value, basis)"
                " VALUES ('130624', $1, '[2019-01-01,)', 1, '样例')",
                setting,
            )
        assert (await act(january, name, who))["code"] == code
        async with january.database.transaction() as conn, as_owner(conn):
            await conn.execute("UPDATE county_settings SET value = 0")
        assert (await act(january, name, who))["outcome"] == "ok"
        assert (await act(january, "run", "gan"))["code"] == "wrong_state"


async def test_a_finding_that_no_longer_applies_lapses_and_may_reopen(january: Player) -> None:
    states = "SELECT state FROM findings WHERE check_code = 'one_device_many_sims'"

    async def rebind(device: str) -> None:
        async with january.database.transaction(scope="130624") as conn:
            row = await conn.fetchrow("DELETE FROM bindings WHERE line_code = 'YD-09' RETURNING *")
            assert row is not None
            names = [name for name in row.keys() if name != "number_key"]
            marks = ", ".join(f"${at}" for at in range(1, len(names) + 1))
            ids = await add_identifiers(conn, january.seal, [device])
            values = [ids[device] if name == "device_id" else row[name] for name in names]
            await conn.execute(f"INSERT INTO bindings ({', '.join(names)}) VALUES ({marks})", *values)

    await rebind("h1:another")
    answer = await act(january, "run", "gan")
    assert (answer["outcome"], answer["findings_changed"], answer["run"]) == ("ok", 1, 1)
    assert await value(january, states) == "lapsed"
    await rebind("h1:97bab531613a1ff7fbfe5048")
    assert (await act(january, "run", "gan"))["findings_changed"] == 1
    assert await value(january, states) == "open"


async def test_the_audit_record_of_the_quarter_verifies(quarter: Player) -> None:
    from market.people.audit.verification import verify_audit

    async with quarter.database.transaction(scope="130624") as conn:
        count, faults = await verify_audit(conn)
    assert (faults, count > 40) == ([], True)
