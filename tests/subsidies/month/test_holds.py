"""A new suspicion holds a line until it is settled; a verdict that changes after the review is reviewed again."""

import asyncio
from datetime import date
from typing import Any

import msgspec
import pytest

from market.kernel import Refusal
from market.people.identity.actors import find_actor_by_handle
from market.reports.files.voucher import list_voucher_rows
from market.reports.findings import list_findings
from market.reports.line import explain_line
from market.subsidies.findings.hold import hold_line
from market.subsidies.month.bills import list_bills
from market.subsidies.month.budget_lines import verify_budget_lines
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Answer, Player, nine_o_clock
from tests.subsidies.month.test_adjustments import play_steps
from tests.subsidies.month.test_returns import JANUARY, advance, send_back, take, view_january
from tests.support.make import SEAL
from tests.support.postgres import as_owner

DAY = "2019-02-06"
MARCH = date(2019, 3, 1)
WHY = "邻居说人不在村里"


async def hold(player: Player, who: str, line: str = "YD-01", why: str = WHY, month: date = JANUARY) -> Answer:
    now = nine_o_clock(DAY)
    try:
        async with player.database.transaction(scope=COUNTY) as conn:
            actor = await find_actor_by_handle(conn, who, day=now.date())
            held = await hold_line(conn, actor, COUNTY, month, line, why=why, seal=SEAL, now=now)
            plain: Answer = msgspec.to_builtins(held)
    except Refusal as refusal:
        return {"code": refusal.code}
    return plain


async def decide(player: Player, subject: str, *verdict: str, check: str = "held_by_official") -> Answer:
    words = ["subsidies", "finding", "--month", "2019-01", "--check", check, "--subject", subject, "--why", "去看过了"]
    return await player([*words, *verdict, "--as", "zhen"], DAY)


async def list_held(player: Player, month: str = "2019-01") -> list[str]:
    held: list[str] = (await player(["subsidies", "report", "settlement", "--month", month]))["held"]
    return held


@pytest.mark.parametrize("who", ["cun", "zhen", "xian", "cai"])
async def test_a_line_held_after_the_countys_decision_is_not_settled(january: Player, who: str) -> None:
    await advance(january, "decide")
    name = {"cun": "样例村某", "zhen": "样例镇某", "xian": "样例县某", "cai": "样例财某"}[who]
    assert await hold(january, who) == {
        "county": COUNTY,
        "month": "2019-01",
        "line": "YD-01",
        "check": "held_by_official",
        "evidence": f"2019-02-06 {name}：{WHY}",
    }
    assert "code" not in await take(january, "settle")
    async with january.database.transaction(scope=COUNTY) as conn:
        posted = await conn.fetchval("SELECT count(*) FROM subsidy_postings WHERE line_code = 'YD-01'")
        line = await explain_line(conn, SEAL, await find_cycle(conn, COUNTY, JANUARY), (COUNTY,), "YD-01")
    assert posted == 0
    assert (line.funded_fen, [each.check for each in line.holds]) == (0, ["held_by_official"])
    assert (await hold(january, who, "YD-02"))["code"] == "wrong_state"


async def test_a_held_line_is_paid_in_the_open_month_once_it_is_decided_to_be_paid(january: Player) -> None:
    await advance(january, "decide")
    await hold(january, "cai")
    for step, who in (("settle", "cai"), ("reconcile", "dui"), ("close", "dui")):
        assert "code" not in await take(january, step, who=who)
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], "2019-03-02")
    assert "YD-01" in await list_held(january, "2019-02")
    words = ["--check", "held_by_official", "--subject", "YD-01", "--pay", "YD-01", "--why", "去看过了", "--as", "zhen"]
    decided = await january(["subsidies", "finding", "--month", "2019-02", *words], "2019-03-02")
    assert decided["state"] == "decided", decided
    assert "YD-01" not in await list_held(january, "2019-02")
    again = await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-03-03")
    assert again["postings"] == 1
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-02"]))["rows"]
    assert [(row["line"], row["for_month"], row["adjustment_fen"]) for row in rows] == [("YD-01", "2019-01", 1900)]


async def test_a_new_suspicion_of_a_decided_line_is_decided_again(january: Player) -> None:
    await hold(january, "zhen", why="第一次")
    assert (await decide(january, "YD-01", "--pay", "YD-01"))["state"] == "decided"
    assert "YD-01" not in await list_held(january)
    told = await hold(january, "cun", why="第二次")
    assert told["evidence"] == "2019-02-06 样例镇某：第一次；2019-02-06 样例村某：第二次"
    await take(january, "run")
    assert "YD-01" in await list_held(january)
    async with january.database.transaction(scope=COUNTY) as conn:
        [found], _ = await list_findings(conn, COUNTY, [COUNTY], seal=SEAL, checks=["held_by_official"])
    assert (found.state, found.verdicts, found.evidence_changed) == ("open", [""], False)
    assert (found.evidence, found.at_risk_fen) == (told["evidence"], 1900)


async def test_a_held_line_is_decided_before_the_county_decides_the_month(january: Player) -> None:
    await advance(january, "review")
    await hold(january, "xian")
    assert (await take(january, "decide"))["code"] == "findings_undecided"
    decided = await decide(january, "YD-01", "--stop", "YD-01")
    assert decided["review_again"] == ["2019-01"]
    assert (await take(january, "decide"))["code"] == "wrong_state"
    for step in ("review", "decide"):
        assert "code" not in (done := await take(january, step)), done


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("jiang", {}, "not_allowed"),
        ("dui", {}, "not_allowed"),
        ("zhen", {"why": " "}, "why_missing"),
        ("zhen", {"why": "长" * 501}, "why_missing"),
        ("zhen", {"line": "YD-99"}, "no_such_line"),
        ("zhen", {"month": date(2019, 2, 1)}, "no_cycle"),
    ],
)
async def test_a_hold_needs_a_role_a_reason_and_a_line_of_the_month(
    january: Player, who: str, given: dict[str, Any], code: str
) -> None:
    assert (await hold(january, who, **given))["code"] == code
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM line_holds") == 0


async def test_an_official_holds_lines_of_the_own_villages_only(january: Player) -> None:
    async with january.database.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE grants SET scope = '130624102' WHERE role IN ('village', 'township')")
        rows = await conn.fetch(
            "SELECT min(line_code) FROM run_lines GROUP BY coalesce(village_code LIKE '130624102%', false)"
            " ORDER BY coalesce(village_code LIKE '130624102%', false)"
        )
    other, own = (row[0] for row in rows)
    assert (await hold(january, "cun", other))["code"] == "not_allowed"
    assert (await hold(january, "cun", own))["line"] == own


async def test_a_verdict_that_changes_after_the_review_is_reviewed_again(january: Player) -> None:
    await advance(january, "review")
    changed = await decide(january, "H14", "--stop", "LT-05", check="two_operators_one_household")
    assert changed["review_again"] == ["2019-01"]
    view = await view_january(january)
    assert view.state == "confirmed"
    assert len(view.waiting) > 0
    assert [(each.state, each.returned, each.opinion) for each in view.opinions] == [
        ("confirmed", True, "疑点“一户两家运营商 H14”的处理结果改了：去看过了")
    ]
    assert (await take(january, "decide"))["code"] == "wrong_state"
    for step in ("review", "decide"):
        assert "code" not in (done := await take(january, step)), done


async def test_the_same_verdict_again_and_a_first_one_on_a_worksheet_need_no_review(january: Player) -> None:
    await advance(january, "review")
    same = await decide(january, "H14", "--pay", "LT-05", "--stop", "DX-06", check="two_operators_one_household")
    assert same["review_again"] == []
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute("UPDATE finding_lines SET verdict = NULL WHERE line_code = 'YD-07'")
    first = await decide(january, "YD-07;YD-08;YD-09", "--pay", "YD-07", check="one_device_many_sims")
    assert first["review_again"] == []
    assert (await view_january(january)).state == "reviewed"
    second = await decide(january, "YD-07;YD-08;YD-09", "--stop", "YD-07", check="one_device_many_sims")
    assert second["review_again"] == ["2019-01"]


async def test_only_the_divisions_of_a_changed_verdict_are_reviewed_again(january: Player) -> None:
    await advance(january, "confirm")
    async with january.database.transaction(scope="130624") as conn:
        village = await conn.fetchval("SELECT village_code FROM run_lines WHERE line_code = 'LT-05'")
        codes = await conn.fetch("SELECT DISTINCT left(village_code, 9) FROM run_lines WHERE village_code <> ''")
        await conn.execute(
            "INSERT INTO cycle_approvals (county_code, cycle_id, run_id, duty, scope, account_id, approved_at)"
            " SELECT county_code, cycle_id, run_id, 'township', townships.scope, account_id, approved_at"
            " FROM cycle_approvals, unnest($1::text[]) AS townships (scope)",
            [code[0] for code in codes],
        )
    assert (await view_january(january)).waiting == []
    changed = await decide(january, "H14", "--pay", "LT-05", "--stop", "DX-06", check="two_operators_one_household")
    assert changed["review_again"] == ["2019-01"]
    waiting = {each.code[:9] for each in (await view_january(january)).waiting}
    assert waiting == {village[:9]}


async def test_a_line_that_the_county_decided_to_stop_is_not_freed_by_another_month(january: Player) -> None:
    await hold(january, "zhen")
    await decide(january, "YD-01", "--stop", "YD-01")
    await advance(january, "decide")
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], "2019-03-02")
    words = ["--check", "held_by_official", "--subject", "YD-01", "--why", "去看过了", "--as", "zhen"]
    freed = await january(["subsidies", "finding", "--month", "2019-02", *words, "--pay", "YD-01"], "2019-03-02")
    assert (freed["code"], freed["month"]) == ("wrong_state", "2019-01")
    await take(january, "settle")
    freed = await january(["subsidies", "finding", "--month", "2019-02", *words, "--pay", "YD-01"], "2019-03-02")
    assert freed["state"] == "decided"


async def test_a_month_returned_after_the_decision_reviews_a_changed_verdict_again(january: Player) -> None:
    await advance(january, "decide")
    await send_back(january, "cai")
    assert (await decide(january, "H14", "--stop", "LT-05", check="two_operators_one_household"))["review_again"]
    assert (await view_january(january)).state == "confirmed"


async def test_a_farmer_is_told_of_no_reduction_that_is_held(january: Player) -> None:
    async def list_months() -> list[tuple[date, int]]:
        async with january.database.connection() as conn:
            return [(each.month, each.reduction_fen) for each in await list_bills(conn, SEAL, "17050000101")]

    await advance(january, "decide")
    await hold(january, "zhen")
    for name, who in (("settle", "cai"), ("reconcile", "dui"), ("close", "dui")):
        answer = await january(["subsidies", name, "--month", "2019-01", "--as", who], DAY)
        assert "code" not in answer, answer
    assert await list_months() == []
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], "2019-03-02")
    words = ["--check", "held_by_official", "--subject", "YD-01", "--why", "去看过了", "--as", "zhen"]
    freed = await january(["subsidies", "finding", "--month", "2019-02", *words, "--pay", "YD-01"], "2019-03-02")
    assert freed["state"] == "decided", freed
    assert await list_months() == [(JANUARY, 1900)]


async def test_a_verdict_and_the_countys_decision_never_pass_each_other(january: Player) -> None:
    await advance(january, "review")
    decided, changed = await asyncio.gather(
        take(january, "decide"), decide(january, "H14", "--stop", "LT-05", check="two_operators_one_household")
    )
    view = await view_january(january)
    if "code" in changed:
        assert (changed["code"], decided["state"], view.state) == ("wrong_state", "decided", "decided")
    else:
        assert (decided["code"], changed["review_again"], view.state) == ("wrong_state", ["2019-01"], "confirmed")


async def test_a_run_of_the_next_month_changes_no_verdict_under_a_review(january: Player) -> None:
    await advance(january, "review")
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], "2019-03-02")
    assert (await view_january(january)).state == "reviewed"
    assert "code" not in (done := await take(january, "decide", "2019-03-03")), done


async def read_march(player: Player) -> dict[str, Any]:
    """Return what officials read of March: adjustments, the settlement, and the quarter's public sum of 移动."""
    rows = (await player(["subsidies", "report", "adjustments", "--month", "2019-03"]))["rows"]
    paid = (await player(["subsidies", "report", "settlement", "--month", "2019-03"]))["operators"]["mobile"]
    quarter = await player(["subsidies", "report", "quarter", "--quarter", "2019Q1"])
    [public] = [row["public_fen"] for row in quarter["rows"] if (row["operator"], row["kind"]) == ("mobile", "all")]
    adjusted = {name: paid[name] for name in paid if name.startswith(("adjustment", "pay"))}
    return {"why": {row["line"]: row["why"] for row in rows}, **adjusted, "quarter": public}


async def test_an_adjustment_of_a_line_that_is_held_before_the_settlement_is_not_paid(january: Player) -> None:
    await play_steps(january, 12, 42)
    before = await read_march(january)
    assert "YD-05" in before["why"]
    assert "code" not in await hold(january, "cai", "YD-05", month=MARCH)
    held = await read_march(january)
    assert held["why"]["YD-05"] == "疑点停付，不拨付"
    await play_steps(january, 42, 43)
    settled = await read_march(january)
    assert "YD-05" not in settled["why"]
    assert {**settled, "why": held["why"]} == held
    raised = before["adjustment_public_fen"] - settled["adjustment_public_fen"]
    assert (raised, before["adjustment_rows"] - settled["adjustment_rows"]) == (120, 1)
    async with january.database.transaction(scope=COUNTY) as conn:
        posted = await conn.fetch(
            "SELECT p.revision, p.funded_fen, p.settled_before_fen, p.shares, p.public_fen FROM subsidy_postings p"
            " JOIN cycles c ON c.id = p.cycle_id WHERE line_code = 'YD-05' AND c.month = '2019-03-01'"
            " ORDER BY for_month, revision"
        )
        paid = await conn.fetchval("SELECT pay_fen FROM settlements WHERE operator = 'mobile' ORDER BY settled_at DESC")
        rows = await list_voucher_rows(conn, await find_cycle(conn, COUNTY, MARCH))
        assert await verify_budget_lines(conn) == []
    assert [tuple(row)[:3] for row in posted] == [(1, 400, 1500), (2, -400, 1900)]
    assert posted[1]["shares"] == {funder: -fen for funder, fen in posted[0]["shares"].items()}
    assert (
        paid
        == settled["pay_fen"]
        == sum(row.debit_fen - row.credit_fen for row in rows if "移动" in row.summary and row.code == "5001")
    )
    await play_steps(january, 43, 44)
    # It is posted again once the township decides to pay the line.
    await january(["subsidies", "run", "--month", "2019-04", "--as", "gan"], "2019-05-02")
    again = ["subsidies", "run", "--month", "2019-01", "--as", "gan"]
    assert (await january(again, "2019-05-02"))["postings"] == 0
    words = ["--check", "held_by_official", "--subject", "YD-05", "--pay", "YD-05", "--why", "去看过了", "--as", "zhen"]
    decided = await january(["subsidies", "finding", "--month", "2019-04", *words], "2019-05-03")
    assert decided["state"] == "decided", decided
    assert (await january(again, "2019-05-03"))["postings"] == 1
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-04"]))["rows"]
    assert [(row["line"], row["for_month"], row["adjustment_fen"]) for row in rows] == [("YD-05", "2019-01", 400)]
