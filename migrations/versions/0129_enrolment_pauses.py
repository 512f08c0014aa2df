"""An enrolled line is paused until another person ends it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0129"
down_revision = "0128"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_enrolment_pause.sql").read_text("utf-8"))
    run_script((folder / "sql/0129_enrolment_pauses.sql").read_text("utf-8"))
