"""Goods whose price is settled by their weight, after the order."""

from pathlib import Path

from payments.migrate import run_script

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0062_catch_weights.sql").read_text("utf-8"))
    run_script((folder / "functions/refuse_second_weight.sql").read_text("utf-8"))
    run_script((folder / "functions/require_weights.sql").read_text("utf-8"))
    run_script((folder / "sql/0062_catch_weight_triggers.sql").read_text("utf-8"))
    run_script((folder / "functions/write_orders.sql").read_text("utf-8"))
