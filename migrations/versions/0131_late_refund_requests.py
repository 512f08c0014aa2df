"""Refunds do not wait for ever for a second person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0131"
down_revision = "0155"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0131_late_refund_requests.sql").read_text("utf-8"))
