"""Tasks from province to prefecture to county, with deadline, evidence and check."""

from pathlib import Path

from payments.migrate import run_script

revision = "0175"
down_revision = "0174"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0175_supervision.sql").read_text("utf-8"))
    run_script((folder / "functions/check_supervision_task.sql").read_text("utf-8"))
    run_script((folder / "functions/record_supervision_move.sql").read_text("utf-8"))
    run_script((folder / "functions/list_due_supervision.sql").read_text("utf-8"))
    run_script((folder / "functions/count_open_cases.sql").read_text("utf-8"))
    run_script((folder / "sql/0175_supervision_triggers.sql").read_text("utf-8"))
