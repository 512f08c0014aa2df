"""Items and lot units of an order, for the limits of unpaid orders."""

from pathlib import Path

from payments.migrate import run_script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SCRIPTS = (
    "sql/0018_unpaid_sums.sql",
    "functions/check_order_sums.sql",
    "functions/find_exceeded_limits.sql",
    "functions/place_orders.sql",
)


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
