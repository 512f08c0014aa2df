"""Job postings of organisations: inside a licence, checked by another person; applications, and who found work."""

from pathlib import Path

from payments.migrate import run_script

revision = "0168"
down_revision = "0167"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0168_job_postings.sql").read_text("utf-8"))
