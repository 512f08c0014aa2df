"""Reminders of parcels that are not sent, each once."""

from pathlib import Path

from payments.migrate import run_script

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0053_parcel_reminders.sql").read_text("utf-8"))
