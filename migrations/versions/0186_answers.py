"""Inquiries of citizens to their county, what is published of answered cases, and notices of charities."""

from pathlib import Path

from payments.migrate import run_script

revision = "0186"
down_revision = "0185"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # The function reads the tables of the script when it is called, which creates the trigger.
    run_script((folder / "functions/check_charity_notice.sql").read_text("utf-8"))
    run_script((folder / "sql/0186_answers.sql").read_text("utf-8"))
