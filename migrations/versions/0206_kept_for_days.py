"""What may be returned is kept back until the end of the last day on which it may be, not for some times 24 hours."""

from pathlib import Path

from payments.migrate import run_script

revision = "0206"
down_revision = "0203"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/sum_kept_back.sql").read_text("utf-8"))
