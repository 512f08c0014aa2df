"""Coverage of villages by operator and technology, reports of outages, and projects."""

from pathlib import Path

from payments.migrate import run_script

revision = "0156"
down_revision = "0155"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0156_coverage.sql").read_text("utf-8"))
