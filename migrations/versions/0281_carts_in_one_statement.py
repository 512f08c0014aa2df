"""A cart is changed and read in one statement, and emptied by the one that places its order."""

from pathlib import Path

from payments.migrate import run_script

revision = "0281"
down_revision = "0280"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations = Path(__file__).parents[1]
    for script in (
        "functions/lock_quota.sql",
        "functions/get_cart_contents.sql",
        "functions/put_cart_rows.sql",
        "functions/delete_cart_rows.sql",
        "functions/place_orders.sql",
    ):
        run_script((migrations / script).read_text("utf-8"))
