"""Require that the tests execute 95 % of the statements and branches, and all of money, ledger and subsidy engine."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REQUIRED_PERCENT = 95
WHOLE = ("payments/money.py", "payments/ledger/journal.py", "market/subsidies/engine/")
"""Files and folders of which every statement and branch is executed."""
SHOWN = 30


def list_statements(source: str) -> Iterator[range]:
    """Yield the lines of each statement, of one with a body those before the body."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            yield range(node.lineno, max(body[0].lineno, node.lineno + 1) if body else (node.end_lineno or 0) + 1)


def count_file(path: Path, measured: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many statements and branches of a file were executed, and where the others are.

    SlipCover measures lines; a statement is executed if one of its lines is.
    """
    executed, missing = set(measured["executed_lines"]), set(measured["missing_lines"])
    statements = list(list_statements(path.read_text("utf-8")))
    done = [lines for lines in statements if executed.intersection(lines)]
    left = [lines for lines in statements if not executed.intersection(lines) and missing.intersection(lines)]
    branches = [f"{start}->{end}" for start, end in measured["missing_branches"]]
    return len(done) + len(measured["executed_branches"]), [*(str(lines.start) for lines in left), *branches]


def main(report: Path) -> int:
    """Print the files with most that was not executed, and return 1 if it is too much."""
    files = {name: count_file(Path(name), each) for name, each in json.loads(report.read_bytes())["files"].items()}
    covered = sum(count for count, _ in files.values())
    percent = 100 * covered / (covered + sum(len(left) for _, left in files.values()))
    for name, (_, left) in sorted(files.items(), key=lambda item: -len(item[1][1]))[:SHOWN]:
        if left:
            print(f"{name}: {len(left)} not executed: {', '.join(left[:12])}")
    print(f"executed: {percent:.1f} % of the statements and branches, {REQUIRED_PERCENT} % required")
    short = {name: left for name, (_, left) in files.items() if name.startswith(WHOLE) and left}
    for name, left in short.items():
        print(f"{name} must be executed whole: {', '.join(left)}")
    return int(percent < REQUIRED_PERCENT or bool(short))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
