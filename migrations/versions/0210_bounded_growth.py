"""An account sends a bounded number of bytes a day; what carriers and phones reported is deleted in the end."""

from pathlib import Path

from payments.migrate import run_script

revision = "0210"
down_revision = "0220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0210_bounded_growth.sql").read_text("utf-8"))
