"""A month goes back with a reason, what was approved counts no more, and calculating again asks before it voids."""

import asyncio
from datetime import date
from typing import Any

import msgspec
import pytest

from market.kernel import Connection, Refusal
from market.people.identity.actors import find_actor_by_handle
from market.reports.month_view import MonthView, get_month_view
from market.subsidies.models import CycleState
from market.subsidies.month.return_month import return_month
from market.subsidies.month.steps import STEPS_BY_NAME
from market.subsidies.month.take_step import take_step
from tests.service.web.desk.county import FINDINGS
from tests.story.play import COUNTY, Answer, Player, nine_o_clock
from tests.support.make import SEAL
from tests.support.postgres import wait_for_blocked

JANUARY = date(2019, 1, 1)
HOLDERS = {"run": "gan", "confirm": "cun", "review": "zhen", "decide": "xian", "settle": "cai"}


async def take(player: Player, step: str, day: str = "2019-02-06", who: str = "", **given: Any) -> Answer:
    """Take or return a step, by default by the story's official; a refusal is an answer with its code."""
    now = nine_o_clock(day)
    try:
        async with player.database.transaction(scope=COUNTY) as conn:
            actor = await find_actor_by_handle(conn, who or HOLDERS[step], day=now.date())
            if step == "return":
                answer: object = await return_month(conn, actor, COUNTY, JANUARY, now=now, **given)
            else:
                answer = await take_step(conn, STEPS_BY_NAME[step], actor, COUNTY, JANUARY, seal=SEAL, now=now, **given)
    except Refusal as refusal:
        return {"code": refusal.code, "text": refusal.text("zh")}
    plain: Answer = msgspec.to_builtins(answer)
    return plain


async def send_back(player: Player, who: str, why: str = "样例理由", **given: Any) -> Answer:
    return await take(player, "return", who=who, why=why, **given)


async def view_january(player: Player) -> MonthView:
    async with player.database.transaction(scope=COUNTY) as conn:
        return await get_month_view(conn, SEAL, COUNTY, JANUARY, [COUNTY])


async def advance(player: Player, until: str) -> None:
    """Take the steps after the calculation, the last one included, and decide the findings before the review."""
    for step in ("confirm", "review", "decide"):
        if step == "review":
            for check, subject, pays, stops in FINDINGS:
                words = [*(f"--pay={line}" for line in pays), *(f"--stop={line}" for line in stops)]
                await player(
                    ["subsidies", "finding", "--month", "2019-01", "--check", check, "--subject", subject,
                     "--why", "样例", "--as", "zhen", *words], "2019-02-06",
                )  # fmt: skip
        assert "code" not in (done := await take(player, step)), done
        if step == until:
            return


@pytest.mark.parametrize(
    ("until", "who", "state", "again"),
    [
        ("", "cun", CycleState.OPEN, ["run", "confirm"]),
        ("confirm", "zhen", CycleState.CALCULATED, ["confirm"]),
        ("review", "xian", CycleState.CONFIRMED, ["review"]),
        ("decide", "cai", CycleState.REVIEWED, ["decide"]),
    ],
)
async def test_a_month_goes_back_to_the_step_before_and_is_taken_again(
    january: Player, until: str, who: str, state: CycleState, again: list[str]
) -> None:
    if until:
        await advance(january, until)
    assert (await send_back(january, who, "  金额要再核  "))["state"] == state
    view = await view_january(january)
    assert view.state is state
    assert [(each.state, each.returned, each.opinion) for each in view.opinions] == [(state, True, "金额要再核")]
    for step in again:
        done = await take(january, step)
        assert done["state"] == STEPS_BY_NAME[step].after, done


async def test_a_return_to_the_village_voids_the_township_too(january: Player) -> None:
    await advance(january, "review")
    await send_back(january, "xian", to=CycleState.CALCULATED)
    assert len((await view_january(january)).waiting) > 0
    for step in ("confirm", "review", "decide"):
        assert "code" not in (done := await take(january, step)), done


async def test_duties_stay_with_who_took_them(january: Player) -> None:
    await advance(january, "review")
    await send_back(january, "xian", to=CycleState.CALCULATED)
    assert (await take(january, "confirm", who="zhen"))["code"] == "second_duty"
    assert (await take(january, "confirm", who="xian"))["code"] == "second_duty"
    assert (await take(january, "confirm"))["state"] == "confirmed"


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("xian", {"why": " "}, "why_missing"),
        ("xian", {"why": "长" * 501}, "why_missing"),
        ("xian", {"to": CycleState.REVIEWED}, "wrong_state"),
        ("xian", {"to": CycleState.DECIDED}, "wrong_state"),
        ("zhen", {}, "second_duty"),
        ("cai", {}, "not_allowed"),
    ],
)
async def test_a_return_needs_a_reason_a_state_before_and_the_role_of_the_step_that_is_due(
    january: Player, who: str, given: dict[str, Any], code: str
) -> None:
    await advance(january, "review")
    assert (await send_back(january, who, **given))["code"] == code
    assert (await view_january(january)).state is CycleState.REVIEWED


async def test_a_settled_month_does_not_go_back(january: Player) -> None:
    await advance(january, "decide")
    await take(january, "settle")
    assert (await send_back(january, "dui"))["code"] == "wrong_state"
    # Its reconciliation may be taken again until the month is closed; what was posted stays as it is.
    assert (await take(january, "reconcile", who="dui"))["state"] == "reconciled"
    assert (await send_back(january, "dui", to=CycleState.DECIDED))["code"] == "wrong_state"
    assert (await send_back(january, "cai"))["code"] == "second_duty"
    assert (await send_back(january, "dui"))["state"] == "settled"
    for step, state in (("reconcile", "reconciled"), ("close", "closed")):
        assert (await take(january, step, who="dui"))["state"] == state
    assert (await send_back(january, "dui"))["code"] == "cycle_closed"


async def test_calculating_again_voids_approvals_only_if_told(january: Player) -> None:
    await advance(january, "confirm")
    unchanged = await take(january, "run")
    assert (unchanged["outcome"], unchanged["state"]) == ("no-op", "confirmed")
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
            " WHERE household_code = 'H13'"
        )
    refused = await take(january, "run", "2019-02-07")
    assert refused["code"] == "approvals_would_be_void"
    assert "村级评议核实（样例村某）" in refused["text"]
    assert (await view_january(january)).state is CycleState.CONFIRMED
    done = await take(january, "run", "2019-02-07", void_approvals=True)
    assert (done["state"], done["run"]) == ("calculated", 2)


async def test_opinions_stand_beside_the_steps(january: Player) -> None:
    await take(january, "confirm", opinion=" 逐户看过 ")
    assert (await take(january, "review", opinion="长" * 501))["code"] == "opinion_too_long"
    [opinion] = (await view_january(january)).opinions
    assert (opinion.state, opinion.returned, opinion.opinion, opinion.by) == (
        CycleState.CONFIRMED, False, "逐户看过", "样例村某",
    )  # fmt: skip


async def test_who_decides_does_not_return_what_is_decided_at_that_moment(january: Player, owner: Connection) -> None:
    await advance(january, "review")
    now = nine_o_clock("2019-02-06")
    async with january.database.transaction(scope=COUNTY) as conn:
        actor = await find_actor_by_handle(conn, HOLDERS["decide"], day=now.date())
        await take_step(conn, STEPS_BY_NAME["decide"], actor, COUNTY, JANUARY, seal=SEAL, now=now)
        returning = asyncio.create_task(send_back(january, HOLDERS["decide"]))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert (await returning)["code"] == "wrong_state"
    assert (await view_january(january)).state is CycleState.DECIDED
