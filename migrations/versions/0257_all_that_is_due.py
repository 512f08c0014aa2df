"""Every overdue case, and every task of supervision, is told of, however many there are."""

from pathlib import Path

from payments.migrate import run_script

revision = "0257"
down_revision = "0256"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0257_all_that_is_due.sql").read_text("utf-8"))
    for name in ("list_overdue_cases", "list_due_supervision"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
