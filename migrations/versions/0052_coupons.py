"""Coupons, the vouchers that people claim of them, and their use at checkout."""

from pathlib import Path

from payments.migrate import run_script

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0052_coupons.sql").read_text("utf-8"))
    run_script((folder / "functions/count_voucher.sql").read_text("utf-8"))
    run_script((folder / "sql/0052_voucher_trigger.sql").read_text("utf-8"))
    run_script((folder / "functions/write_orders.sql").read_text("utf-8"))
    run_script((folder / "functions/place_orders.sql").read_text("utf-8"))
