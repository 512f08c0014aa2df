"""Placing an order reads no more of the other orders than it needs, whatever the plans of a session were made for."""

from pathlib import Path

from payments.migrate import run_script

revision = "0199"
down_revision = "0198"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1] / "functions"
    for name in ("place_orders", "find_exceeded_limits", "refuse_placed_order", "check_order_sums"):
        run_script((folder / f"{name}.sql").read_text("utf-8"))
