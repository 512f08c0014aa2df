"""Of the month in which a number passed to another person, the operator's bill is told to neither."""

from pathlib import Path

from payments.migrate import run_script

revision = "0157"
down_revision = "0156"
branch_labels = None
depends_on = None


def upgrade() -> None:
    functions = Path(__file__).parents[1] / "functions"
    # Its answer gets a column. Both statements are one transaction, so that no reader finds it missing.
    run_script("-- squawk-ignore ban-drop-function\nDROP FUNCTION list_own_months")
    for name in ("list_own_months", "list_bills"):
        run_script((functions / f"{name}.sql").read_text("utf-8"))
