"""Facts that are added after a finding or a decision let nothing through that no person was asked about."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from market.reports.findings import list_findings
from market.reports.line import ExplainedLine, explain_line
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Answer, Player
from tests.subsidies.findings.test_changed_evidence import list_held_lines
from tests.subsidies.findings.test_second_attacker import execute, find, find_row, is_waiting, run_january
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import (
    BINDINGS,
    ENROLMENTS,
    REGISTER,
    edit_copy,
    run_import_command,
    write_bill,
)
from tests.subsidies.month.test_holds import hold
from tests.subsidies.month.test_returns import advance, take
from tests.support.make import SEAL

SPOUSE = "130624196404049928"
NEXT = "2019-03-01"
CLAIM = "2019-01,17050000995,手机,P1,38.00,19.00,19.00,"


async def load(player: Player, kind: str, path: Path, day: str) -> None:
    flag = "--take-fewer" if kind == "billing" else "--take-changes"
    answer = await run_import_command(player, kind, path, "gan", flag, day=day)
    assert answer["outcome"] == "ok", answer


async def load_row(player: Player, folder: Path, kind: str, day: str, row: int = 1, /, **cells: str) -> None:
    """Import one row of the story's file with other cells."""
    source = BINDINGS if kind == "bindings" else ENROLMENTS
    await load(player, kind, edit_copy(source, folder, f"{kind}-{day}-{row}.csv", keep_row(row, **cells)), day)


async def bind(player: Player, folder: Path, day: str, **cells: str) -> None:
    number = {"业务编号": "YD-95", "业务号码": "17050000995", "卡号": "", "姓名": "样例赵二", "身份证号": SPOUSE}
    await load_row(player, folder, "bindings", day, **{**number, **cells})


async def enrol(player: Player, folder: Path, day: str, **cells: str) -> None:
    await load_row(player, folder, "enrolments", day, **{"业务编号": "YD-95", "身份证号": SPOUSE, **cells})


async def decide(player: Player, check: str, subject: str, *verdicts: str, month: str = "2019-01", day: str) -> Answer:
    words = ["--month", month, "--check", check, "--subject", subject, *verdicts, "--why", "看过", "--as", "zhen"]
    return await player(["subsidies", "finding", *words], day)


async def explain(player: Player, line: str, month: date = date(2019, 1, 1)) -> ExplainedLine:
    async with player.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, month)
        assert cycle is not None
        found = await explain_line(conn, SEAL, cycle, (COUNTY,), line)
    assert found is not None
    return found


async def count_posted(player: Player, line: str) -> int:
    async with player.database.transaction(scope=COUNTY) as conn:
        sum_ = "SELECT coalesce(sum(public_fen + conceded_fen), 0)::bigint FROM subsidy_postings WHERE line_code = $1"
        return int(await conn.fetchval(sum_, line))


async def close_january(player: Player, *others: Sequence[str]) -> None:
    for check, subject, *verdicts in others:
        answer = await decide(player, check, subject, *verdicts, day="2019-02-06")
        assert answer["state"] == "decided", answer
    await advance(player, "decide")
    assert "code" not in (done := await take(player, "settle")), done
    for step in ("reconcile", "close"):
        assert "code" not in (done := await take(player, step, who="dui")), done


@pytest.mark.parametrize("bound", [True, False], ids=["bound before", "bound with the enrolment"])
async def test_a_claim_outside_the_snapshot_waits_when_its_line_is_enrolled_afterwards(
    january: Player, folder: Path, bound: bool
) -> None:
    if bound:
        await bind(january, folder, "2019-02-04")
    await load(january, "billing", write_bill(folder, "x", [CLAIM]), "2019-02-04")
    await run_january(january, "2019-02-05")
    subject = "YD-95" if bound else "YD-17050000995"
    assert await find(january, "claim_outside_snapshot", subject)
    if not bound:
        await bind(january, folder, "2019-02-06")
    await enrol(january, folder, "2019-02-06")
    await run_january(january, "2019-02-06")
    assert await is_waiting(january, "claim_outside_snapshot", subject)
    assert "YD-95" in await list_held_lines(january)
    explained = await explain(january, "YD-95")
    assert (explained.funded_fen, explained.reasons) == (0, [])
    found = await find(january, "claim_outside_snapshot", subject)
    assert found is not None
    added = {(each.fact, each.by) for each in found.changes if not each.field}
    assert {("enrolments", "样例甘某")} <= added <= {("enrolments", "样例甘某"), ("bindings", "样例甘某")}
    lines = [f"--pay={line}" for line in found.lines]
    assert (await decide(january, "claim_outside_snapshot", subject, *lines, day="2019-02-06"))["state"] == "decided"
    await run_january(january, "2019-02-06")
    assert "YD-95" not in await list_held_lines(january)


@pytest.mark.parametrize("verdict", ["pay", "stop"])
@pytest.mark.parametrize("bound", [True, False], ids=["bound before", "bound with the enrolment"])
async def test_a_claim_that_was_decided_is_asked_again_when_it_is_enrolled_after_the_close(
    january: Player, folder: Path, bound: bool, verdict: str
) -> None:
    if bound:
        await bind(january, folder, "2019-02-04")
    await load(january, "billing", write_bill(folder, "x", [CLAIM]), "2019-02-04")
    await run_january(january, "2019-02-05")
    subject = "YD-95" if bound else "YD-17050000995"
    await close_january(january, ["claim_outside_snapshot", subject, f"--{verdict}={subject}"])
    if not bound:
        await bind(january, folder, "2019-03-04")
    await enrol(january, folder, "2019-03-04")
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], "2019-03-05")
    assert (await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-03-05"))["postings"] == 0
    assert await count_posted(january, "YD-95") == 0
    paid = await decide(
        january, "claim_outside_snapshot", subject, "--pay=YD-95", month="2019-02", day="2019-03-06"
    )  # fmt: skip
    assert paid["state"] == "decided", paid
    assert (await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-03-06"))["postings"] == 1
    assert await count_posted(january, "YD-95") == 1900


async def test_a_claim_of_a_closed_month_is_decided_after_that_of_the_month(january: Player, folder: Path) -> None:
    await bind(january, folder, "2019-02-04")
    await load(january, "billing", write_bill(folder, "x", [CLAIM]), "2019-02-04")
    await run_january(january, "2019-02-05")
    await close_january(january, ["claim_outside_snapshot", "YD-95", "--pay=YD-95"])
    february = write_bill(folder, "f", [CLAIM.replace("2019-01", "2019-02")], month="2019-02")
    await load(january, "billing", february, NEXT)
    await january(["subsidies", "run", "--month", "2019-02", "--as", "gan"], NEXT)
    await enrol(january, folder, "2019-03-04")
    for month in ("2019-02", "2019-01"):
        await january(["subsidies", "run", "--month", month, "--as", "gan"], "2019-03-05")
    months: list[list[date]] = []
    for _ in range(3):
        async with january.database.transaction(scope=COUNTY) as conn:
            found, _ = await list_findings(
                conn,
                COUNTY,
                [COUNTY],
                seal=SEAL,
                checks=["claim_outside_snapshot"],
                state="open",
                month=date(2019, 2, 1),
            )
        months.append([each.month for each in found if each.subject == "YD-95"])
        if months[-1]:
            await decide(
                january, "claim_outside_snapshot", "YD-95", "--pay=YD-95", month="2019-02", day="2019-03-06"
            )  # fmt: skip
    assert [sorted(each) for each in months] == [[date(2019, 1, 1), date(2019, 2, 1)], [date(2019, 1, 1)], []]


async def test_a_stopped_line_does_not_come_back_under_another_code(january: Player, folder: Path) -> None:
    await execute(january, "UPDATE enrolments SET notice = NULL WHERE line_code = 'YD-01'")
    await run_january(january, "2019-02-05")
    await decide(january, "enrolled_without_notice", "YD-01", "--stop=YD-01", day="2019-02-05")
    await load_row(january, folder, "bindings", "2019-02-06", 失效日="2018-10-02")
    await load_row(january, folder, "bindings", "2019-02-07", 业务编号="YD-91", 生效日="2018-10-02")
    await load_row(january, folder, "enrolments", "2019-02-07", 业务编号="YD-91")
    await run_january(january, "2019-02-08")
    assert {"YD-01", "YD-91"} <= set(await list_held_lines(january))
    answer = await decide(january, "enrolled_without_notice", "YD-01", "--pay=YD-91", day="2019-02-08")
    assert answer["state"] == "decided"
    await run_january(january, "2019-02-09")
    assert "YD-91" not in await list_held_lines(january)


async def test_what_an_official_held_stays_held_when_the_number_becomes_a_line(january: Player, folder: Path) -> None:
    await load(january, "billing", write_bill(folder, "x", [CLAIM]), "2019-02-04")
    await run_january(january, "2019-02-05")
    held = await hold(january, "xian", "YD-17050000995")
    assert "code" not in held, held
    await bind(january, folder, "2019-02-07")
    await run_january(january, "2019-02-07")
    await enrol(january, folder, "2019-02-08")
    await run_january(january, "2019-02-08")
    assert await is_waiting(january, "claim_outside_snapshot", "YD-95")
    found = await find(january, "held_by_official", "YD-17050000995")
    assert found is not None
    assert (found.state, found.lines) == ("open", ["YD-17050000995", "YD-95"])


async def test_a_correction_to_nothing_frees_no_line_that_was_billed_below_its_plan(
    january: Player, folder: Path
) -> None:
    await bind(january, folder, "2019-02-04")
    await enrol(january, folder, "2019-02-04")
    low = "2019-01,17050000995,手机,P1,20.00,19.00,1.00,"
    await load(january, "billing", write_bill(folder, "x", [low]), "2019-02-04")
    await run_january(january, "2019-02-05")
    assert await find(january, "charge_below_plan", "YD-95")
    nothing = "2019-02,17050000995,手机,P1,0.00,-19.00,19.00,2019-01"
    await load(january, "billing", write_bill(folder, "f", [nothing], month="2019-02"), NEXT)
    await run_january(january, NEXT)
    assert await is_waiting(january, "charge_below_plan", "YD-95")


async def test_a_lower_bill_of_the_next_month_is_asked_again(january: Player, folder: Path) -> None:
    await bind(january, folder, "2019-02-04")
    await enrol(january, folder, "2019-02-04")
    row = "2019-{},17050000995,手机,P1,{},19.00,{},"
    await load(january, "billing", write_bill(folder, "x", [row.format("01", "37.99", "18.99")]), "2019-02-04")
    await run_january(january, "2019-02-05")
    assert (await decide(january, "charge_below_plan", "YD-95", "--pay=YD-95", day="2019-02-05"))["state"] == "decided"
    await load(january, "billing", write_bill(folder, "f", [row.format("02", "19.00", "0.00")], month="2019-02"), NEXT)
    february = ["subsidies", "run", "--month", "2019-02", "--as", "gan"]
    await january(february, NEXT)
    found = await find(january, "charge_below_plan", "YD-95")
    assert found is not None
    assert (found.state, found.evidence) == ("open", "账单 19.00，套餐按天应为 38.00")
    held = (await january(["subsidies", "report", "settlement", "--month", "2019-02"]))["held"]
    assert "YD-95" in held
    await decide(january, "charge_below_plan", "YD-95", "--pay=YD-95", month="2019-02", day=NEXT)
    # Both evidences were decided: calculating the months again, and a further bill like the second, asks nothing.
    await run_january(january, "2019-03-02")
    await january(february, "2019-03-02")
    march = write_bill(folder, "m", [row.format("03", "19.00", "0.00")], month="2019-03")
    await load(january, "billing", march, "2019-04-01")
    await january([*february[:3], "2019-03", *february[4:]], "2019-04-01")
    found = await find(january, "charge_below_plan", "YD-95")
    assert found is not None
    assert found.state == "decided"


async def test_days_of_a_household_of_which_the_register_knows_nothing_are_not_eligible(
    january: Player, folder: Path
) -> None:
    def write(name: str, *members: tuple[str, str]) -> Path:
        def change(rows: list[list[str]]) -> None:
            at = {name: rows[0].index(name) for name in rows[0]}
            kept: list[list[str]] = []
            for seat, (identity, since) in enumerate(members, 1):
                row = list(rows[1])
                for column, text in {
                    "户编号": "H77", "成员序号": str(seat), "与户主关系": ("户主", "其他")[seat - 1],
                    "身份证号": identity, "性别": "男", "原建档立卡": "否", "成员自": since,
                    "出生日期": f"{identity[6:10]}-{identity[10:12]}-{identity[12:14]}",
                }.items():  # fmt: skip
                    row[at[column]] = text
                kept.append(row)
            rows[1:] = kept

        return edit_copy(REGISTER, folder, name, change)

    first, second = ("130624197001017715", "2019-02-01"), ("130624197202027733", "2018-01-01")
    await load(january, "register", write("one.csv", first), "2019-02-04")
    await load(january, "register", write("two.csv", first, second), "2019-02-05")
    await bind(january, folder, "2019-02-05", 身份证号=second[0])
    await enrol(january, folder, "2019-02-05", 身份证号=second[0], 户编号="H77")
    await load(january, "billing", write_bill(folder, "x", [CLAIM]), "2019-02-05")
    await run_january(january, "2019-02-05")
    found = await find(january, "not_eligible", "YD-95")
    assert found is not None
    assert found.evidence == "2019-01-01 起到 2019-01-31，名册里没有农户 H77 的情况"
    assert "YD-95" in await list_held_lines(january)


@pytest.mark.parametrize("seen", [True, False], ids=["seen by a run", "imported before any run"])
async def test_who_is_one_person_by_the_text_of_another_line_stays_one(
    january: Player, folder: Path, seen: bool
) -> None:
    agents = {"代办人": "水管员样例石某", "村级评议人": "样例石某包村领导"}
    row = find_row(ENROLMENTS, "YD-03")
    await load_row(january, folder, "enrolments", "2019-02-05", **agents)
    await load_row(january, folder, "enrolments", "2019-02-06", row, 代办人="样例石某")
    if seen:
        await run_january(january, "2019-02-06")
    await load_row(january, folder, "enrolments", "2019-02-07", row)
    await run_january(january, "2019-02-07")
    found = await find(january, "preparer_is_approver", "YD-01")
    assert found is not None
    assert (found.state, found.evidence) == ("open", "代办人 水管员样例石某 和村级评议人 样例石某包村领导 是一个人")
    assert "YD-01" in await list_held_lines(january)


async def test_an_official_who_is_renamed_frees_no_line(january: Player) -> None:
    agents = "UPDATE enrolments SET agent = '水管员样例钱某', assessor = '样例钱某包村' WHERE line_code = 'YD-01'"
    name = "UPDATE accounts SET name = '{}' WHERE handle = 'cai'"
    await execute(january, "SET LOCAL session_replication_role = replica", agents, name.format("样例钱某"))
    await run_january(january, "2019-02-06")
    assert "YD-01" in await list_held_lines(january)
    await execute(january, name.format("样例蔡某"))
    await run_january(january, "2019-02-07")
    assert await is_waiting(january, "preparer_is_approver", "YD-01")
    assert "YD-01" in await list_held_lines(january)
