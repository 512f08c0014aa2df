"""Commands start quickly: what only some of them need is not imported by the others."""

import subprocess
import sys

HEAVY = ("alembic", "sqlalchemy", "litestar", "stripe", "granian", "hypothesis", "PIL")
RUN = f"""
import sys
from market.cli import main
sys.argv = ["market", "subsidies", "calculate", "none.json"]
try:
    main()
except SystemExit:
    print([name for name in {HEAVY} if name in sys.modules])
"""


def test_a_command_without_a_database_imports_no_framework() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
