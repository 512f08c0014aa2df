"""The library's public surface: the names of `__all__` in the modules that docs/library.md lists."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/library.md").read_text(encoding="utf-8")
MODULES = re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE)
INTERNAL = {"market.kernel"}
"""Packages that re-export names for the packages above them; not part of the surface."""


@pytest.mark.parametrize("module", MODULES)
def test_the_public_names_exist_and_are_sorted(module: str) -> None:
    loaded = importlib.import_module(module)
    names = list(loaded.__all__)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_no_other_package_re_exports_names() -> None:
    found: set[str] = set()
    for path in [*(ROOT / "market").rglob("__init__.py"), *(ROOT / "payments").rglob("__init__.py")]:
        tree = ast.parse(path.read_bytes())
        loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        imported = {
            alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        if imported - loaded:
            found.add(".".join(path.relative_to(ROOT).parent.parts))
    packages = {module for module in MODULES if (ROOT / module.replace(".", "/")).is_dir()}
    assert found - INTERNAL == packages - {"market"}


def test_the_packages_import_from_the_defining_modules() -> None:
    faces = {module for module in MODULES if module.startswith("market.")} - {"market.testing"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "market").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom)
        and node.module in faces
        and {alias.name for alias in node.names} & set(importlib.import_module(str(node.module)).__all__)
    ]
    assert found == []
