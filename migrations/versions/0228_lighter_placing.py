"""Placing an order runs nothing for what the batch does not have: nights, places, other unpaid orders, refusals."""

from pathlib import Path

from payments.migrate import run_script

revision = "0228"
down_revision = "0227"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1] / "functions"
    for name in ("place_orders", "find_exceeded_limits"):
        run_script((folder / f"{name}.sql").read_text("utf-8"))
