"""The slots of an activity are found by their start."""

from pathlib import Path

from payments.migrate import run_script

revision = "0256"
down_revision = "0255"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0256_coming_slots.sql").read_text("utf-8"))
