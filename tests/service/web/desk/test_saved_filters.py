"""存下来的筛选: an official's own, by name, twenty at most, without month; erased with the account, and when old."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.seal import Seal
from market.people.saved_filters.keep import (
    MAX_SAVED_FILTERS,
    SavedFilterInvalid,
    TooManySavedFilters,
    delete_old_filters,
    erase_filters,
    list_saved_filters,
    save_filter,
)
from market.privacy.personal_data import load_personal_data
from tests.service.web.desk.county import COUNTY, NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_an_official_keeps_a_filter_under_a_name(
    service: Service, database: Database, people: Officials, seal: Seal
) -> None:
    kept = "/desk/findings?state=open&operator=mobile"
    official, own = people.actors["xian"].account_id, get_person_scope(people.actors["xian"])
    async with database.transaction(scope=own) as conn:
        await save_filter(conn, official, "130626", "findings", name="邻县", query={"state": "open"}, now=NOW)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open(f"{kept}&household=H01&month=2019-01")
        seen = await browser.submit("/desk/saved", name="移动待办")
        assert seen.path == kept
        assert "移动待办" in seen.text
        assert kept in seen.links()
        async with database.transaction(scope=COUNTY) as conn:
            stored = await conn.fetchval("SELECT query FROM saved_filters")
        assert stored == {"state": "open", "operator": "mobile"}, "neither month nor household"
    async with open_desk_walker(service, people.tokens["zhen"]) as browser:
        seen = await browser.open(kept)
        assert "移动待办" not in seen.text, "it is the other official's"
    async with database.transaction(scope=own) as conn:
        for n in range(2, MAX_SAVED_FILTERS):
            await save_filter(conn, official, COUNTY, "reports/funnel", name=f"第{n}", query={"within": "1"}, now=NOW)
        with pytest.raises(TooManySavedFilters):
            await save_filter(conn, official, COUNTY, "findings", name="再一个", query={"state": "open"}, now=NOW)
        await save_filter(conn, official, COUNTY, "findings", name="移动待办", query={"state": "decided"}, now=NOW)
        assert [each.query for each in await list_saved_filters(conn, official, COUNTY, "findings")] == [
            {"state": "decided"}
        ]
        for name, query in (("长" * 21, {"state": "open"}), (" ", {"state": "open"}), ("空", {})):
            with pytest.raises(SavedFilterInvalid):
                await save_filter(conn, official, COUNTY, "findings", name=name, query=query, now=NOW)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open(kept)
        seen = await browser.submit("/desk/saved", remove="2")
        assert "移动待办" not in seen.text
    assert await delete_old_filters(database, NOW) == 0
    async with database.transaction(scope=get_person_scope(people.actors["zhen"])) as conn:
        await erase_filters(conn, official)
        assert await conn.fetchval("SELECT count(*) FROM saved_filters") == 0, "another account sees and erases none"
    assert await delete_old_filters(database, NOW + timedelta(seconds=1)) == MAX_SAVED_FILTERS - 1
    async with database.transaction(scope=own) as conn:
        await save_filter(conn, official, COUNTY, "findings", name="移动待办", query={"state": "open"}, now=NOW)
        copy = await load_personal_data(conn, seal, official)
        assert [(each.page, each.name) for each in copy.saved_filters] == [("findings", "移动待办")]
        await erase_filters(conn, official)
        assert await conn.fetchval("SELECT count(*) FROM saved_filters") == 0
