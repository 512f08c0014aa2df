"""Parcels are picked up at points of the county, with a code."""

from pathlib import Path

from payments.migrate import run_script

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0077_pickups.sql").read_text("utf-8"))
