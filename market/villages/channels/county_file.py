"""Which counties are in which channel, by file: a row of a known channel, county and first day changes that period."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct, to_builtins

from market.catalogue.listings.search.counties import MAX_COUNTIES
from market.kernel import Connection, Query
from market.kernel.division_codes import COUNTY, pad_code
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.text import clean_text
from market.people.identity.models import Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.villages.channels.models import ChannelKind

COLUMNS = (
    Column("channel", "频道", example="北京", meaning="结对的城市（北京、天津、石家庄），或者这个县自己的名字"),
    Column("county", "县代码", example="130624", meaning="6 位"),
    Column("first", "起始日期", example="2021-01-01", meaning="从哪天起"),
    Column("last", "终止日期", may_be_empty=True, example="", meaning="最后一天；还在结对就空着"),
    Column("basis", "依据", example="某某〔2021〕1号", meaning="文件的名字或文号；没有核实的写“未核实”"),
)
_MAX_BASIS_LENGTH = 200
_COUNTY_DIGITS = 6


class PairingRow(Struct, frozen=True, kw_only=True):
    """A county in a channel from a day on; `until` is the first day after."""

    channel: str
    county: str
    first: date
    until: date | None
    basis: str

    def covers(self, day: date) -> bool:
        """Return whether the county is in the channel on a day."""
        return self.first <= day and (self.until is None or day < self.until)

    def overlaps(self, other: "PairingRow") -> bool:
        """Return whether two periods have a day in common."""
        return (self.until is None or other.first < self.until) and (other.until is None or self.first < other.until)


class CountyName(Struct, frozen=True):
    """A county that may be in a channel."""

    code: str
    name: str


LIST_CITY_CHANNELS = Query(CountyName, "SELECT code, name FROM channels WHERE kind = 'city' ORDER BY position")
LIST_GIVEN_COUNTIES = Query(
    CountyName,
    "SELECT county_code AS code, name FROM divisions WHERE level = :level AND code = ANY(:codes::text[]) ORDER BY code",
)
LIST_PAIRINGS = Query(
    PairingRow,
    """
    SELECT channel, county_code AS county, lower(valid_during) AS first, upper(valid_during) AS until, basis
      FROM channel_counties ORDER BY channel, county_code, valid_during
    """,
)
ADD_CHANNELS = Query(
    None,
    """
    INSERT INTO channels (code, kind, name)
    SELECT code, :kind, name FROM jsonb_to_recordset(:rows::jsonb) AS r (code text, name text)
    ON CONFLICT (code) DO NOTHING
    """,
)
# Changes before additions, so that a period may end where a new one begins.
CHANGE_PAIRINGS = Query(
    None,
    """
    UPDATE channel_counties c SET valid_during = daterange(r.first, r.until), basis = r.basis
      FROM jsonb_to_recordset(:rows::jsonb) AS r (channel text, county text, first date, until date, basis text)
     WHERE c.channel = r.channel AND c.county_code = r.county AND lower(c.valid_during) = r.first
    """,
)
ADD_PAIRINGS = Query(
    None,
    """
    INSERT INTO channel_counties (channel, county_code, valid_during, basis)
    SELECT channel, county, daterange(first, until), basis
      FROM jsonb_to_recordset(:rows::jsonb) AS r (channel text, county text, first date, until date, basis text)
    """,
)


def _read(cells: CellReader, cities: Mapping[str, str], counties: Mapping[str, str]) -> PairingRow | None:
    name, county = cells.code("channel", max_length=20), cells.code("county")
    first, last = cells.day("first"), cells.maybe_day("last")
    basis = clean_text(cells.text("basis", max_length=_MAX_BASIS_LENGTH))
    if county and county not in counties:
        cells.fault("county", "应是县、县级市或区的 6 位代码")
    elif name and name not in cities and name != counties.get(county):
        cells.fault("channel", f"应是 {'、'.join(cities)} 之一，或者这个县的名字“{counties.get(county, '')}”")
    if first is not None and last is not None and last < first:
        cells.fault("last", f"不能早于起始日期 {first}")
    if len(basis) == 1:
        cells.fault("basis", "至少 2 个字")
    if not cells.valid or first is None:
        return None
    until = last + timedelta(days=1) if last else None
    return PairingRow(channel=cities.get(name, county), county=county, first=first, until=until, basis=basis)


def _list_faults(
    rows: Sequence[tuple[CellReader, PairingRow]], after: Sequence[PairingRow], cities: Mapping[str, str]
) -> None:
    """Add faults of rows that overlap another period, or make a channel too large; `after` is what would be stored."""
    by_channel: dict[str, list[PairingRow]] = defaultdict(list)
    for each in after:
        by_channel[each.channel].append(each)
    for cells, row in rows:
        inside = by_channel[row.channel]
        if any(each is not row and each.county == row.county and each.overlaps(row) for each in inside):
            cells.fault("first", "和这个县在这个频道的另一段时间重叠")
        if row.channel in cities.values() and sum(each.covers(row.first) for each in inside) > MAX_COUNTIES:
            cells.fault("county", f"一个频道同时最多 {MAX_COUNTIES} 个县")


async def _prepare(
    conn: Connection, _importer: Actor, _file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    cities = {each.name: each.code for each in await LIST_CITY_CHANNELS.all(conn)}
    written = {row.cells.get("county", "").strip().lstrip("'")[:_COUNTY_DIGITS] for row in spreadsheet.rows}
    codes = [pad_code(each) for each in written if each.isdecimal() and len(each) == _COUNTY_DIGITS]
    counties = {each.code: each.name for each in await LIST_GIVEN_COUNTIES.all(conn, level=COUNTY, codes=codes)}
    stored = {(each.channel, each.county, each.first): each for each in await LIST_PAIRINGS.all(conn)}
    rows: list[tuple[CellReader, PairingRow]] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, cities, counties)
        if row is not None:
            rows.append((cells, row))
    given = {(row.channel, row.county, row.first) for _, row in rows}
    _list_faults(rows, [*(each for key, each in stored.items() if key not in given), *(row for _, row in rows)], cities)
    added = [row for _, row in rows if (row.channel, row.county, row.first) not in stored]
    same = [row for _, row in rows if row == stored.get((row.channel, row.county, row.first))]
    changed = [row for _, row in rows if row not in added and row not in same]

    async def store() -> None:
        own = [{"code": row.county, "name": counties[row.county]} for row in added if row.channel == row.county]
        await ADD_CHANNELS.run(conn, kind=ChannelKind.COUNTY, rows=own)
        await CHANGE_PAIRINGS.run(conn, rows=to_builtins(changed))
        await ADD_PAIRINGS.run(conn, rows=to_builtins(added))

    return FilePlan({"new": len(added), "changed": len(changed), "same": len(same)}, store)


CHANNELS = FileKind(
    name="channels",
    name_zh="频道里的县",
    summary="Counties in the channels of buying cities, or of their own: 频道, 县代码, 起始日期, 终止日期, 依据.",
    hint_zh="和北京、天津、石家庄结对的县，县自己的频道；一行一段时间",
    columns=COLUMNS,
    roles=frozenset(),
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
    national=True,
)
