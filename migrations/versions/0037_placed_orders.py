"""Suborders and lines are written with their order, and never afterwards."""

from pathlib import Path

from payments.migrate import run_script

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/refuse_placed_order.sql").read_text("utf-8"))
    run_script((folder / "sql/0037_placed_orders.sql").read_text("utf-8"))
