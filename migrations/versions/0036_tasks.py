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
    for name in ("claim_task", "list_waiting_tasks", "delete_tasks"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
