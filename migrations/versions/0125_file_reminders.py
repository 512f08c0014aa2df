"""Whose bills have come, and which reminders were sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0125"
down_revision = "0124"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/list_file_states.sql", "sql/0125_file_reminders.sql"):
        run_script((folder / script).read_text("utf-8"))
