"""Conversations of the buyer and the seller of a suborder."""

from pathlib import Path

from payments.migrate import run_script

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/refuse_lower_marks.sql",
        "sql/0081_conversations.sql",
        "functions/delete_conversations.sql",
        "functions/erase_messages.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
