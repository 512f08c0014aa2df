"""The figures of the reports that count are kept of each closed month."""

from pathlib import Path

from payments.migrate import run_script

revision = "0142"
down_revision = "0141"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0142_counted_months.sql").read_text("utf-8"))
    run_script((folder / "functions/list_uncounted_months.sql").read_text("utf-8"))
