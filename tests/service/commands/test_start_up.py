"""Commands start quickly: what only some of them need is not imported by the others."""

import subprocess
import sys

import pytest

from market.service.commands import execute

HEAVY = ("alembic", "sqlalchemy", "litestar", "stripe", "granian", "hypothesis", "PIL")
RUN = f"""
import sys
from market.service.commands import main
sys.argv = ["market", "subsidies", "calculate", "none.json"]
try:
    main()
except SystemExit:
    print([name for name in {HEAVY} if name in sys.modules])
"""


def test_a_command_without_a_database_imports_no_framework() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_a_wrong_setting_is_told_by_the_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARKET_STRIPE", "sk_test_sample")
        assert execute(["sandbox"]) == 2
    assert capsys.readouterr().err.startswith("MARKET_STRIPE is not a setting; did you mean")


def test_a_program_that_cannot_be_copied_and_a_race_of_one_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["subsidies", "verify-pack", "--copy-to", "/nowhere/verify_pack.py"]) == 2
    assert "[cannot_write]" in capsys.readouterr().err
    for buyers in ("1", "1001"):
        assert execute(["demo", "race", "--buyers", buyers]) == 2
    for port in ("-1", "65536"):
        assert execute(["sandbox", "--port", port]) == 2
