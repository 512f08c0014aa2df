"""A reader sees a function on one screen, a file in one sitting, and the files of a package at a glance."""

import ast
from collections import Counter

from tests.support.source import PRODUCT, list_modules, read_module, walk

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400
MAX_PACKAGE_FILES = 30
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


def test_no_package_has_thirty_files() -> None:
    counts = Counter(path.rpartition("/")[0] for path in list_modules(*PRODUCT))
    assert {folder: n for folder, n in counts.items() if n >= MAX_PACKAGE_FILES} == {}
