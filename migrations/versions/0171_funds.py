"""Calls of a county for its producers, and their applications."""

from pathlib import Path

from payments.migrate import run_script

revision = "0171"
down_revision = "0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # The function reads the tables of the script when it is called, which creates the trigger.
    run_script((folder / "functions/check_fund_application.sql").read_text("utf-8"))
    run_script((folder / "sql/0171_funds.sql").read_text("utf-8"))
