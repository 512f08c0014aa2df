"""Workbooks and pages of the desk, read."""

from io import BytesIO
from typing import Any

import python_calamine


def read_worksheet(content: bytes, name: str) -> list[list[Any]]:
    return python_calamine.CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name(name).to_python()


def find_result_hash(text: str) -> str:
    return text.partition("结果号 ")[2].split()[0]
