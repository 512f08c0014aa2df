"""Parcels that were lost are refunded."""

from pathlib import Path

from payments.migrate import run_script

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0065_lost_parcels.sql").read_text("utf-8"))
