"""Slots that their host cancels, or that lack their minimum of guests."""

from pathlib import Path

from payments.migrate import run_script

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0051_cancelled_slots.sql").read_text("utf-8"))
