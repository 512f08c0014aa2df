"""When a county sent in its report of a quarter, and who says so."""

from pathlib import Path

from payments.migrate import run_script

revision = "0182"
down_revision = "0181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0182_quarter_submissions.sql").read_text("utf-8"))
