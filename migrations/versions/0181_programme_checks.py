"""A programme sets thresholds and switches of the checks, with validity."""

from pathlib import Path

from payments.migrate import run_script

revision = "0181"
down_revision = "0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0181_programme_checks.sql").read_text("utf-8"))
