"""Whether a county has seven people for the seven duties of a month."""

from datetime import date
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from market.people.identity.actors import find_actor_by_handle
from market.people.identity.deputies import appoint_deputy
from market.people.identity.officials import move_official, revoke_official
from market.reports.month import list_duty_holders, list_month_events
from market.subsidies.models import Duty
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.staffing import Staffing, check_staffing, match_duties
from tests.story.play import COUNTY, Player, nine_o_clock

JANUARY = date(2019, 1, 1)
DAY = date(2019, 2, 4)
NOW = nine_o_clock("2019-02-04")
COMPLETE = Staffing(7, 7, [], [])

people = st.lists(st.sampled_from([bytes([n]) for n in range(5)]), unique=True, max_size=4)
choices = st.fixed_dictionaries(dict.fromkeys(list(Duty)[:5], people))


@given(choices)
def test_as_many_duties_as_possible_have_a_person_of_their_own(candidates: dict[Duty, list[bytes]]) -> None:
    matched = match_duties(candidates)
    assert len(set(matched.values())) == len(matched)
    assert all(person in candidates[duty] for duty, person in matched.items())
    everybody = [bytes([n]) for n in range(5)]
    best = max(
        sum(person in candidates[duty] for duty, person in zip(candidates, order, strict=True))
        for order in permutations(everybody)
    )
    assert len(matched) == best


async def check(player: Player, *, of_january: bool = True) -> Staffing:
    async with player.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY) if of_january else None
        return await check_staffing(conn, COUNTY, day=DAY, cycle_id=cycle.id if cycle else None)


async def end(player: Player, handle: str) -> None:
    async with player.database.transaction(scope=COUNTY) as conn:
        await revoke_official(conn, handle, by="test", now=NOW)


async def test_a_county_with_seven_officials_has_enough(january: Player) -> None:
    assert await check(january) == COMPLETE
    assert await check(january, of_january=False) == COMPLETE


async def test_six_officials_are_one_too_few_though_every_role_is_held(january: Player) -> None:
    await end(january, "xian")
    assert await check(january) == Staffing(6, 7, [Duty.COUNTY], []), "gan has the role and imported the files"
    fresh = await check(january, of_january=False)
    assert (fresh.staffed, len(fresh.short)) == (6, 1)


async def test_two_accounts_of_one_person_are_one(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute("UPDATE accounts SET name = '副主任 样例财某' WHERE handle = 'dui'")
    staffing = await check(january)
    assert (staffing.staffed, staffing.short) == (6, [Duty.RECONCILIATION])


async def test_a_village_that_nobody_confirms_is_named(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        await move_official(conn, "cun", "130624101", by="test", now=NOW)
    staffing = await check(january)
    assert staffing.short == []
    assert staffing.villages[:2] == ["城厢村", "大石坊村"]
    assert "顾家台村" not in staffing.villages, "of the township that cun confirms now"


async def test_a_deputy_takes_the_step_as_an_own_person_and_the_month_says_for_whom(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        xian = await find_actor_by_handle(conn, "xian", day=DAY)
        assert xian is not None
        for deputy in ("gan", "cai"):
            await appoint_deputy(conn, xian, COUNTY, "cun", deputy=deputy, first=DAY, last=DAY, now=NOW)
    confirm = ["subsidies", "confirm", "--month", "2019-01", "--as"]
    assert (await january([*confirm, "gan"], "2019-02-04"))["code"] == "second_duty", "gan imported the files"
    assert (await january([*confirm, "cai"], "2019-02-05"))["code"] == "not_allowed", "the day after the last"
    assert (await january([*confirm, "cai"], "2019-02-04"))["outcome"] == "ok"
    settle = ["subsidies", "settle", "--month", "2019-01", "--as", "cai"]
    assert (await january(settle, "2019-02-08"))["code"] == "second_duty", "cai confirmed for the village"
    async with january.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        holders = {each.duty: each.name for each in await list_duty_holders(conn, cycle.id, COUNTY)}
        events = {str(each.state): each.by for each in await list_month_events(conn, cycle)}
    assert holders["village"] == "样例财某（代样例村某）"
    assert holders["import"] == "样例甘某"
    assert events["confirmed"] == "样例财某（代样例村某）"
