"""Officials who stand in for others for a time: the days, the roles, and what ends them."""

from datetime import date, timedelta

import asyncpg
import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.county_officials import OfficialElsewhere, OwnAccount
from market.people.identity.deputies import (
    MAX_DAYS,
    Deputy,
    DeputySelf,
    NothingToDeputise,
    appoint_deputy,
    end_deputy,
    list_deputies,
)
from market.people.identity.models import Actor, NotAllowed, Role
from market.people.identity.officials import (
    InvalidOfficial,
    NoSuchOfficial,
    create_official,
    move_official,
    revoke_official,
)
from tests.conftest import NOW
from tests.support.make import make_phone
from tests.support.postgres import as_owner

COUNTY = "130624"
TODAY = get_business_day(NOW)
TOMORROW = TODAY + timedelta(days=1)
LAST = TODAY + timedelta(days=9)


@pytest.fixture
async def boss(conn: Connection, seal: Seal) -> Actor:
    """Who decides for the county; `cun` confirms a village, `zhen` reviews the townships, `cai` settles."""
    for handle, name, role, place in (
        ("boss", "样例县某", Role.COUNTY, COUNTY),
        ("cun", "样例村某", Role.VILLAGE, "130624101204"),
        ("zhen", "样例镇某", Role.TOWNSHIP, COUNTY),
        ("cai", "样例财某", Role.FINANCE, COUNTY),
    ):
        await create_official(
            conn, seal, name=name, handle=handle, phone=make_phone(), roles=[role], division=place, now=NOW
        )
    return await find(conn, "boss", TODAY)


async def find(conn: Connection, handle: str, day: date) -> Actor:
    actor = await find_actor_by_handle(conn, handle, day=day)
    assert actor is not None
    return actor


async def list_roles(conn: Connection, handle: str, day: date) -> list[tuple[str, str]]:
    return [(str(grant.role), grant.scope) for grant in (await find(conn, handle, day)).grants]


async def appoint(
    conn: Connection, boss: Actor, absent: str, deputy: str, *, first: date | None = TOMORROW, last: date | None = LAST
) -> int:
    return await appoint_deputy(conn, boss, COUNTY, absent, deputy=deputy, first=first, last=last, now=NOW)


async def test_a_deputy_holds_the_roles_on_the_days_both_included(conn: Connection, boss: Actor) -> None:
    assert await appoint(conn, boss, "cun", "cai") == 1
    own, both = [("finance", COUNTY)], [("finance", COUNTY), ("village", "130624101204")]
    days = (TODAY, TOMORROW, LAST, LAST + timedelta(days=1))
    assert [await list_roles(conn, "cai", day) for day in days] == [own, both, both, own]
    assert await list_roles(conn, "cun", TOMORROW) == [("village", "130624101204")]
    assert await list_deputies(conn, COUNTY, now=NOW) == [
        Deputy("cai", "样例财某", "cun", "样例村某", [Role.VILLAGE], TOMORROW, LAST)
    ]
    assert await list_deputies(conn, "130629", now=NOW) == []
    assert await list_deputies(conn, COUNTY, now=NOW + timedelta(days=10)) == []
    assert await conn.fetchval("SELECT actor FROM audit_entries WHERE action = 'official.deputy'") == str(
        boss.account_id
    )


async def test_other_days_replace_the_earlier_ones(conn: Connection, boss: Actor) -> None:
    await appoint(conn, boss, "cun", "cai", first=TODAY)
    await appoint(conn, boss, "cun", "cai", first=TOMORROW, last=TOMORROW)
    assert [(each.first, each.last) for each in await list_deputies(conn, COUNTY, now=NOW)] == [(TOMORROW, TOMORROW)]


async def test_the_county_names_a_deputy_for_itself_and_never_stands_in(conn: Connection, boss: Actor) -> None:
    assert await appoint(conn, boss, "boss", "zhen") == 1
    with pytest.raises(OwnAccount):
        await appoint(conn, boss, "cai", "boss")


async def test_an_official_who_is_moved_or_ends_has_no_deputy_any_more(conn: Connection, boss: Actor) -> None:
    await appoint(conn, boss, "cun", "cai", first=TODAY)
    await move_official(conn, "cun", "130624101201", by="test", now=NOW + timedelta(days=1))
    assert await list_roles(conn, "cai", TOMORROW) == [("finance", COUNTY)]
    await appoint(conn, boss, "zhen", "cai")
    await revoke_official(conn, "zhen", by="test", now=NOW)
    assert await list_roles(conn, "cai", TOMORROW) == [("finance", COUNTY)]


async def test_a_deputy_who_ends_stands_in_no_longer(conn: Connection, boss: Actor) -> None:
    await appoint(conn, boss, "cun", "cai")
    await revoke_official(conn, "cai", by="test", now=NOW)
    assert await list_roles(conn, "cai", TOMORROW) == []


async def test_standing_in_ends_at_once(conn: Connection, boss: Actor) -> None:
    await appoint(conn, boss, "cun", "cai", first=TODAY)
    await end_deputy(conn, boss, COUNTY, "cun", deputy="cai", now=NOW)
    assert await list_roles(conn, "cai", TODAY) == [("finance", COUNTY)]
    assert await list_deputies(conn, COUNTY, now=NOW) == []
    with pytest.raises(NoSuchOfficial):
        await end_deputy(conn, boss, COUNTY, "cun", deputy="nobody", now=NOW)
    with pytest.raises(NotAllowed):
        await end_deputy(conn, await find(conn, "cai", TODAY), COUNTY, "cun", deputy="cai", now=NOW)


@pytest.mark.parametrize("day", [0, 1])
async def test_a_role_that_a_deputy_is_granted_stays_after_the_days(
    conn: Connection, seal: Seal, boss: Actor, day: int
) -> None:
    await appoint(conn, boss, "zhen", "cai", first=TODAY)
    phone = await conn.fetchval("SELECT phone_sealed FROM accounts WHERE handle = 'cai'")
    await create_official(
        conn, seal, name="样例财某", handle="cai", phone=seal.open(phone, "accounts.phone"),
        roles=[Role.TOWNSHIP], division=COUNTY, now=NOW + timedelta(days=day),
    )  # fmt: skip
    assert ("township", COUNTY) in await list_roles(conn, "cai", LAST + timedelta(days=1))


async def test_a_deputy_passes_on_no_role_of_another(conn: Connection, seal: Seal, boss: Actor) -> None:
    await appoint(conn, boss, "cun", "cai")
    assert await appoint(conn, boss, "cai", "zhen") == 1
    assert await list_roles(conn, "zhen", TOMORROW) == [("finance", COUNTY), ("township", COUNTY)]
    await create_official(
        conn, seal, name="样例另镇", handle="zhen2", phone=make_phone(), roles=[Role.TOWNSHIP], division=COUNTY, now=NOW
    )
    with pytest.raises(NothingToDeputise):
        await appoint(conn, boss, "zhen", "zhen2")


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (None, LAST, "first"),
        (TODAY - timedelta(days=1), LAST, "first"),
        (TODAY + timedelta(days=366), TODAY + timedelta(days=367), "first"),
        (TOMORROW, None, "last"),
        (TOMORROW, TODAY, "last"),
        (TODAY, TODAY + timedelta(days=MAX_DAYS), "last"),
    ],
)
async def test_wrong_days_are_refused_at_their_field(
    conn: Connection, boss: Actor, first: date | None, last: date | None, field: str
) -> None:
    with pytest.raises(InvalidOfficial) as refusal:
        await appoint(conn, boss, "cun", "cai", first=first, last=last)
    assert [each.field for each in refusal.value.errors] == [field]
    assert await appoint(conn, boss, "cun", "cai", first=TODAY, last=TODAY + timedelta(days=MAX_DAYS - 1)) == 1


async def test_who_cannot_stand_in(conn: Connection, seal: Seal, boss: Actor) -> None:
    await create_official(
        conn, seal, name="副主任 样例村某", handle="cun2", phone=make_phone(), roles=[Role.TOWNSHIP], division=COUNTY,
        now=NOW,
    )  # fmt: skip
    await create_official(
        conn, seal, name="样例市某", handle="shi", phone=make_phone(), roles=[Role.TOWNSHIP], division="1306", now=NOW
    )
    with pytest.raises(DeputySelf):
        await appoint(conn, boss, "cun", "cun2")
    with pytest.raises(OfficialElsewhere):
        await appoint(conn, boss, "cun", "shi")
    with pytest.raises(OfficialElsewhere):
        await appoint(conn, boss, "shi", "cun")
    for absent, deputy in (("cun", "nobody"), ("nobody", "cun")):
        with pytest.raises(NoSuchOfficial):
            await appoint(conn, boss, absent, deputy)
    with pytest.raises(NotAllowed):
        await appoint(conn, await find(conn, "cai", TODAY), "cun", "zhen")


@pytest.mark.parametrize(
    ("until", "own", "constraint"),
    [
        (None, False, "grants_deputy_for_a_time"),
        (TODAY + timedelta(days=91), False, "grants_deputy_for_a_time"),
        (TOMORROW, True, "grants_deputy_is_another"),
    ],
)
async def test_the_schema_knows_no_deputy_without_end_and_none_of_oneself(
    conn: Connection, boss: Actor, until: date | None, own: bool, constraint: str
) -> None:
    cai = (await find(conn, "cai", TODAY)).account_id
    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        async with as_owner(conn):
            await conn.execute(
                "INSERT INTO grants VALUES ($1, 'village', '130624', daterange($2, $3), $4)",
                cai, TODAY, until, cai if own else boss.account_id,
            )  # fmt: skip
