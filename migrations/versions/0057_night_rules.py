"""Prices and the least number of nights of a stay, by weekend, holiday and season."""

from pathlib import Path

from payments.migrate import run_script

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for path in ("sql/0057_night_rules.sql", "sql/0082_list_night_prices.sql"):
        run_script((folder / path).read_text("utf-8"))
