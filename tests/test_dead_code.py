"""Every function, class, constant and query of the product is used by the product itself, not only by tests."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SURFACE = (
    "market", "market.catalogue.listings", "market.catalogue.slots", "market.catalogue.trace",
    "market.people.identity", "market.sales.aftersales", "market.sales.carriers", "market.sales.complaints",
    "market.sales.conversations", "market.sales.coupons", "market.sales.invoices", "market.sales.mediation",
    "market.sales.orders", "market.sales.packages", "market.sales.payouts", "market.sales.pickups",
    "market.sales.reviews", "market.sales.visits", "market.subsidies", "market.testing", "payments",
    "payments.port", "payments.sandbox", "payments.stripe", "payments.testing",
)  # fmt: skip
"""Modules whose `__all__` is for applications built on the library (docs/library.md, payments/README.md)."""
SCRIPTS = ("deploy", "migrations")
"""Folders of scripts that run the packages from outside."""
ENTRY_POINTS = {
    "market.service.app.app": "`litestar --app market.service.app:app`",
    "market.service.commands.main": "the `market` command",
    "payments.migrate.VERSIONS": "for callers who run the branch with their own Alembic",
    "market.service.web.ui.styleguide.make_sample_context": "the style guide, which the tests render in a browser",
}
METHODS_FOR_CALLERS = {
    "abandon", "clear_faults", "set_intent", "set_payout", "set_refund", "set_webhook_url",  # control the sandbox
    "on_app_init",  # Litestar's plugin protocol
    "collect",  # prometheus_client's protocol
}  # fmt: skip


class Module:
    """One module: what it defines, and what each definition uses."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.tree = ast.parse(path.read_bytes())
        self.imports: dict[str, list[str]] = {}
        self.definitions: dict[str, list[ast.stmt]] = {}
        self.other: list[ast.stmt] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                for each in node.names:
                    self.imports.setdefault(each.asname or each.name, []).append(f"{node.module}.{each.name}")
            elif isinstance(node, ast.Import):
                for each in node.names:
                    self.imports.setdefault(each.asname or each.name, []).append(each.name)
        self._sort(self.tree.body)

    def _sort(self, body: list[ast.stmt]) -> None:
        for node in body:
            names = list(_list_defined(node))
            if names and not _is_registered(node):
                for name in names:
                    self.definitions.setdefault(name, []).append(node)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Expr | ast.Assign):
                self.other.append(node)
            elif isinstance(node, ast.If):
                self._sort([*node.body, *node.orelse])
                self.other.append(ast.Expr(node.test))
            elif not isinstance(node, ast.Import | ast.ImportFrom):
                self.other.append(node)


def _list_defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            if not name.startswith("__"):
                yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name) and each.id != "__all__")
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
            yield name
        case _:
            pass


def _is_registered(node: ast.stmt) -> bool:
    """Return whether a decorator hands the function to an object, as `@commands.command` does."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return any(isinstance(each.func if isinstance(each, ast.Call) else each, ast.Attribute) for each in decorators)


@cache
def load_modules() -> dict[str, Module]:
    modules: dict[str, Module] = {}
    for folder in ("market", "payments", *SCRIPTS):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = Module(name, path)
    return modules


def resolve(modules: dict[str, Module], dotted: str) -> Iterator[str]:
    """Yield the module-level names that a dotted name can mean, through the packages that re-export it."""
    parent, _, name = dotted.rpartition(".")
    module = modules.get(parent)
    if module is None or name in module.definitions or name not in module.imports:
        yield dotted
        return
    for imported in module.imports[name]:
        if imported != dotted:
            yield from resolve(modules, imported)


def list_uses(modules: dict[str, Module], module: Module, node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield from resolve(modules, f"{module.name}.{each.id}")
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            for imported in module.imports.get(each.value.id, ()):
                yield from resolve(modules, f"{imported}.{each.attr}")
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            if each.value.isidentifier():  # an annotation in quotes
                yield from resolve(modules, f"{module.name}.{each.value}")
            yield from (f"{match[1]}.{match[2]}" for match in re.finditer(r"\b([a-z_.]+):(\w+)", each.value))


def find_used(modules: dict[str, Module]) -> set[str]:
    """Return everything that is reached from the modules' own statements, the surface and the entry points."""
    todo = [*ENTRY_POINTS, *(f"{name}.ROUTES" for name in modules)]
    scripts = [each for each in modules.values() if each.name.startswith(SCRIPTS) or ".versions." in each.name]
    todo += [f"{each.name}.{name}" for each in scripts for name in each.definitions]
    for module in modules.values():
        if module.name in SURFACE:
            todo += [each for name in _list_exported(module) for each in resolve(modules, f"{module.name}.{name}")]
        for node in module.other:
            if not _is_exports(node):
                todo += list_uses(modules, module, node)
    used: set[str] = set()
    while todo:
        dotted = todo.pop()
        if dotted in used:
            continue
        used.add(dotted)
        parent, _, name = dotted.rpartition(".")
        module = modules.get(parent)
        for node in module.definitions.get(name, ()) if module else ():
            assert module is not None
            todo += list_uses(modules, module, node)
    return used


def _is_exports(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"


def _list_exported(module: Module) -> list[str]:
    exports = [node.value for node in module.other if isinstance(node, ast.Assign) and _is_exports(node)]
    return [name for each in exports for name in ast.literal_eval(each)]


def test_every_definition_is_used_by_the_product() -> None:
    modules = load_modules()
    used = find_used(modules)
    unused = [
        f"{module.name}.{name}"
        for module in modules.values()
        for name in module.definitions
        if f"{module.name}.{name}" not in used
        and not module.name.startswith(SCRIPTS)
        and ".versions." not in module.name
    ]
    assert unused == []


def test_every_method_is_called_by_the_product() -> None:
    modules = load_modules()
    named: Counter[str] = Counter()
    methods: dict[str, str] = {}
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                named[node.attr] += 1
            if isinstance(node, ast.ClassDef):
                methods |= {
                    each.name: f"{module.name}.{node.name}.{each.name}"
                    for each in node.body
                    if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                    and not each.name.startswith("__")
                    and not each.decorator_list
                }
    for path in [*(ROOT / "market").rglob("*.html"), *(ROOT / "market").rglob("*.xml")]:
        named.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    unused = [path for name, path in methods.items() if not named[name] and name not in METHODS_FOR_CALLERS]
    assert unused == []
