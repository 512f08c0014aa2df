"""The register of the guests of stays."""

from pathlib import Path

from payments.migrate import run_script

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0063_stay_guests.sql").read_text("utf-8"))
