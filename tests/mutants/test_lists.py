"""The lists of mutants, held against the code without trying a mutant: that takes too long for each run."""

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import SUITES
from tests.mutants.lists import ROOT, ByHand, Reviewed, read_by_hand, read_reviewed

REVIEWED = read_reviewed().mutants
BY_HAND = read_by_hand()
MODULES = [module for suite in SUITES for module in suite.modules]


def functions(path: Path) -> dict[str, str]:
    """The functions of a module by the names that the list gives them, each with its text."""
    text = path.read_text()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for own in inside:
            if isinstance(own, ast.FunctionDef | ast.AsyncFunctionDef):
                found[prefix + own.name] = ast.get_source_segment(text, own) or ""
    return found


def test_all_modules_of_money_ledger_and_rules_are_tried() -> None:
    assert MODULES[:2] == ["payments/money.py", "payments/ledger.py"]
    assert len(MODULES[2:]) == len(list((ROOT / "market/subsidies/engine").glob("*.py"))) - 1


@pytest.mark.parametrize("own", REVIEWED, ids=str)
def test_a_reviewed_mutant_changes_lines_that_are_there_and_says_why_it_may_live(own: Reviewed) -> None:
    assert own.file in MODULES
    lines = {line.strip() for line in functions(ROOT / own.file)[own.function].splitlines()}
    assert set(own.was.splitlines()) <= lines
    assert own.was != own.becomes
    assert own.why.endswith(".")


def test_no_mutant_is_listed_twice() -> None:
    assert len({str(own) for own in REVIEWED}) == len(REVIEWED)
    assert len({str(own) for own in BY_HAND}) == len(BY_HAND)


@pytest.mark.parametrize("own", BY_HAND, ids=str)
def test_a_mutant_by_hand_changes_a_text_that_is_there_and_names_a_test_that_is(own: ByHand) -> None:
    text = (ROOT / own.file).read_text()
    assert own.apply_to(text) != text
    path, _, name = own.test.partition("::")
    assert name.partition("[")[0] in functions(ROOT / path)
