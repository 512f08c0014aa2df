"""Return files of the operators, compared line by line with the settlement file; open differences stop the month."""

from pathlib import Path

from payments.migrate import run_script

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0119_return_files.sql",
        "functions/check_return_file.sql",
        "functions/check_reconciled.sql",
        "sql/0119_return_triggers.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
