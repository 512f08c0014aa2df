"""The register of the guests of stays."""

from pathlib import Path

from payments.migrate import run_script

revision = "0303"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0303_stay_guests.sql").read_text("utf-8"))
