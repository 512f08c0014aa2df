"""Closures of farms, which move the day by which a parcel is sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0203"
down_revision = "0305"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0203_closures.sql").read_text("utf-8"))
    run_script((folder / "functions/add_sending_days.sql").read_text("utf-8"))
