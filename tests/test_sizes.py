"""A reader sees a function on one screen, and a file in one sitting."""

import ast

from tests.support.source import PRODUCT, list_modules, read_module, walk

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400
LONGER_FILES = {"market/subsidies/evidence/verify_pack.py": 500}
"""An auditor is handed one file that needs no other."""


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{place} {node.name}": length
        for place, node in walk(ast.FunctionDef, ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(read_module(path).splitlines()) for path in list_modules(*PRODUCT)}
    assert {path: n for path, n in lengths.items() if n > LONGER_FILES.get(str(path), MAX_FILE_LINES)} == {}
