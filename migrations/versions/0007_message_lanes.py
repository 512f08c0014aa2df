"""Leases text messages one by one, codes in a lane of their own, and keeps why one was given up."""

from pathlib import Path

from payments.migrate import run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0007_message_lanes.sql").read_text("utf-8"))
