"""Text messages are deleted when they were sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0191"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0191_sent_messages.sql").read_text("utf-8"))
