"""Room on the pages of listings for the next version of a row."""

from pathlib import Path

from payments.migrate import run_script

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0034_room_for_updates.sql").read_text("utf-8"))
