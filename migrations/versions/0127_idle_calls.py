"""Households are told once of each notice of an idle line; the outcome of a call is kept."""

from pathlib import Path

from payments.migrate import run_script

revision = "0127"
down_revision = "0126"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0127_idle_calls.sql").read_text("utf-8"))
    run_script((folder / "functions/list_idle_counties.sql").read_text("utf-8"))
