"""A county's settings: defaults, changes from a day on, limits, and who may change them."""

import asyncio
from datetime import date, datetime
from uuid import uuid4

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.people.identity.models import AccountId, Actor, Grant, NotAllowed, Role, SecondFactorRequired
from market.places.counties.change import BadCountySetting, change_county_setting
from market.places.counties.load import load_county_settings
from market.places.counties.settings import CountySettings, describe_county_settings
from tests.conftest import NOW

COUNTY = "130624"
TODAY = date(2019, 9, 20)


def make_actor(role: Role = Role.COUNTY, *, scope: str = COUNTY, second_factor: bool = True) -> Actor:
    return Actor(AccountId(uuid4()), "样例", grants=(Grant(role, scope),), second_factor=second_factor)


async def change(conn: Connection, name: str, value: int, *, starts_on: date = TODAY, now: datetime = NOW) -> None:
    await change_county_setting(
        conn, make_actor(), COUNTY, name, value, starts_on=starts_on, basis="样例县办〔2019〕1号", now=now
    )


async def test_a_county_has_the_defaults_until_it_changes_them(conn: Connection) -> None:
    assert await load_county_settings(conn, COUNTY, day=TODAY) == CountySettings()


async def test_every_default_lies_within_its_limits() -> None:
    assert [
        name for name, (_, default, low, high) in describe_county_settings().items() if not low <= default <= high
    ] == []


async def test_a_setting_changes_from_its_day_on_in_this_county_alone(conn: Connection) -> None:
    await change(conn, "goods_commission_bp", 0, starts_on=date(2019, 10, 1))
    before = await load_county_settings(conn, COUNTY, day=date(2019, 9, 30))
    after = await load_county_settings(conn, COUNTY, day=date(2019, 10, 1))
    elsewhere = await load_county_settings(conn, "130626", day=date(2019, 10, 1))
    assert (before.goods_commission_bp, after.goods_commission_bp, elsewhere.goods_commission_bp) == (200, 0, 200)


async def test_a_later_change_ends_the_earlier_and_replaces_planned_ones(conn: Connection) -> None:
    await change(conn, "notice_days", 7)
    await change(conn, "notice_days", 10, starts_on=date(2019, 12, 1))
    await change(conn, "notice_days", 8, starts_on=date(2019, 11, 1))
    days = [date(2019, 10, 31), date(2019, 11, 1), date(2020, 1, 1)]
    assert [(await load_county_settings(conn, COUNTY, day=day)).notice_days for day in days] == [7, 8, 8]


async def test_of_two_changes_at_once_the_later_replaces_the_earlier(database: Database) -> None:
    async def change_at_once(value: int) -> None:
        async with database.transaction(scope=COUNTY) as conn:
            await change(conn, "notice_days", value)
            await asyncio.sleep(0.2)

    await asyncio.gather(*(change_at_once(value) for value in (7, 8, 9)))
    async with database.transaction(scope=COUNTY) as conn:
        assert (await load_county_settings(conn, COUNTY, day=TODAY)).notice_days in {7, 8, 9}
        assert await conn.fetchval("SELECT count(*) FROM county_settings") == 1


async def test_every_fault_of_a_setting_is_named(conn: Connection) -> None:
    with pytest.raises(BadCountySetting) as caught:
        await change_county_setting(
            conn, make_actor(), COUNTY, "notice_days", 4, starts_on=date(2019, 9, 19), basis=" ", now=NOW
        )
    assert [fault.field for fault in caught.value.errors] == ["value", "from", "basis"]
    with pytest.raises(BadCountySetting) as caught:
        await change(conn, "no_such_setting", 1)
    assert [fault.field for fault in caught.value.errors] == ["name"]
    assert await conn.fetchval("SELECT count(*) FROM county_settings") == 0


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (make_actor(Role.FINANCE), NotAllowed),
        (make_actor(scope="130626"), NotAllowed),
        (make_actor(scope="130624101"), NotAllowed),
        (make_actor(second_factor=False), SecondFactorRequired),
    ],
)
async def test_only_the_countys_desk_and_the_platform_change_settings(
    conn: Connection, actor: Actor, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await change_county_setting(conn, actor, COUNTY, "pay_minutes", 45, starts_on=TODAY, basis="样例", now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM county_settings") == 0


async def test_a_change_is_recorded_in_the_audit_record(conn: Connection) -> None:
    await change(conn, "pay_minutes", 45)
    detail = await conn.fetchval("SELECT detail FROM audit_entries WHERE object = 'county:130624'")
    assert detail == {"name": "pay_minutes", "value": 45, "from": "2019-09-20", "basis": "样例县办〔2019〕1号"}


async def test_the_schema_accepts_one_value_per_day(conn: Connection) -> None:
    await change(conn, "pay_minutes", 45)
    with pytest.raises(asyncpg.ExclusionViolationError, match="county_settings_one_per_day"):
        await conn.execute(
            "INSERT INTO county_settings VALUES ('130624', 'pay_minutes', '[2019-10-01,2019-10-02)', 10, '样例')"
        )
