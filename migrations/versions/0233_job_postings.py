"""Job postings of organisations: inside a licence, checked by another person; applications, and who found work."""

from pathlib import Path

from payments.migrate import run_script

revision = "0233"
down_revision = "0251"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0233_job_postings.sql").read_text("utf-8"))
