"""Checks of the lists of mutants by themselves; `python -m tests.mutants --check` compares them with the code."""

from tests.mutants.__main__ import SUITES
from tests.mutants.lists import ROOT, read_by_hand, read_reviewed

MODULES = [module for suite in SUITES for module in suite.modules]


def test_every_module_of_money_ledger_and_rules_is_mutated() -> None:
    assert MODULES[:2] == ["payments/money.py", "payments/ledger/journal.py"]
    engine = {f"market/subsidies/engine/{path.name}" for path in (ROOT / "market/subsidies/engine").glob("[a-z]*.py")}
    assert sorted(MODULES[2:]) == sorted(engine)


def test_no_mutant_is_listed_twice() -> None:
    for mutants in (read_reviewed().mutants, read_by_hand()):
        assert len({str(mutant) for mutant in mutants}) == len(mutants)


def test_every_reviewed_mutant_has_a_reason() -> None:
    for mutant in read_reviewed().mutants:
        assert mutant.was != mutant.becomes
        assert mutant.why.endswith(".")
