"""Who had a seat is forgotten slot by slot, and applications that came to nothing are found by an index."""

from pathlib import Path

from payments.migrate import run_script

revision = "0255"
down_revision = "0251"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0255_forgotten_seats.sql").read_text("utf-8"))
