"""The project's source as parsed modules, for tests of rules about it; each file is read and walked once a process."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("market", "payments")
_NOT_OURS = ("tests/story/input", "tests/story/run.py")


@cache
def list_modules(*packages: str) -> list[str]:
    """Return the paths of our modules in the packages, relative to the project's folder."""
    paths = [
        path.relative_to(ROOT).as_posix() for package in packages for path in sorted((ROOT / package).rglob("*.py"))
    ]
    return [path for path in paths if not path.startswith(_NOT_OURS)]


@cache
def read_module(path: str) -> str:
    """Return the text of a module."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def parse_module(path: str) -> ast.Module:
    """Return a module as a tree."""
    return ast.parse(read_module(path))


@cache
def _index_nodes(path: str) -> dict[type[ast.AST], list[ast.AST]]:
    nodes: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in ast.walk(parse_module(path)):
        nodes[type(node)].append(node)
    return nodes


def walk[T: ast.AST](
    *kinds: type[T], packages: tuple[str, ...] = PRODUCT, without: tuple[str, ...] = (), mentioning: str = ""
) -> Iterator[tuple[str, T]]:
    """Yield the nodes of the kinds, each with `path:line`.

    Paths that begin like one of `without` are skipped, and modules whose text lacks `mentioning`.
    """
    for path in list_modules(*packages):
        if path.startswith(without) or mentioning not in read_module(path):
            continue
        for kind in kinds:
            for node in _index_nodes(path).get(kind, ()):
                assert isinstance(node, kind)
                yield f"{path}:{getattr(node, 'lineno', 0)}", node
