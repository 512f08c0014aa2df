"""When a county sent in its report of a quarter, and who says so."""

from pathlib import Path

from payments.migrate import run_script

revision = "0240"
down_revision = "0177"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0240_quarter_submissions.sql").read_text("utf-8"))
