"""What is asked back of a seller includes open returns; cases that are overdue at their last level are listed."""

from pathlib import Path

from payments.migrate import run_script

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/sum_kept_back.sql", "functions/list_overdue_cases.sql"):
        run_script((folder / script).read_text("utf-8"))
