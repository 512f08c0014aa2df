"""Contacts of a county: who keeps them, which one a farmer sees, and what is refused."""

import asyncio
from datetime import date

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.people.identity.models import NotAllowed, NotFound, Role
from market.places.counties.contacts import (
    BadContact,
    ContactDetails,
    ContactRegistered,
    NewContact,
    add_contact,
    change_contact,
    end_contact,
    find_contact,
    list_contacts,
)
from tests.support.make import NOW, VILLAGE, load_actor, make_contact, make_official

COUNTY = "130624"
TOWNSHIP, WHOLE_COUNTY = f"{VILLAGE[:9]}000", "130624000000"
TODAY = get_business_day(NOW)


def write_contact(division: str = VILLAGE, **fields: object) -> NewContact:
    details: dict[str, object] = {"name": " 样例 站长 ", "phone": "0312-000 0001", "hours": "周一到周五", **fields}
    return NewContact(division_code=division, **details)  # type: ignore[arg-type]


async def test_the_nearest_contact_answers(conn: Connection) -> None:
    assert await find_contact(conn, VILLAGE, day=TODAY) is None
    for division, name in ((WHOLE_COUNTY, "县"), (TOWNSHIP, "镇"), (VILLAGE, "村")):
        await make_contact(conn, division, name)
        found = await find_contact(conn, VILLAGE, day=TODAY)
        assert found is not None
        assert found.name == name
    elsewhere = await find_contact(conn, f"{COUNTY}999999", day=TODAY)
    assert elsewhere is not None
    assert (elsewhere.name, elsewhere.level) == ("县", 3)


async def test_a_contact_who_is_away_answers_only_if_nobody_else_does(conn: Connection) -> None:
    village = await make_contact(conn, VILLAGE, "村")
    away = "UPDATE contacts SET away_during = daterange($2, $3, '[]') WHERE id = $1"
    await conn.execute(away, village, TODAY, date(2030, 1, 5))
    alone = await find_contact(conn, VILLAGE, day=TODAY)
    assert alone is not None
    assert (alone.name, alone.back_on) == ("村", date(2030, 1, 6))
    await make_contact(conn, TOWNSHIP, "镇")
    other = await find_contact(conn, VILLAGE, day=TODAY)
    assert other is not None
    assert (other.name, other.back_on) == ("镇", None)
    back = await find_contact(conn, VILLAGE, day=date(2030, 1, 6))
    assert back is not None
    assert (back.name, back.back_on) == ("村", None)


async def test_a_county_adds_changes_and_ends_a_contact(conn: Connection) -> None:
    keeper = await load_actor(conn, await make_official(conn, Role.IMPORTER, COUNTY))
    added = await add_contact(conn, keeper, COUNTY, write_contact(), now=NOW)
    assert (added.kind, added.name, added.phone) == ("station", "样例 站长", "03120000001")
    with pytest.raises(ContactRegistered):
        async with conn.transaction():
            await add_contact(conn, keeper, COUNTY, write_contact(), now=NOW)
    details = ContactDetails(
        name="新某", phone="13900000001", hours="白天", away_from=date(2030, 1, 1), away_to=date(2030, 1, 5)
    )
    changed = await change_contact(conn, keeper, COUNTY, added.id, details, now=NOW)
    assert (changed.name, changed.away_from, changed.away_to) == ("新某", date(2030, 1, 1), date(2030, 1, 5))
    await end_contact(conn, keeper, COUNTY, added.id, now=NOW)
    assert await list_contacts(conn, COUNTY) == []
    with pytest.raises(NotFound):
        await end_contact(conn, keeper, COUNTY, added.id, now=NOW)
    entries = await conn.fetch(
        "SELECT action, detail FROM audit_entries WHERE object = $1 ORDER BY sequence", f"contact:{added.id}"
    )
    assert [each["action"] for each in entries] == ["contact.add", "contact.change", "contact.end"]
    assert (entries[1]["detail"]["before"]["name"], entries[1]["detail"]["contact"]["name"]) == ("样例 站长", "新某")


@pytest.mark.parametrize(("role", "scope"), [(Role.VILLAGE, VILLAGE), (Role.COUNTY, "130725"), (Role.FINANCE, COUNTY)])
async def test_others_do_not_keep_the_contacts(conn: Connection, role: Role, scope: str) -> None:
    other = await load_actor(conn, await make_official(conn, role, scope))
    contact = await make_contact(conn, TOWNSHIP, "镇")
    with pytest.raises(NotAllowed):
        await add_contact(conn, other, COUNTY, write_contact(), now=NOW)
    with pytest.raises(NotAllowed):
        await end_contact(conn, other, COUNTY, contact, now=NOW)


@pytest.mark.parametrize(
    ("division", "fields", "faults"),
    [
        ("130725000000", {}, ["division_code"]),
        ("130600000000", {}, ["division_code"]),
        (VILLAGE, {"name": " ", "phone": "找我", "hours": ""}, ["name", "phone", "hours"]),
        (VILLAGE, {"hours": "早" * 61}, ["hours"]),
        (VILLAGE, {"name": "乡集客服"}, ["name"]),
        (VILLAGE, {"name": "\u3164"}, ["name"]),
        (VILLAGE, {"away_from": date(2030, 1, 2)}, ["away_to"]),
        (VILLAGE, {"away_to": date(2030, 1, 2)}, ["away_to"]),
        (VILLAGE, {"away_from": date(2030, 1, 2), "away_to": date(2030, 1, 1)}, ["away_to"]),
        (VILLAGE, {"away_from": date(2030, 1, 1), "away_to": date(2031, 1, 2)}, ["away_to"]),
        (VILLAGE, {"away_from": date(2019, 1, 1), "away_to": date.max}, ["away_to"]),
    ],
)
async def test_a_contact_that_is_not_valid_is_refused_by_field(
    conn: Connection, division: str, fields: dict[str, object], faults: list[str]
) -> None:
    keeper = await load_actor(conn, await make_official(conn, Role.COUNTY, COUNTY))
    with pytest.raises(BadContact) as refused:
        await add_contact(conn, keeper, COUNTY, write_contact(division, **fields), now=NOW)
    assert [each.field for each in refused.value.errors] == faults


async def test_an_absence_ends_on_a_day_that_every_page_can_read(conn: Connection) -> None:
    contact = await make_contact(conn, VILLAGE, "样例站长")
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(
            "UPDATE contacts SET away_during = daterange($2, $3, '[]') WHERE id = $1", contact, TODAY, date.max
        )


async def test_a_contact_that_ended_meanwhile_is_not_found(database: Database) -> None:
    async with database.transaction() as conn:
        keeper = await load_actor(conn, await make_official(conn, Role.IMPORTER, COUNTY))
        contact = await make_contact(conn, VILLAGE, "样例站长")

    async def end() -> str:
        async with database.transaction() as conn:
            try:
                await end_contact(conn, keeper, COUNTY, contact, now=NOW)
            except NotFound as refusal:
                return refusal.code
        return "ended"

    assert sorted(await asyncio.gather(*(end() for _ in range(4)))) == ["ended", *["not_found"] * 3]
