"""Every exception that a docstring promises exists."""

import ast
import builtins
import re
from collections.abc import Iterator

from tests.support.source import walk


def list_promised() -> Iterator[tuple[str, str]]:
    """Yield each name before a colon in a `Raises:` section, with its place."""
    for place, node in walk(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, mentioning="Raises:"):
        section = (ast.get_docstring(node) or "").partition("Raises:\n")[2].partition("\n\n")[0]
        for names in re.findall(r"^    ([A-Z]\w+(?:, ?[A-Z]\w+)*):", section, re.MULTILINE):
            for name in names.split(","):
                yield name.strip(), f"{place} {node.name}"


def test_every_exception_that_a_docstring_names_exists() -> None:
    classes = {node.name for _, node in walk(ast.ClassDef)}
    promised = list(list_promised())
    assert len(promised) > 100
    assert [
        f"{name} in {place}" for name, place in promised if name not in classes and not hasattr(builtins, name)
    ] == []
