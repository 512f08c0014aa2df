"""Refunds do not wait for ever for a second person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0106_late_refund_requests.sql").read_text("utf-8"))
