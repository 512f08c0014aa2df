"""Questions to agronomists: cases that an agronomist of the county answers in two working days, else the county."""

from pathlib import Path

from payments.migrate import run_script

revision = "0166"
down_revision = "0165"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0166_questions.sql").read_text("utf-8"))
    run_script((folder / "functions/drop_question_photos.sql").read_text("utf-8"))
