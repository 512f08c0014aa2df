"""An account sends a bounded number of bytes a day; what carriers and phones reported is deleted in the end."""

from pathlib import Path

from payments.migrate import run_script

revision = "0152"
down_revision = "0151"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0152_bounded_growth.sql").read_text("utf-8"))
