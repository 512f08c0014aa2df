"""Limits of what a buyer's unpaid orders hold, and checkouts that do not wait for a locked lot."""

from pathlib import Path

from payments.migrate import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCRIPTS = (
    "sql/0006_unpaid_limits.sql",
    "functions/find_exceeded_limits.sql",
    "functions/place_orders.sql",
)


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
