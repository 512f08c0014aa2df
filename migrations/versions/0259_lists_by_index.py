"""Lists and counts of the desk and of farmers read what they show."""

from pathlib import Path

from payments.migrate import run_script

revision = "0259"
down_revision = "0258"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0259_lists_by_index.sql").read_text("utf-8"))
