"""`python -m tests.mutants [MODULE…]`: mutation tests of money, ledger and subsidy rules, run by hand.

A MODULE is a path or a prefix of one (`payments/ledger/journal.py`, `market/subsidies/engine`); the default is all
of them.
`--check` only compares the lists with the code. Exit code 1 means a survivor that is not on the reviewed list, or a
stale entry of a list; 2 means an unknown MODULE.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.mutants.lists import ROOT, Survivor, list_stale, read_by_hand, read_reviewed
from tests.mutants.trial import Outcome, Suite, try_by_hand, try_generated

ENGINE = "market/subsidies/engine"
READING = tuple(f"{ENGINE}/{name}.py" for name in ("faults", "fields", "parse", "read"))
RULES = tuple(
    module for path in sorted((ROOT / ENGINE).glob("[a-z]*.py")) if (module := f"{ENGINE}/{path.name}") not in READING
)
SUITES = (
    Suite(("payments/money.py",), ("tests/payments/test_money.py",), 5),
    Suite(
        ("payments/ledger/journal.py",), ("tests/payments/test_ledger.py", "tests/payments/test_ledger_reading.py"), 60
    ),
    Suite(RULES, ("tests/subsidies/engine",), 5),
    Suite(
        READING,
        tuple(f"tests/subsidies/engine/test_{name}.py" for name in ("command", "fields", "hashes", "reading")),
        5,
    ),
)


def check_lists() -> int:
    """Print the stale entries of both lists and return the exit code."""
    stale = list_stale()
    for entry in stale:
        _print(f"stale: {entry}")
    _print(f"{len(stale)} stale entries")
    return 1 if stale else 0


def main(prefixes: tuple[str, ...], jobs: int) -> int:
    """Try the mutants of the modules with these prefixes and return the exit code."""
    suites = [
        Suite(modules, suite.tests, suite.patience)
        for suite in SUITES
        if (modules := tuple(module for module in suite.modules if module.startswith(prefixes)))
    ]
    by_hand = [mutant for mutant in read_by_hand() if mutant.file.startswith(prefixes)]
    if not suites and not by_hand:
        _print(f"unknown module; known: {' '.join(module for suite in SUITES for module in suite.modules)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        living = try_by_hand(by_hand, Path(scratch) / "by_hand")
        outcomes = [try_generated(suite, Path(scratch) / str(n), jobs) for n, suite in enumerate(suites)]
    for mutant in living:
        _print(f"survived, written by hand: {mutant}")
    _print(f"by hand: {len(by_hand)} mutants, {len(by_hand) - len(living)} killed")
    tried = {module for suite in suites for module in suite.modules}
    fresh = _report(outcomes, tried)
    return 1 if living or fresh else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _report(outcomes: list[Outcome], tried: set[str]) -> list[Survivor]:
    """Print the results of the generated mutants and return the survivors that are not reviewed."""
    reviewed = read_reviewed()
    survivors = [survivor for outcome in outcomes for survivor in outcome.survivors]
    fresh = [survivor for survivor in survivors if not reviewed.covers(survivor)]
    for survivor in fresh:
        _print(f"survived, not reviewed: {survivor}")
    seen = {str(survivor) for survivor in survivors}
    for own in reviewed.mutants:
        if own.file in tried and str(own) not in seen:
            _print(f"reviewed, but now killed: {own}")
    living = Counter(survivor.file for survivor in survivors)
    unknown = Counter(survivor.file for survivor in fresh)
    for outcome in outcomes:
        for file, count in outcome.mutants.items():
            dead, new = count - living[file], unknown[file]
            _print(f"{file}: {count} mutants, {dead} killed, {living[file] - new} reviewed, {new} new")
    total = sum(outcome.mutants.total() for outcome in outcomes)
    _print(
        f"{total} mutants, {total - len(survivors)} killed, {len(survivors) - len(fresh)} reviewed, {len(fresh)} new"
    )
    return fresh


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Mutation tests of money, ledger and subsidy rules."
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a path, or a prefix of one")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at a time (1)")
    parser.add_argument("--check", action="store_true", help="only compare the lists with the code")
    chosen = parser.parse_args()
    sys.exit(check_lists() if chosen.check else main(tuple(chosen.modules) or ("",), chosen.jobs))
