"""A reader sees a function on one screen, and a file in one sitting."""

import ast

from tests.support.source import PRODUCT, list_modules, read_module, walk

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{place} {node.name}": length
        for place, node in walk(ast.FunctionDef, ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(read_module(path).splitlines()) for path in list_modules(*PRODUCT)}
    assert {path: length for path, length in lengths.items() if length > MAX_FILE_LINES} == {}
