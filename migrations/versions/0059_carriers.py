"""Parcels are tracked: their numbers, what the carriers say of them, and what the carriers push."""

from pathlib import Path

from payments.migrate import run_script

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0059_carriers.sql").read_text("utf-8"))
