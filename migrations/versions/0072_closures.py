"""Closures of farms, which move the day by which a parcel is sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0072_closures.sql").read_text("utf-8"))
    run_script((folder / "functions/add_sending_days.sql").read_text("utf-8"))
