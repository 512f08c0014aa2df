"""Require that the tests execute 95 % of the lines and branches, and all of money, ledger and subsidy engine."""

import json
import sys
from pathlib import Path

REQUIRED_PERCENT = 95
WHOLE = ("payments/money.py", "payments/ledger.py", "market/subsidies/engine/")
"""Files and folders of which every line and branch is executed."""
SHOWN = 30


def main(path: Path) -> int:
    """Print the files with most that was not executed, and return 1 if it is too much."""
    files = json.loads(path.read_bytes())["files"]
    missing = {
        name: [str(line) for line in file["missing_lines"]] + [f"{a}->{b}" for a, b in file["missing_branches"]]
        for name, file in files.items()
    }
    covered = sum(file["summary"][kind] for file in files.values() for kind in ("covered_lines", "covered_branches"))
    percent = 100 * covered / (covered + sum(map(len, missing.values())))
    for name, places in sorted(missing.items(), key=lambda item: -len(item[1]))[:SHOWN]:
        if places:
            print(f"{name}: {len(places)} not executed: {', '.join(places[:12])}")
    print(f"executed: {percent:.1f} % of the lines and branches, {REQUIRED_PERCENT} % required")
    short = {name: places for name, places in missing.items() if name.startswith(WHOLE) and places}
    for name, places in short.items():
        print(f"{name} must be executed whole: {', '.join(places)}")
    return int(percent < REQUIRED_PERCENT or bool(short))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
