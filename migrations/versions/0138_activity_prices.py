"""The price of an activity by the day of its slot: by weekend, holiday and date, as that of a stay's nights."""

from pathlib import Path

from payments.migrate import run_script

revision = "0138"
down_revision = "0137"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for path in ("sql/0138_activity_prices.sql", "functions/list_night_prices.sql"):
        run_script((folder / path).read_text("utf-8"))
