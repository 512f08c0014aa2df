"""Tier prices, the price for public units, and the accounts that buy for one."""

from pathlib import Path

from payments.migrate import run_script

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0069_tier_prices.sql").read_text("utf-8"))
    run_script((folder / "functions/write_orders.sql").read_text("utf-8"))
