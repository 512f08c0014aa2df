"""Producers, catalogue, stock, bookings, orders, aftersales."""

from pathlib import Path

from payments.migrate import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1] / "sql"
    run_script((folder / "0002_shop.sql").read_text("utf-8"))
    run_script((folder / "0002_checkout.sql").read_text("utf-8"))
