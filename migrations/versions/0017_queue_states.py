"""An index of failed items by when they are due."""

from pathlib import Path

from payments.migrate import run_script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0017_queue_states.sql").read_text("utf-8"))
