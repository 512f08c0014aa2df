"""Codes of claimed lines that nobody has bound: stored with the id of the encrypted number, shown with the number."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.subsidies.identifiers import IDENTIFIER_CONTEXT, find_identifiers

_STORED = re.compile(r"((?:YD|LT|DX)-)#([0-9]{1,18})((?:-KD|-DS)?)")
_SHOWN = re.compile(r"((?:YD|LT|DX)-)(.+?)((?:-KD|-DS)?)")


class _SealedNumber(Struct, frozen=True):
    id: int
    value_sealed: bytes


LIST_SEALED_NUMBERS = Query(
    _SealedNumber, "SELECT id, value_sealed FROM identifiers WHERE id = ANY(:ids::bigint[]) LIMIT 300000"
)
LIST_KNOWN_LINES = Query(str, "SELECT code FROM lines WHERE county_code = :county AND code = ANY(:codes::text[])")


def is_stored_code(code: str) -> bool:
    """Return whether a code is the stored one of a line that nobody has bound; no line of a county has such a code."""
    return _STORED.fullmatch(code) is not None


async def show_line_codes(conn: Connection, seal: Seal, codes: Sequence[str]) -> list[str]:
    """Return stored codes as people see them."""
    numbers = await _load_numbers(conn, seal, codes)
    return [_show(numbers, code) for code in codes]


async def show_lines[Row: Struct](conn: Connection, seal: Seal, rows: Sequence[Row], *fields: str) -> list[Row]:
    """Return the rows with the codes as people see them in `fields`, each of which holds a code or a list of them."""
    numbers = await _load_numbers(conn, seal, (code for row in rows for code in _list_codes(row, fields)))
    return [_show_row(numbers, row, fields) for row in rows] if numbers else list(rows)


async def find_stored_codes(conn: Connection, seal: Seal, county: str, codes: Sequence[str]) -> list[str]:
    """Return codes that people gave as they are stored; the code of a bound line, and an unknown one, are unchanged."""
    matches = {code: match for code in codes if (match := _SHOWN.fullmatch(code)) is not None}
    if not matches:
        return list(codes)
    known = set(await LIST_KNOWN_LINES.all(conn, county=county, codes=list(matches)))
    numbers = {number for match in matches.values() for number in (match[2], match[2] + match[3])}
    ids = await find_identifiers(conn, seal, numbers)
    return [code if code in known or code not in matches else _store(ids, matches[code]) for code in codes]


async def _load_numbers(conn: Connection, seal: Seal, codes: Iterable[str]) -> dict[int, str]:
    ids = {int(match[2]) for code in codes if (match := _STORED.fullmatch(code)) is not None}
    rows = await LIST_SEALED_NUMBERS.all(conn, ids=sorted(ids)) if ids else []
    return {row.id: seal.open(row.value_sealed, IDENTIFIER_CONTEXT) for row in rows}


def _list_codes(row: Struct, fields: Sequence[str]) -> Iterable[str]:
    for field in fields:
        value: str | list[str] = getattr(row, field)
        yield from (value,) if isinstance(value, str) else value


def _show_row[Row: Struct](numbers: Mapping[int, str], row: Row, fields: Sequence[str]) -> Row:
    changes: dict[str, Any] = {}
    for field in fields:
        value: str | list[str] = getattr(row, field)
        changes[field] = _show(numbers, value) if isinstance(value, str) else [_show(numbers, code) for code in value]
    return structs.replace(row, **changes)


def _show(numbers: Mapping[int, str], code: str) -> str:
    match = _STORED.fullmatch(code)
    return code if match is None else f"{match[1]}{numbers[int(match[2])]}{match[3]}"


def _store(ids: Mapping[str, int], shown: re.Match[str]) -> str:
    """Return the stored code; an account may itself end as the code of a service of its kind does."""
    prefix, number, suffix = shown.groups()
    if number in ids:
        return f"{prefix}#{ids[number]}{suffix}"
    return f"{prefix}#{ids[number + suffix]}" if number + suffix in ids else shown[0]
