"""Differences between a stored programme and a file that brings it again, field by field."""

from collections.abc import Iterator
from typing import Any

import msgspec

from market.kernel.sheets.models import CellFault
from market.subsidies.programmes.source import ProgrammeSource

_NAMES = {
    "code": "项目编号",
    "name": "项目名称",
    "document.number": "文号",
    "document.file": "文件名",
    "document.sha256": "文件校验和",
    "kinds": "业务",
    "max_lines_per_household": "每户最多业务数",
    "proration": "折算",
    "idle": "闲置",
    "of": "依据说的是哪几项",
    "prefix": "原句前面的字",
    "check": "检查",
    "enabled": "检查开着",
    "thresholds": "检查的门槛",
    "basis": "检查这样定的依据",
    "quote": "依据的原句",
    "suffix": "原句后面的字",
    "from": "生效日",
    "until": "失效日",
    "kind": "怎么减",
    "household_pays_bp": "农户最多付（万分之）",
    "fixed_fen": "定额（分）",
    "line_cap_fen": "每条业务上限（分）",
    "household_cap_fen": "每户上限（分）",
    "funders": "谁负担",
    "monitoring": "监测类型",
    "rules": "折算和闲置",
}
"""The fields of a programme, its terms and its sentences, for the column of a change."""


def find_programme_changes(before: ProgrammeSource, after: ProgrammeSource) -> list[CellFault]:
    """Return the fields that change a stored programme, each with the value that it replaces.

    New terms, the end of open ones, and sentences that are added change nothing that was decided.
    """
    given = {(group, name): text for group, name, text in _list_fields(after)}
    return [
        CellFault(
            ".".join(part for part in (before.code, group, name) if part),
            f"原来是 {stored}" if stored else "原来空着",
            1,
            f"{before.code} {_NAMES[name]}",
            text,
        )
        for group, name, stored in _list_fields(before)
        if (text := given.get((group, name), "")) != stored and not (name == "until" and not stored and text)
    ]


def _list_fields(programme: ProgrammeSource) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and text of each field; terms are known by their first day, sentences by what they say."""
    fields: dict[str, Any] = msgspec.to_builtins(programme)
    terms, sentences, document = fields.pop("terms"), fields.pop("sentences"), fields.pop("document")
    checks: list[dict[str, Any]] = fields.pop("checks") or []
    groups: dict[str, dict[str, Any]] = {
        "": fields | {f"document.{name}": value for name, value in document.items()},
        **{f"terms[{each['from']}]": each for each in terms},
        **{f"checks[{each['check']}, {each['from']}]": each for each in checks},
        **{f"sentences[{'、'.join(each['of'])}：{each['quote']}]": each for each in sentences},
    }
    for group, values in groups.items():
        for name, value in values.items():
            yield group, name, "" if value is None else value if isinstance(value, str) else _format(value)


def _format(value: object) -> str:
    return msgspec.json.encode(value).decode()
