"""Text messages are deleted when they were sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0193"
down_revision = "0192"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0193_sent_messages.sql").read_text("utf-8"))
