"""Few matches of a search are found by the index of words, whatever the planner expects."""

from pathlib import Path

from payments.migrate import run_script

revision = "0136"
down_revision = "0135"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0136_list_matches.sql").read_text("utf-8"))
