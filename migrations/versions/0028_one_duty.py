"""One duty of a cycle per person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0028_one_duty.sql").read_text("utf-8"))
