"""`python -m tests.mutants [MODULE…]`: change the code in each way a slip would, and see a test fail each time.

A MODULE is a path or the beginning of one (`payments/ledger.py`, `market/subsidies/engine`); without one all are tried.
Exit code 1 tells of a survivor that is not on the reviewed list, 2 of a MODULE that is none.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.mutants.lists import ROOT, Survivor, read_by_hand, read_reviewed
from tests.mutants.trial import Outcome, Suite, try_by_hand, try_generated

ENGINE = "market/subsidies/engine"
READING = tuple(f"{ENGINE}/{name}.py" for name in ("faults", "fields", "parse", "read"))
RULES = tuple(
    module for path in sorted((ROOT / ENGINE).glob("[a-z]*.py")) if (module := f"{ENGINE}/{path.name}") not in READING
)
SUITES = (
    Suite(("payments/money.py",), ("tests/payments/test_money.py",), 5),
    Suite(("payments/ledger.py",), ("tests/payments/test_ledger.py", "tests/payments/test_ledger_reading.py"), 60),
    Suite(RULES, ("tests/subsidies/engine",), 5),
    Suite(
        READING,
        tuple(f"tests/subsidies/engine/test_{name}.py" for name in ("command", "fields", "hashes", "reading")),
        5,
    ),
)


def main(wanted: tuple[str, ...], jobs: int) -> int:
    """Try the mutants of the wanted modules and return the exit code."""
    suites = [
        Suite(modules, suite.tests, suite.patience)
        for suite in SUITES
        if (modules := tuple(module for module in suite.modules if module.startswith(wanted)))
    ]
    by_hand = [mutant for mutant in read_by_hand() if mutant.file.startswith(wanted)]
    if not suites and not by_hand:
        _tell(f"no such module; there are: {' '.join(module for suite in SUITES for module in suite.modules)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        living = try_by_hand(by_hand, Path(scratch) / "by_hand")
        outcomes = [try_generated(suite, Path(scratch) / str(at), jobs) for at, suite in enumerate(suites)]
    for mutant in living:
        _tell(f"written by hand, and lives: {mutant}")
    _tell(f"by hand: {len(by_hand)} mutants, {len(by_hand) - len(living)} killed")
    tried = {module for suite in suites for module in suite.modules}
    fresh = _report(outcomes, tried)
    return 1 if living or fresh else 0


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _report(outcomes: list[Outcome], tried: set[str]) -> list[Survivor]:
    """Print what came of the generated mutants and return the survivors that nobody reviewed."""
    reviewed = read_reviewed()
    survivors = [survivor for outcome in outcomes for survivor in outcome.survivors]
    fresh = [survivor for survivor in survivors if not reviewed.holds(survivor)]
    for survivor in fresh:
        _tell(f"lives, and is not on the list: {survivor}")
    seen = {str(survivor) for survivor in survivors}
    for own in reviewed.mutants:
        if own.file in tried and str(own) not in seen:
            _tell(f"on the list, but lives no longer: {own}")
    living = Counter(survivor.file for survivor in survivors)
    unknown = Counter(survivor.file for survivor in fresh)
    for outcome in outcomes:
        for file, count in outcome.mutants.items():
            dead, new = count - living[file], unknown[file]
            _tell(f"{file}: {count} mutants, {dead} killed, {living[file] - new} reviewed, {new} new")
    total = sum(outcome.mutants.total() for outcome in outcomes)
    _tell(f"{total} mutants, {total - len(survivors)} killed, {len(survivors) - len(fresh)} reviewed, {len(fresh)} new")
    return fresh


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Try the mutants, see a test fail.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a path, or the beginning of one")
    parser.add_argument("--jobs", type=int, default=1, help="how many mutants at a time (1)")
    chosen = parser.parse_args()
    sys.exit(main(tuple(chosen.modules) or ("",), chosen.jobs))
