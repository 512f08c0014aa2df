"""Rules that stand in one place: these tests walk the source for a second one."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.support.source import ROOT, walk

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def list_sql() -> Iterator[tuple[str, str]]:
    """Yield the SQL of queries, migrations and functions of the database with their place."""
    for place, node in walk(ast.Constant):
        if isinstance(node.value, str) and re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", node.value):
            yield place, node.value
    for folder in ("migrations/tables", "migrations/functions", "payments/migrations"):
        for path in sorted((ROOT / folder).rglob("*.sql")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{path.relative_to(ROOT).as_posix()}:{number}", line


@cache
def list_structs() -> set[str]:
    """Return the names of all Structs."""
    bases = {node.name: {ast.unparse(base) for base in node.bases} for _, node in walk(ast.ClassDef)}
    structs = {"Struct", "msgspec.Struct"}
    while more := {name for name in bases if bases[name] & structs} - structs:
        structs |= more
    return structs


def is_money(name: str, annotation: ast.expr | None) -> bool:
    """Return whether a field or parameter is a sum or a rate."""
    kind = "" if annotation is None else ast.unparse(annotation)
    return name.endswith(("_fen", "_bp", "_minor")) or kind in {"Fen", "Fen | None"}


def test_structs_with_several_sums_are_built_by_keyword() -> None:
    found: list[str] = []
    for place, node in walk(ast.ClassDef):
        fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]
        sums = [item for item in fields if is_money(ast.unparse(item.target), item.annotation)]
        if len(sums) > 1 and not any(keyword.arg == "kw_only" for keyword in node.keywords):
            found.append(f"{place}: {node.name}")
    assert found == []


def test_functions_with_several_sums_take_them_by_keyword() -> None:
    found: list[str] = []
    for place, node in walk(ast.FunctionDef, ast.AsyncFunctionDef):
        by_position = [
            each for each in (*node.args.posonlyargs, *node.args.args) if is_money(each.arg, each.annotation)
        ]
        by_keyword = [each for each in node.args.kwonlyargs if is_money(each.arg, each.annotation)]
        if by_position and len(by_position) + len(by_keyword) > 1:
            found.append(f"{place}: {node.name}")
    assert found == []


def test_structs_are_not_copied_field_by_field() -> None:
    """`msgspec.convert` and `build_from` copy a Struct; this finds five or more `a=x.a` that are most of a call."""
    found: list[str] = []
    for place, node in walk(ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in list_structs():
            continue
        values = [value for value in node.args if isinstance(value, ast.Attribute)]
        values += [
            each.value
            for each in node.keywords
            if isinstance(each.value, ast.Attribute) and each.value.attr == each.arg
        ]
        sources = Counter(ast.unparse(value.value) for value in values).values()
        if any(copied >= 5 and 2 * copied > len(node.args) + len(node.keywords) for copied in sources):
            found.append(f"{place}: {node.func.id}")
    assert found == []


def test_sums_are_written_and_read_in_payments_money() -> None:
    """Hundredths are split or joined there, and in the SQL function `format_yuan`, which a test compares with it."""
    others = ("payments/money.py", "market/service/web/ui/illustrations.py")  # the second scales drawings
    found: list[str] = []
    for place, node in walk(ast.BinOp, without=others, mentioning="100"):
        text = ast.unparse(node)
        percentage = isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mult)
        if (re.search(r"[^*] (//|/|%) 100$", text) and not percentage) or re.search(r"^int\(.*\) \* 100$", text):
            found.append(f"{place}: {text}")
    for name, pattern in (("divmod", r"^divmod\(.*, 100\)$"), ("scaleb", r"scaleb\(-2\)")):
        calls = ((place, ast.unparse(node)) for place, node in walk(ast.Call, without=others, mentioning=name))
        found += [f"{place}: {text}" for place, text in calls if re.search(pattern, text)]
    found += [
        f"{place}: {ast.unparse(node)}"
        for place, node in walk(ast.FormattedValue, mentioning=".2f")
        if is_two_decimals(node)
    ]
    found += [place for place, text in list_sql() if re.search(r"[/%]\s*100\b(?!\.)", text)]
    assert [each for each in found if "migrations/functions/format_yuan.sql" not in each] == []


def is_two_decimals(node: ast.FormattedValue) -> bool:
    """Return whether a value is formatted with `:.2f`."""
    return node.format_spec is not None and ".2f" in ast.unparse(node.format_spec)


def test_commission_and_shares_are_computed_in_escrow() -> None:
    """No SQL applies a rate, and `sales/orders/escrow.py` alone applies the commission in the shop."""
    found = [place for place, text in list_sql() if re.search(r"_bp\b[\s)]*[*/]|\*\s*[\w.(]*_bp\b", text)]
    for place, node in walk(
        ast.Call, without=("payments/money.py", "market/sales/orders/escrow.py"), mentioning="apply_rate"
    ):
        if ast.unparse(node.func) == "apply_rate" and "commission" in ast.unparse(node):
            found.append(f"{place}: {ast.unparse(node)}")
    for place, node in walk(ast.BinOp, without=("payments/money.py",), mentioning="commission_bp"):
        if isinstance(node.op, ast.Mult | ast.FloorDiv) and "commission_bp" in ast.unparse(node):
            found.append(f"{place}: {ast.unparse(node)}")
    assert found == []


def test_divisions_are_cut_from_codes_in_one_module() -> None:
    """Only `kernel/division_codes.py`, its SQL functions and the generated columns of the schema know the widths."""
    names = re.compile(r"(code|county|region|village|township|prefecture|scope|division)(_code)?$")
    found: list[str] = []
    for place, node in walk(ast.Subscript, without=("market/kernel/division_codes.py",)):
        width = node.slice.upper if isinstance(node.slice, ast.Slice) and node.slice.lower is None else None
        if (
            isinstance(width, ast.Constant)
            and width.value in {2, 4, 6, 9, 12}
            and names.search(ast.unparse(node.value))
        ):
            found.append(f"{place}: {ast.unparse(node)}")
    for place, node in walk(ast.Call, without=("market/kernel/division_codes.py",), mentioning="ljust"):
        if re.search(r"\.ljust\(12,", ast.unparse(node)):
            found.append(f"{place}: {ast.unparse(node)}")
    # Generated columns, a check, and `get_visible_county`: the six digits of a county.
    schema = ("migrations/tables/", "migrations/functions/get_visible_county.sql")
    for place, text in list_sql():
        cuts = re.findall(r"\b(?:left|substr|substring)\(\s*[\w.]*(?:code|county|scope)\w*,[^()]*\d\)", text)
        found += [f"{place}: {cut}" for cut in cuts if not (place.startswith(schema) and cut.endswith(", 6)"))]
    assert found == []


def test_a_refusal_code_belongs_to_one_class() -> None:
    """A narrower refusal inherits the code of its class."""
    codes: dict[str, list[str]] = {}
    for place, node in walk(ast.ClassDef):
        for item in node.body:
            if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "code":
                codes.setdefault(ast.unparse(item.value), []).append(f"{place}: {node.name}")
    assert len(codes) > 100
    assert {code: places for code, places in codes.items() if len(places) > 1} == {}


def list_unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a loop does for each item, and whose failure ends the loop."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Try):
            yield child
            yield from list_unguarded(child)


def test_work_on_many_items_fails_item_by_item() -> None:
    """One locked or poisoned item would delay all others: `run_each` and `record_failure` are the way."""
    found = [
        place
        for place, loop in walk(
            ast.For, without=("market/service/demo/", "payments/sandbox/"), mentioning="db.transaction("
        )
        for each in list_unguarded(loop)
        if isinstance(each, ast.AsyncWith) and "db.transaction(" in ast.unparse(each.items[0])
    ]
    assert found == []
