"""Findings that wait because their evidence was changed."""

from pathlib import Path

from payments.migrate import run_script

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0021_changed_evidence.sql").read_text("utf-8"))
