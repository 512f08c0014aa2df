"""Tasks: long work on a county's subsidies, done by the worker."""

from pathlib import Path

from payments.migrate import run_script

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0036_tasks.sql").read_text("utf-8"))
    for script in ("functions/claim_task.sql", "functions/list_waiting_tasks.sql", "functions/delete_tasks.sql"):
        run_script((folder / script).read_text("utf-8"))
