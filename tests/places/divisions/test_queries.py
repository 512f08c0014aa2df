"""Divisions by code, by name and by date."""

from datetime import date

import pytest

from market.kernel import Connection
from market.kernel.division_codes import LEVEL_DIGITS, get_ancestor_code, get_scope, truncate_code
from market.places.divisions.queries import (
    DivisionNotFound,
    get_division_path,
    list_children,
    list_listed_counties,
    search_divisions,
)
from market.places.divisions.regions import REGIONS

DAY = date(2019, 9, 20)


async def test_hebei_has_eleven_prefectures_and_fuping_its_townships(conn: Connection) -> None:
    assert [(each.code, each.name) for each in await list_children(conn)] == [("130000000000", "河北省")]
    assert len(await list_children(conn, "13")) == 11
    townships = await list_children(conn, "130624000000")
    assert len(townships) == 14
    assert {each.level for each in townships} == {4}
    assert await list_children(conn, "130624107221") == []
    assert await list_children(conn, "999999999999") == []


async def test_the_path_to_a_village_names_all_five_levels(conn: Connection) -> None:
    assert [each.name for each in await get_division_path(conn, "130624107221")] == [
        "河北省",
        "保定市",
        "阜平县",
        "北果园镇",
        "革新庄村",
    ]
    assert [each.name for each in await get_division_path(conn, "130624")] == ["河北省", "保定市", "阜平县"]
    with pytest.raises(DivisionNotFound):
        await get_division_path(conn, "130624107999")


async def test_a_division_is_found_by_name_pinyin_and_initials(conn: Connection) -> None:
    for text in ("阜平县", "fupingx", "FPX"):
        found = await search_divisions(conn, text)
        assert (found[0].code, found[0].path) == ("130624000000", ["河北省", "保定市"])
    assert [each.code for each in await search_divisions(conn, "革新庄村", within="130624")] == ["130624107221"]
    assert await search_divisions(conn, "革新庄村", within="1307") == []
    assert await search_divisions(conn, "  ") == []
    assert len(await search_divisions(conn, "村", limit=1000)) == 100


async def test_the_lists_contain_45_national_and_17_provincial_counties_and_one_special_unit(conn: Connection) -> None:
    counties = await list_listed_counties(conn, day=DAY)
    by_list = {name: sum(county.list == name for county in counties) for name in ("national", "provincial")}
    assert by_list == {"national": 46, "provincial": 17}
    fuping = next(county for county in counties if county.county_code == "130624")
    assert (fuping.name, fuping.prefecture, fuping.list) == ("阜平县", "保定市", "national")
    assert await list_listed_counties(conn, day=date(2011, 12, 31)) == []


async def test_a_renamed_county_has_its_name_and_code_of_the_day(conn: Connection) -> None:
    on_day = "SELECT name, official_code FROM division_names WHERE code = '130505000000' AND valid_during @> $1::date"
    assert tuple(await conn.fetchrow(on_day, date(2020, 6, 4)) or ()) == ("任县", "130526")
    assert tuple(await conn.fetchrow(on_day, date(2020, 6, 5)) or ()) == ("任泽区", "130505")


async def test_the_national_day_of_2019_is_seven_days_of_rest_and_two_of_work(conn: Connection) -> None:
    days = await conn.fetch(
        "SELECT day, day_off FROM holidays WHERE day BETWEEN '2019-09-28' AND '2019-10-12' ORDER BY 1"
    )
    assert [(row["day"].isoformat(), row["day_off"]) for row in days] == [
        ("2019-09-29", False),
        *((f"2019-10-0{n}", True) for n in range(1, 8)),
        ("2019-10-12", False),
    ]


def test_there_are_31_regions_in_the_order_of_their_codes() -> None:
    codes = [region.code for region in REGIONS]
    assert len(codes) == 31
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("code", "scope"),
    [
        ("130000000000", "13"),
        ("130600000000", "1306"),
        ("130624000000", "130624"),
        ("130624100000", "130624100"),
        ("130624100200", "130624100200"),
    ],
)
def test_a_scope_is_the_common_prefix_of_its_divisions(code: str, scope: str) -> None:
    assert get_scope(code) == scope


async def test_sql_truncates_codes_as_python_does(conn: Connection) -> None:
    code = "130624100200"
    for level, digits in enumerate(LEVEL_DIGITS, start=1):
        row = await conn.fetchrow("SELECT truncate_code($1, $2), ancestor_code($1, $2)", code, level)
        assert row is not None
        assert tuple(row) == (truncate_code(code, level), get_ancestor_code(code, level))
        assert row[0] == code[:digits]
