"""Stories whose last two consents came at once wait no longer."""

from pathlib import Path

from payments.migrate import run_script

revision = "0251"
down_revision = "0250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0251_waiting_stories.sql").read_text("utf-8"))
