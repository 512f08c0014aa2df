"""A version of a programme's terms may have its own proration and idle rule, so that a change leaves earlier months."""

from pathlib import Path

from payments.migrate import run_script

revision = "0226"
down_revision = "0225"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0226_programme_rules.sql").read_text("utf-8"))
    run_script((folder / "functions/list_idle_counties.sql").read_text("utf-8"))
