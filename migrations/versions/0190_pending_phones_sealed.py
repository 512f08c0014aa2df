"""Telephones that nobody signed in with yet are sealed beside their keyed hash."""

from pathlib import Path

from payments.migrate import run_script

revision = "0190"
down_revision = "0189"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0190_pending_phones_sealed.sql").read_text("utf-8"))
    run_script((folder / "functions/link_story_people.sql").read_text("utf-8"))
    run_script((folder / "functions/link_benefit_households.sql").read_text("utf-8"))
