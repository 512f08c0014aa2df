"""Packages of several households, and the orders that were placed as packages."""

from pathlib import Path

from payments.migrate import run_script

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_package.sql",
        "functions/check_package_order.sql",
        "sql/0086_packages.sql",
        "functions/write_orders.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
