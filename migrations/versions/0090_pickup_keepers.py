"""Keepers of pickup points that change, and reminders of parcels that wait there."""

from pathlib import Path

from payments.migrate import run_script

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0090_pickup_keepers.sql").read_text("utf-8"))
