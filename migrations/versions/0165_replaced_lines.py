"""The lines of a run that a later one replaced are deleted after a week, unless anything came of the run."""

from pathlib import Path

from payments.migrate import run_script

revision = "0165"
down_revision = "0164"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/is_run_used.sql",
        "functions/refuse_used_lines_deletion.sql",
        "functions/delete_replaced_lines.sql",
        "sql/0165_replaced_lines.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
