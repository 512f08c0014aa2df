"""An index of the orders that are paid and not finished."""

from pathlib import Path

from payments.migrate import run_script

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0022_paid_orders.sql").read_text("utf-8"))
