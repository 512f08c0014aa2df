"""Telephones that a story or a household names before anybody signs in with them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0188"
down_revision = "0187"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # The functions read the columns of the script when they are called, which creates the triggers.
    run_script((folder / "functions/link_story_people.sql").read_text("utf-8"))
    run_script((folder / "functions/link_benefit_households.sql").read_text("utf-8"))
    run_script((folder / "sql/0188_pending_phones.sql").read_text("utf-8"))
