"""Stories of villages with the consent of everybody shown, warnings of fraud, and reports of what everybody reads."""

from pathlib import Path

from payments.migrate import run_script

revision = "0185"
down_revision = "0184"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0185_content.sql").read_text("utf-8"))
    run_script((folder / "functions/check_story.sql").read_text("utf-8"))
    run_script((folder / "functions/follow_story_consent.sql").read_text("utf-8"))
    run_script((folder / "functions/end_story_consent.sql").read_text("utf-8"))
    run_script((folder / "functions/list_warning_readers.sql").read_text("utf-8"))
    run_script((folder / "sql/0185_content_triggers.sql").read_text("utf-8"))
