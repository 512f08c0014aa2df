"""Questions stop a case for three days, account changes wait for 30, unpaid orders hold so many nights."""

from pathlib import Path

from payments.migrate import run_script

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0085_bounded_waits.sql",
        "functions/list_late_cases.sql",
        "functions/list_overdue_cases.sql",
        "functions/find_exceeded_limits.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
