"""Appeals of sellers against reviews, which the platform decides; cases on behalf of a producer."""

from pathlib import Path

from payments.migrate import run_script

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_hidden_review.sql",
        "sql/0067_review_appeals.sql",
        "functions/check_case_answerer.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
