"""The official complained of is an account, not a name: a namesake may answer."""

from pathlib import Path

from payments.migrate import run_script

revision = "0173"
down_revision = "0172"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/check_grievance_answerer.sql").read_text("utf-8"))
