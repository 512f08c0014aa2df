"""Load the settings of a county on a day."""

from datetime import date

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.places.counties.settings import CountySettings


class CountySettingRow(Struct, frozen=True):
    """One setting that a county has changed."""

    name: str
    value: int


LIST_COUNTY_SETTINGS = Query(
    CountySettingRow,
    "SELECT name, value FROM county_settings WHERE county_code = :county_code AND valid_during @> :day::date",
)


async def load_county_settings(conn: Connection, county_code: str, *, day: date) -> CountySettings:
    """Return the settings of a county (six digits) on `day`; a setting that it has not changed has its default."""
    rows = await LIST_COUNTY_SETTINGS.all(conn, county_code=county_code, day=day)
    return msgspec.convert({row.name: row.value for row in rows}, CountySettings)
