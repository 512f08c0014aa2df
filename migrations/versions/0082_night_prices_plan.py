"""The prices of nights by a plan that is kept."""

from pathlib import Path

from payments.migrate import run_script

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0082_list_night_prices.sql").read_text("utf-8"))
