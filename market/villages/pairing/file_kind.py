"""Pairings by file: a row is a pledge; the rows of an organisation and a village are a pairing to agree to."""

import re
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader, normalize_code
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.village_periods import VillagePeriod, list_ended_villages, list_village_periods
from market.places.organisations.credit_codes import normalize_credit_code
from market.villages.pairing.models import (
    MAX_PLEDGES,
    MAX_TARGET,
    MAX_TERM_DAYS,
    PLEDGE_NAMES,
    PLEDGE_UNITS,
    NewPairing,
    NewPledge,
    PledgeKind,
)
from market.villages.pairing.propose import add_pairing, drop_pairing

COLUMNS = (
    Column("company", "企业名称", example="某某食用菌公司", meaning="和单位名册里的一致，核过的"),
    Column("credit_code", "统一社会信用代码", example="91130624MA0XAMPL0Q", meaning="18 位"),
    Column("village", "村代码", example="130624107221", meaning="12 位，本县在用的村"),
    Column("term", "起止日期", example="2030-01-01 至 2032-12-31", meaning="这条承诺从哪天到哪天，两天都写"),
    Column("kind", "承诺类别", example="买货", meaning="、".join(PLEDGE_NAMES.values())),
    Column("target", "数量", example="200000.00", meaning="买货、投资写元，办课、招工写人次"),
    Column("unit", "单位", example="元", meaning="元 或者 人次"),
)
_KINDS = {name: kind for kind, name in PLEDGE_NAMES.items()}
_TERM = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:至|到|~|—+|--)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
)


class _KnownCompany(Struct, frozen=True):
    id: UUID
    credit_code: str
    name: str
    verified: bool


class _KnownPledge(Struct, frozen=True):
    pairing_id: UUID
    organisation_id: UUID
    village_code: str
    agreed: bool
    pairing_first: date
    pairing_last: date
    kind: PledgeKind
    target: int
    first: date
    last: date


class _PledgeRow(Struct, frozen=True):
    organisation_id: UUID
    village_code: str
    kind: PledgeKind
    target: int
    first: date
    last: date


LIST_COMPANIES = Query(
    _KnownCompany,
    """
    SELECT id, credit_code, name, verified_at IS NOT NULL AS verified
      FROM organisations WHERE credit_code = ANY(:codes::text[])
    """,
)
LIST_KNOWN = Query(
    _KnownPledge,
    """
    SELECT p.id AS pairing_id, p.organisation_id, p.village_code, p.agreed_at IS NOT NULL AS agreed,
           lower(p.valid_during) AS pairing_first, upper(p.valid_during) - 1 AS pairing_last, g.kind, g.target,
           lower(g.valid_during) AS first, upper(g.valid_during) - 1 AS last
      FROM pairings p JOIN pledges g ON g.pairing_id = p.id
     WHERE p.county_code = :county AND upper(p.valid_during) > :day::date
    """,
)


def _read_term(cells: CellReader, today: date) -> tuple[date, date] | None:
    written = "".join(normalize_code(cells.raw("term")).split())
    match = _TERM.fullmatch(written)
    if match is None:
        cells.fault("term", "起止两天都要写，例如 2030-01-01 至 2032-12-31；承诺要有期限")
        return None
    year, month, day, until_year, until_month, until_day = (int(each) for each in match.groups())
    try:
        first, last = date(year, month, day), date(until_year, until_month, until_day)
    except ValueError:
        cells.fault("term", "没有这一天")
        return None
    if last < today:
        cells.fault("term", f"已经过了，今天是 {today}")
    elif not first <= last or (last - first).days >= MAX_TERM_DAYS:
        cells.fault("term", "结束不早于开始，最长十年")
    return first, last


def _read_target(cells: CellReader, kind: PledgeKind | None) -> int | None:
    if kind is None:
        return None
    if cells.listed("unit", sorted(set(PLEDGE_UNITS.values()))) != PLEDGE_UNITS[kind] and cells.valid:
        cells.fault("unit", f"{PLEDGE_NAMES[kind]}的单位是{PLEDGE_UNITS[kind]}")
    if not kind.is_money:
        return cells.integer("target", low=1, high=1_000_000)
    fen = cells.fen("target")
    if fen is not None and not 0 < fen <= MAX_TARGET:
        cells.fault("target", "写比 0 多的数")
    return fen


def _read(
    cells: CellReader, file: CountyFile, companies: dict[str, _KnownCompany], villages: dict[str, str]
) -> _PledgeRow | None:
    name, code = cells.text("company"), normalize_credit_code(cells.code("credit_code"))
    village = cells.code("village")
    company = companies.get(code)
    if company is None:
        cells.fault("credit_code", "单位名册里没有这个代码，先导入单位名册")
    elif company.name != name:
        cells.fault("company", f"和代码不一致，{code} 是{company.name}")
    elif not company.verified:
        cells.fault("credit_code", "这个单位还没有核")
    if fault := villages.get(village, "本县没有这个村代码"):
        cells.fault("village", fault)
    term = _read_term(cells, file.today)
    kind = cells.choice("kind", _KINDS)
    target = _read_target(cells, kind)
    if not cells.valid or company is None or term is None or kind is None or target is None:
        return None
    return _PledgeRow(company.id, village, kind, target, *term)


def _group(rows: Sequence[tuple[CellReader, _PledgeRow]]) -> dict[tuple[UUID, str], list[_PledgeRow]]:
    """Return the rows of each pairing; a second pledge of a kind in the same days is a fault."""
    groups: dict[tuple[UUID, str], list[_PledgeRow]] = {}
    for cells, row in rows:
        group = groups.setdefault((row.organisation_id, row.village_code), [])
        if any(each.kind is row.kind and each.first <= row.last and row.first <= each.last for each in group):
            cells.fault("kind", "这一样在这段时间前面写过了")
        elif len(group) == MAX_PLEDGES:
            cells.fault("kind", f"一对最多 {MAX_PLEDGES} 条承诺")
        else:
            group.append(row)
    return groups


def _list_village_faults(periods: Sequence[VillagePeriod], ended: dict[str, str]) -> dict[str, str]:
    """Return the codes of a county, each with why it is not in use; empty if it is."""
    return {each.code: "" for each in periods} | ended


def _find_period_fault(row: _PledgeRow, periods: Sequence[VillagePeriod]) -> bool:
    return not any(
        each.code == row.village_code and each.first <= row.first and (each.last is None or row.last <= each.last)
        for each in periods
    )


def _get_span(rows: Sequence[_PledgeRow | _KnownPledge]) -> tuple[date, date]:
    return min(each.first for each in rows), max(each.last for each in rows)


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    codes = [normalize_credit_code(normalize_code(each.cells.get("credit_code", ""))) for each in spreadsheet.rows]
    companies = {each.credit_code: each for each in await LIST_COMPANIES.all(conn, codes=codes)}
    periods = await list_village_periods(conn, file.county)
    villages = _list_village_faults(periods, await list_ended_villages(conn, file.county, day=file.today))
    known: dict[tuple[UUID, str], dict[UUID, list[_KnownPledge]]] = {}
    for each in await LIST_KNOWN.all(conn, county=file.county, day=file.today):
        pairings = known.setdefault((each.organisation_id, each.village_code), {})
        pairings.setdefault(each.pairing_id, []).append(each)
    rows: list[tuple[CellReader, _PledgeRow]] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, file, companies, villages)
        if row is not None and _find_period_fault(row, periods):
            cells.fault("term", "这个村代码那几天没有在用")
        elif row is not None:
            rows.append((cells, row))
    cells_of = {(row.organisation_id, row.village_code): cells for cells, row in reversed(rows)}
    groups = _group(rows)
    replaced: list[UUID] = []
    added: list[tuple[UUID, str]] = []
    same = 0
    for key, group in groups.items():
        first, last = _get_span(group)
        touched = [
            (pairing_id, pledges)
            for pairing_id, pledges in known.get(key, {}).items()
            if pledges[0].pairing_first <= last and first <= pledges[0].pairing_last
        ]
        if len(touched) == 1 and _is_same(touched[0][1], group):
            same += 1
        elif any(pledges[0].agreed for _, pledges in touched):
            cells_of[key].fault("company", "和这个村已经约定了，不能改；到期以后再写新的")
        else:
            replaced += [pairing_id for pairing_id, _ in touched]
            added.append(key)

    async def store() -> None:
        for pairing_id in replaced:
            await drop_pairing(conn, pairing_id)
        for organisation_id, village in added:
            group = groups[organisation_id, village]
            first, last = _get_span(group)
            pledges = [
                NewPledge(kind=each.kind, target=each.target, first=each.first, last=each.last) for each in group
            ]
            new = NewPairing(village_code=village, first=first, last=last, pledges=pledges)
            await add_pairing(conn, importer, organisation_id, new, now=file.now)

    return FilePlan({"new": len(added) - len(replaced), "changed": len(replaced), "same": same}, store)


def _is_same(known: Sequence[_KnownPledge], group: Sequence[_PledgeRow]) -> bool:
    return {(each.kind, each.target, each.first, each.last) for each in known} == {
        (each.kind, each.target, each.first, each.last) for each in group
    }


PAIRINGS = FileKind(
    name="pairings",
    name_zh="结对",
    summary="Pledges of organisations to villages: 企业名称, 统一社会信用代码, 村代码, 起止日期, 承诺类别, 数量, 单位.",
    hint_zh="哪家单位和哪个村结对、承诺什么；导入后由对方或者另一个人同意",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
)
