"""The reference data that is loaded into an empty market."""

from datetime import date

import asyncpg
import pytest

from market.kernel import Connection
from market.places.divisions.load import load_divisions


async def test_divisions_go_down_to_the_villages_of_the_listed_counties(conn: Connection) -> None:
    rows = await conn.fetch("SELECT level, count(*) FROM divisions GROUP BY level")
    assert {row[0]: row[1] for row in rows} == {1: 1, 2: 11, 3: 190, 4: 2365, 5: 20788}
    assert await conn.fetchval("SELECT name FROM divisions WHERE code = '130624101209'") == "骆驼湾村"
    assert await conn.fetchval("SELECT parent_code FROM divisions WHERE code = '130624101209'") == "130624101000"


async def test_a_renamed_county_has_both_its_names_and_codes_by_date(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT name, official_code, upper(valid_during) AS until FROM division_names "
        "WHERE code = '130705000000' ORDER BY valid_during"
    )
    assert [tuple(row) for row in rows] == [
        ("宣化县", "130721", date(2016, 1, 7)),
        ("宣化区", "130705", None),
    ]
    assert (
        await conn.fetchval(
            "SELECT count(*) FROM (SELECT code FROM division_names GROUP BY code HAVING count(*) > 1) AS renamed"
        )
        == 7
    )


async def test_the_lists_contain_45_national_and_17_provincial_counties_and_one_unit(conn: Connection) -> None:
    rows = await conn.fetch("SELECT list, count(DISTINCT county_code) FROM listed_counties GROUP BY list")
    assert {row[0]: row[1] for row in rows} == {"national": 46, "provincial": 17}


async def test_national_day_is_a_day_off_and_an_exchanged_sunday_is_not(conn: Connection) -> None:
    assert await conn.fetchval("SELECT day_off FROM holidays WHERE day = '2019-10-03'") is True
    assert await conn.fetchval("SELECT day_off FROM holidays WHERE day = '2026-09-20'") is False


async def test_loading_again_changes_nothing(owner: Connection) -> None:
    before = await owner.fetchval("SELECT count(*) FROM divisions")
    assert await load_divisions(owner) is False
    assert await owner.fetchval("SELECT count(*) FROM divisions") == before


async def test_a_code_has_one_name_per_day(owner: Connection) -> None:
    with pytest.raises(asyncpg.ExclusionViolationError, match="division_names_one_per_day"):
        await owner.execute(
            "INSERT INTO division_names VALUES ('130705000000', '[2016-01-01,2016-02-01)', '别名', '130799')"
        )
