"""Reviews with photos, corrections and answers; earlier versions are kept."""

from pathlib import Path

from payments.migrate import run_script

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/set_review_producer.sql",
        "functions/recount_review.sql",
        "sql/0058_reviews.sql",
        "functions/refuse_review_change.sql",
        "functions/count_reviews.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
