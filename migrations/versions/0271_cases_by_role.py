"""What waits for an official is found by role."""

from pathlib import Path

from payments.migrate import run_script

revision = "0271"
down_revision = "0270"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0271_cases_by_role.sql").read_text("utf-8"))
