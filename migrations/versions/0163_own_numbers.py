"""The page of a person's own phone bill tells their numbers apart by the last digits."""

from pathlib import Path

from payments.migrate import run_script

revision = "0163"
down_revision = "0162"
branch_labels = None
depends_on = None


def upgrade() -> None:
    functions = Path(__file__).parents[1] / "functions"
    # Its answer gets a column. Both statements are one transaction, so that no reader finds it missing.
    run_script("-- squawk-ignore ban-drop-function\nDROP FUNCTION list_own_months")
    run_script((functions / "list_own_months.sql").read_text("utf-8"))
