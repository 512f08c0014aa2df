"""Returns of a month, and opinions of its steps."""

from pathlib import Path

from payments.migrate import run_script

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0026_returns.sql").read_text("utf-8"))
