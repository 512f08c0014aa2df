"""The columns that the service may update, and functions for the sums of releases and refunds."""

from pathlib import Path

from payments.migrate import run_script

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0030_column_grants.sql").read_text("utf-8"))
    run_script((folder / "functions/record_release.sql").read_text("utf-8"))
    run_script((folder / "functions/record_refund.sql").read_text("utf-8"))
