"""Parcels are tracked: their numbers, what the carriers say of them, and what the carriers push."""

from pathlib import Path

from payments.migrate import run_script

revision = "0401"
down_revision = "0501"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0401_carriers.sql").read_text("utf-8"))
