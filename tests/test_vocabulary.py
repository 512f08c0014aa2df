"""The vocabulary of CONTRIBUTING.md, "Language and names": replaced words stay replaced, class names are unique."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.support.source import list_modules, parse_module, read_module, walk

PACKAGES = ("market", "payments", "tests")
THIS = "tests/test_vocabulary.py"
PHRASES = re.compile(
    r"\b(whoever|none such|anew|lets? pass|noughts?|says? whether|lends?|mends?|twins?|rails?|carriage|reckon\w*"
    r"|the wish|its own trouble)\b",
    re.IGNORECASE,
)
"""Phrases that docstrings, comments and test names do not use."""
CLASSES = re.compile(
    r"Asked|Asker|Break|Decided|Found|Held|Kept|Placed|Reckoned|Said|Seen|Silence|Spent|Standing|Told|Tools|Tried|Wish"
)
"""Class names that a noun of the domain has replaced."""
NAMES = re.compile(r"_of$|_OF$|^_?(MOST|LEAST|LONGEST|FURTHEST)_")
"""Names of functions and constants: verb + noun instead of `…_of`, `MAX_…` instead of `MOST_…`."""


def list_prose(text: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the comments, docstrings and test names of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.replace("_", " ")


def list_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the names of functions, methods and module constants with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
    for node in tree.body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name):
                yield node.lineno, target.id


@pytest.mark.parametrize("package", PACKAGES)
def test_replaced_words_do_not_return(package: str) -> None:
    found: list[str] = []
    for path in list_modules(package):
        if path == THIS:
            continue
        tree = parse_module(path)
        words = [(line, name) for line, name in list_names(tree) if NAMES.search(name)]
        # Tests' names are prose whose words are joined.
        if PHRASES.search(read_module(path).replace("_", " ")):
            prose = list_prose(read_module(path), tree)
            words += [(line, match[0]) for line, text in prose for match in PHRASES.finditer(text)]
        found += [f"{path}:{line}: {word}" for line, word in sorted(words)]
    classes = walk(ast.ClassDef, packages=(package,))
    found += [f"{place}: {node.name}" for place, node in classes if CLASSES.fullmatch(node.name)]
    assert found == []


def test_a_class_name_is_defined_once_in_market_and_payments() -> None:
    defined: dict[str, list[str]] = {}
    for place, node in walk(ast.ClassDef):
        defined.setdefault(node.name, []).append(place)
    assert {name: places for name, places in sorted(defined.items()) if len(places) > 1} == {}
