"""The yearly recheck: who is due, whose it is, and the record of a visit that found nothing changed."""

from datetime import date, timedelta

import pytest

from market.kernel import Connection
from market.people.identity.models import NotAllowed, Role
from market.subsidies.register.rechecks import (
    NewRechecks,
    RecheckInvalid,
    list_due_rechecks,
    record_rechecks,
    sum_up_rechecks,
)
from tests.story.play import COUNTY, nine_o_clock
from tests.subsidies.intake.intake import VILLAGE, Intake
from tests.support.make import load_actor, make_official
from tests.support.postgres import as_owner

CHECKED = date(2018, 3, 1)
LAST_DAY = CHECKED + timedelta(days=365)


async def test_a_recheck_is_listed_before_its_last_day_and_recorded_by_who_went_there(county: Connection) -> None:
    intake = Intake(county)
    async with as_owner(county):
        await county.execute("UPDATE register_checks SET checked_on = $1", CHECKED)
    assert await sum_up_rechecks(county, COUNTY, (COUNTY,), today=LAST_DAY - timedelta(days=31)) == []
    [village, *_] = [
        each
        for each in await sum_up_rechecks(county, COUNTY, (COUNTY,), today=LAST_DAY - timedelta(days=30))
        if each.village_code == VILLAGE
    ]
    assert (village.due > 1, village.overdue, village.first_due) == (True, 0, LAST_DAY)
    assert "样例村某" in village.people
    late = LAST_DAY + timedelta(days=1)
    [village] = await sum_up_rechecks(county, COUNTY, (VILLAGE,), today=late)
    assert village.overdue == village.due
    due = await list_due_rechecks(county, COUNTY, (COUNTY,), village=VILLAGE, today=late)
    assert [each.due_on for each in due] == [LAST_DAY] * village.due
    now = nine_o_clock(str(late))
    village_official = await intake.actor("cun")
    for households, checked_on, field in (
        ((), late, "households"),
        (("H99",), late, "households"),
        (("H01",), late + timedelta(days=1), "checked_on"),
        (("H01",), late - timedelta(days=31), "checked_on"),
    ):
        with pytest.raises(RecheckInvalid) as refused:
            await record_rechecks(
                county, village_official, COUNTY, NewRechecks(households=households, checked_on=checked_on), now=now
            )
        assert [each.field for each in refused.value.errors] == [field]
    new = NewRechecks(households=("h01", "H01"), checked_on=late)
    elsewhere = await load_actor(county, await make_official(county, Role.VILLAGE, "130624107221"))
    for actor, refusal in ((await intake.actor("xian"), NotAllowed), (elsewhere, RecheckInvalid)):
        with pytest.raises(refusal):
            await record_rechecks(county, actor, COUNTY, new, now=now)
    assert await record_rechecks(county, village_official, COUNTY, new, now=now) == 1
    left = await list_due_rechecks(county, COUNTY, (COUNTY,), village=VILLAGE, today=late)
    assert [each.household for each in left] == [each.household for each in due if each.household != "H01"]
    async with as_owner(county):
        own = await county.fetchval(
            "SELECT p.identity_index FROM persons p JOIN memberships m ON m.person_id = p.id"
            " WHERE m.household_code = 'H02' AND upper_inf(m.valid_during) LIMIT 1"
        )
        await county.execute("UPDATE accounts SET identity_index = $1, identity_sealed = 'x' WHERE handle = 'cun'", own)
    with pytest.raises(RecheckInvalid) as refused:
        await record_rechecks(
            county, village_official, COUNTY, NewRechecks(households=("H02",), checked_on=late), now=now
        )
    assert "要另一个人去" in refused.value.errors[0].message
