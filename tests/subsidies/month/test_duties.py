"""R14: seven duties of a cycle, seven people; a second duty is refused, regardless of an account's roles."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from market.kernel import Connection
from market.people.identity.models import AccountId, Actor, Grant, Role
from market.subsidies.models import AppliedForLine, Duty, SecondDuty
from market.subsidies.month.approve import confirm_month
from market.subsidies.month.cycles import find_cycle, take_duty
from tests.story.play import COUNTY, INPUT, Player, nine_o_clock
from tests.story.test_month import PLAN
from tests.support.postgres import as_owner

JANUARY = date(2019, 1, 1)
NOW = nine_o_clock("2019-02-05")
SCOPES = {
    "confirm": ["subsidies", "confirm"],
    "review": ["subsidies", "review"],
    "decide": ["subsidies", "decide"],
    "settle": ["subsidies", "settle"],
    "reconcile": ["subsidies", "reconcile"],
    "close": ["subsidies", "close"],
    "run": ["subsidies", "run"],
    "finding": ["subsidies", "finding", "--check", "claim_outside_snapshot", "--subject", "DX-06", "--stop", "DX-06"],
}


async def grant_all(player: Player) -> None:
    """Give every official every role, so that only the duty can be the reason of a refusal."""
    async with player.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO grants SELECT a.id, wanted, '130624', '[2018-01-01,)' FROM accounts a,"
            " unnest(ARRAY['importer', 'policy', 'village', 'township', 'county', 'finance', 'reconciler']) AS wanted"
            " WHERE NOT EXISTS (SELECT FROM grants g WHERE g.account_id = a.id AND g.role = wanted)"
        )


async def step(player: Player, name: str, who: str) -> str:
    answer = await player([*SCOPES[name], "--why", "样例", "--month", "2019-01", "--as", who], "2019-02-08")
    return str(answer.get("code", answer["outcome"]))


@pytest.mark.parametrize("name", [name for name in SCOPES if name != "run"])
@pytest.mark.parametrize("who", ["gan", "jiang"])
async def test_the_importer_of_files_or_terms_takes_no_other_duty(january: Player, name: str, who: str) -> None:
    await grant_all(january)
    assert await step(january, name, who) == "second_duty"


async def test_each_holder_of_a_duty_is_refused_every_other(january: Player) -> None:
    await grant_all(january)
    for each in PLAN["steps"][12:18]:
        for argv in each["commands"]:
            await january(argv, each["date"])
    own = {"cun": "confirm", "zhen": "review", "xian": "decide", "cai": "settle"}
    for who, duty in own.items():
        refused = {name: await step(january, name, who) for name in SCOPES}
        kept = {duty, "finding"} if who == "zhen" else {duty}
        assert {name for name, code in refused.items() if code == "second_duty"} == set(SCOPES) - kept


async def test_an_official_of_this_cycle_imports_no_file_for_it(january: Player) -> None:
    await grant_all(january)
    assert await step(january, "confirm", "cun") == "ok"
    answer = await january(["import", "usage", str(INPUT / "usage/usage-2019-02.csv"), "--as", "cun"], "2019-02-06")
    assert answer["code"] == "second_duty"


async def test_the_importer_of_terms_imports_no_facts_for_the_next_cycle(empty: Player) -> None:
    await grant_all(empty)
    register = ["import", "register", str(INPUT / "register/register-2018-12-20.csv")]
    assert (await empty([*register, "--as", "gan"]))["outcome"] == "ok"
    plans = ["import", "plans", str(INPUT / "plans.csv")]
    assert (await empty([*plans, "--as", "gan"]))["code"] == "second_duty"
    assert (await empty([*plans, "--as", "jiang"]))["outcome"] == "ok"


async def test_a_refused_duty_changes_nothing(january: Player) -> None:
    await grant_all(january)

    async def state() -> list[tuple[object, ...]]:
        async with january.database.transaction(scope="130624") as conn:
            rows = await conn.fetch(
                "SELECT state, (SELECT count(*) FROM cycle_duties), (SELECT count(*) FROM cycle_events),"
                " (SELECT count(*) FROM audit_entries) FROM cycles"
            )
        return [tuple(row) for row in rows]

    before = await state()
    assert await step(january, "decide", "gan") == "second_duty"
    assert await step(january, "settle", "xian") == "wrong_state"
    assert await state() == before


async def test_of_two_concurrent_duties_of_one_account_one_remains(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        account = AccountId(UUID(str(await conn.fetchval("SELECT id FROM accounts WHERE handle = 'dui'"))))
        cycle = await find_cycle(conn, COUNTY, JANUARY)
    actor = Actor(account, "样例对某", second_factor=True)
    gate = asyncio.Event()

    async def take(duty: Duty) -> Duty | None:
        async with january.database.transaction(scope=COUNTY) as conn:
            await gate.wait()
            try:
                await take_duty(conn, cycle, actor, duty, now=NOW)
            except SecondDuty:
                return None
            return duty

    takes = [asyncio.create_task(take(duty)) for duty in Duty]
    gate.set()
    won = [duty for duty in await asyncio.gather(*takes) if duty is not None]
    async with january.database.transaction(scope=COUNTY) as conn:
        held = await conn.fetch("SELECT duty FROM cycle_duties WHERE account_id = $1", account)
    assert [row[0] for row in held] == won
    assert len(won) == 1


async def test_of_two_concurrent_duties_of_one_person_one_remains(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        rows = await conn.fetch(
            "INSERT INTO accounts (handle, name, created_at) SELECT 'two' || n, '样例两账号', now()"
            " FROM generate_series(1, 7) AS n RETURNING id"
        )
        cycle = await find_cycle(conn, COUNTY, JANUARY)
    gate = asyncio.Event()

    async def take(account: UUID, duty: Duty) -> Duty | None:
        async with january.database.transaction(scope=COUNTY) as conn:
            await gate.wait()
            try:
                await take_duty(conn, cycle, Actor(AccountId(account), "样例两账号"), duty, now=NOW)
            except SecondDuty:
                return None
            return duty

    takes = [asyncio.create_task(take(row[0], duty)) for row, duty in zip(rows, Duty, strict=True)]
    gate.set()
    won = [duty for duty in await asyncio.gather(*takes) if duty is not None]
    async with january.database.transaction(scope=COUNTY) as conn:
        held = await conn.fetch(
            "SELECT d.duty FROM cycle_duties d JOIN accounts a ON a.id = d.account_id WHERE a.name = '样例两账号'"
        )
    assert [row[0] for row in held] == won
    assert len(won) == 1


async def test_two_accounts_of_one_person_do_not_import_facts_and_terms_for_the_next_cycle(empty: Player) -> None:
    await grant_all(empty)
    async with empty.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute(
            "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle IN ('gan', 'jiang')"
        )
    register = ["import", "register", str(INPUT / "register/register-2018-12-20.csv")]
    assert (await empty([*register, "--as", "gan"]))["outcome"] == "ok"
    plans = ["import", "plans", str(INPUT / "plans.csv")]
    assert (await empty([*plans, "--as", "jiang"]))["code"] == "second_duty"


async def test_a_duty_taken_before_an_identity_number_was_entered_still_counts(january: Player) -> None:
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute(
            "UPDATE accounts SET name = (SELECT name FROM accounts WHERE handle = 'gan') WHERE handle = 'cun'"
        )
        await conn.execute("UPDATE accounts SET identity_index = 'x', identity_sealed = 'x' WHERE handle = 'gan'")
    assert await step(january, "confirm", "cun") == "second_duty"


async def test_two_concurrent_confirmations_confirm_once(january: Player) -> None:
    await grant_all(january)
    answers = await asyncio.gather(*(step(january, "confirm", who) for who in ("cun", "zhen", "xian", "cai")))
    assert sorted(answers) == ["ok", "wrong_state", "wrong_state", "wrong_state"]
    async with january.database.transaction(scope=COUNTY) as conn:
        events = await conn.fetch("SELECT state FROM cycle_events ORDER BY at, id")
    assert [row[0] for row in events] == ["open", "calculated", "confirmed"]


async def test_the_agent_of_an_application_does_not_confirm_it(county: Connection) -> None:
    account = await county.fetchval("SELECT id FROM accounts WHERE handle = 'cun'")
    agent = Actor(AccountId(account), "样例代办甲", grants=(Grant(Role.VILLAGE, "130624"),), second_factor=True)
    with pytest.raises(AppliedForLine) as refused:
        await confirm_month(county, agent, COUNTY, JANUARY, now=NOW)
    assert (refused.value.code, refused.value.facts["line"]) == ("second_duty", "DX-01")


async def test_an_agent_confirms_the_villages_of_others(county: Connection) -> None:
    account = await county.fetchval("SELECT id FROM accounts WHERE handle = 'cun'")
    agent = Actor(AccountId(account), "样例代办甲", grants=(Grant(Role.VILLAGE, "130624102209"),), second_factor=True)
    done = await confirm_month(county, agent, COUNTY, JANUARY, now=NOW)
    assert (done.state, done.waiting) == ("calculated", 14)


async def test_the_refusal_says_that_an_importer_does_not_approve(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        account = await conn.fetchval("SELECT id FROM accounts WHERE handle = 'gan'")
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        gan = Actor(AccountId(account), "样例甘某", second_factor=True)
        with pytest.raises(SecondDuty) as refused:
            await take_duty(conn, cycle, gan, Duty.COUNTY, now=NOW)
    assert refused.value.text() == "导入人不能审批：2019年1月账期里，您已经办理过导入，不能再办理县级审定。"
