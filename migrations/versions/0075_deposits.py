"""Pre-sales, and orders that are paid in two parts: a deposit and a balance."""

from pathlib import Path

from payments.migrate import run_script

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0075_deposits.sql").read_text("utf-8"))
    run_script((folder / "functions/check_deposit.sql").read_text("utf-8"))
    run_script((folder / "sql/0075_deposit_trigger.sql").read_text("utf-8"))
    run_script((folder / "functions/write_orders.sql").read_text("utf-8"))
