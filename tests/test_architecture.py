"""docs/architecture.md and docs/changes.md name real files, functions and queries."""

import ast
import re
from pathlib import Path

from market.kernel.settings import Settings

PAGE = Path("docs/architecture.md").read_text("utf-8")
SOURCES = [path for folder in ("market", "payments") for path in Path(folder).rglob("*.py")]


def list_names() -> set[str]:
    """Return every function, method, class and constant that the source defines."""
    names: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Assign(targets=[ast.Name(id=name)]):
                    names.add(name)
                case _:
                    pass
    return names


def test_every_file_it_names_exists() -> None:
    paths = re.findall(r"`((?:market|payments|migrations|tests)/[\w./]+)`", PAGE)
    assert [path for path in paths if not Path(path).exists()] == []


def test_every_query_and_function_it_names_exists() -> None:
    words = set(re.findall(r"`(_?[a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+)`", PAGE))
    sql = "".join(path.read_text("utf-8") for path in Path("migrations").rglob("*.sql"))
    names = list_names()
    settings = {f"MARKET_{name.upper()}" for name in Settings.__struct_fields__}
    unknown = words - names - settings
    assert sorted(word for word in unknown if not re.search(rf"\b{word}\b", sql)) == []


def test_every_name_of_a_change_is_in_the_file_that_the_change_touches() -> None:
    changes = Path("docs/changes.md").read_text("utf-8").replace("market/reports/NAME.py", "")
    steps = re.findall(r"`((?:market|payments)/[\w./]+)`: ([^|<]*)", changes)
    assert len(steps) > 10  # ten changes, most of several steps
    missing = [
        (path, name)
        for path, text in steps
        for name in re.findall(r"`(\w+)`", text)
        if not re.search(rf"\b{name}\b", Path(path).read_text("utf-8")) and not name.startswith("MARKET_")
    ]
    assert missing == []
