"""Complaints of buyers by category, with deadlines that escalate to the county."""

from pathlib import Path

from payments.migrate import run_script

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0073_complaints.sql").read_text("utf-8"))
