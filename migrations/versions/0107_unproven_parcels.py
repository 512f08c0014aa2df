"""What the platform pays a part of is paid out once somebody else than buyer and seller saw it arrive."""

from pathlib import Path

from payments.migrate import run_script

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/sum_kept_back.sql").read_text("utf-8"))
