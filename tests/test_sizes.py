"""A reader sees a function on one screen, and a file in one sitting."""

import ast

from tests.test_one_place import ROOT, parse_modules

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path}:{node.name}": length
        for path, module in parse_modules().items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len((ROOT / path).read_bytes().splitlines()) for path in parse_modules()}
    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}
