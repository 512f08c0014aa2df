"""Calendars of hosts at a secret address."""

from pathlib import Path

from payments.migrate import run_script

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0064_calendar_feeds.sql").read_text("utf-8"))
