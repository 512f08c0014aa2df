"""What a settled month paid stays in its reports when a finding is decided against the line later."""

from pathlib import Path

from payments.migrate import run_script

revision = "0210"
down_revision = "0207"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0210_withheld_lines.sql").read_text("utf-8"))
    for name in ("list_bills", "list_own_months"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
