"""A programme sets thresholds and switches of the checks, with validity."""

from pathlib import Path

from payments.migrate import run_script

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0117_programme_checks.sql").read_text("utf-8"))
