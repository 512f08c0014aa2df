"""Read JSON files; what is wrong with one is said in the reader's language, without the parser's words."""

import re

import msgspec

from market.kernel.sheets.models import FileUnreadable
from market.kernel.sheets.spreadsheet import decode_text

_TYPES = {"int": "整数", "str": "文字", "object": "一组字段", "array": "列表", "bool": "true 或 false", "null": "null"}
_MISSING = re.compile(r"Object missing required field `([^`]+)`(?: - at `([^`]+)`)?")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`(?: - at `([^`]+)`)?")
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `[^`]+`(?: - at `([^`]+)`)?")
_INVALID = re.compile(r"Invalid .*?(?: - at `([^`]+)`)?")
_AT_BYTE = re.compile(r"\(byte ([0-9]+)\)")


def read_json[T](name: str, content: bytes, kind: type[T]) -> T:
    """Return the value of a JSON file.

    Raises:
        FileUnreadable: the file is not JSON of this shape, whose field the reason names, or has a NUL character.
    """
    text = decode_text(name, content)
    if "\\u0000" in text:
        raise FileUnreadable(name=name, reason="里面有空字符 \\u0000，请删掉")
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise FileUnreadable(name=name, reason=_describe(str(error))) from error
    except RecursionError as error:
        raise FileUnreadable(name=name, reason="JSON 套得太深") from error
    except msgspec.DecodeError as error:
        at = _AT_BYTE.search(str(error))
        where = f"，第 {int(at[1]) + 1} 个字节附近" if at else ""
        raise FileUnreadable(name=name, reason=f"不是完好的 JSON{where}") from error


def _describe(error: str) -> str:
    if match := _MISSING.fullmatch(error):
        return f"{_get_place(match[2])}缺少 {match[1]}"
    if match := _UNKNOWN.fullmatch(error):
        return f"{_get_place(match[2])}没有 {match[1]} 这一项"
    if match := _EXPECTED.fullmatch(error):
        expected = "或".join(_TYPES.get(each.strip(), each.strip()) for each in match[1].split("|"))
        return f"{_get_place(match[2])}应是{expected}"
    match = _INVALID.fullmatch(error)
    return f"{_get_place(match[1] if match else None)}写得不对"


def _get_place(path: str | None) -> str:
    """Return where in the file: `$.programmes[0].kinds` is programmes[0].kinds."""
    place = (path or "").removeprefix("$").removeprefix(".")
    return f"{place} " if place else ""
