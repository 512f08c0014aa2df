"""Carts of devices: a cart belongs to an account or to a device that has not signed in yet."""

from pathlib import Path

from payments.migrate import run_script

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0014_device_carts.sql").read_text("utf-8"))
