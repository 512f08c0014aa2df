"""Every exception that a docstring promises exists."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = [path for folder in ("market", "payments") for path in sorted(Path(folder).rglob("*.py"))]
CLASSES = {
    node.name
    for path in SOURCES
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.ClassDef)
}


def list_promised() -> Iterator[tuple[str, str]]:
    """Yield each name before a colon in a `Raises:` section, with its place."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                section = (ast.get_docstring(node) or "").partition("Raises:\n")[2].partition("\n\n")[0]
                for names in re.findall(r"^    ([A-Z]\w+(?:, ?[A-Z]\w+)*):", section, re.MULTILINE):
                    for name in names.split(","):
                        yield name.strip(), f"{path}:{node.name}"


def test_every_exception_that_a_docstring_names_exists() -> None:
    promised = list(list_promised())
    assert len(promised) > 100
    assert [
        f"{name} in {place}" for name, place in promised if name not in CLASSES and not hasattr(builtins, name)
    ] == []
