"""Changes of lines are reported by one person and taken by another; nobody reads the months of an earlier holder."""

from pathlib import Path

from payments.migrate import run_script

revision = "0128"
down_revision = "0127"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_line_change.sql",
        "sql/0128_line_changes.sql",
        "functions/list_own_months.sql",
        "functions/list_bills.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
