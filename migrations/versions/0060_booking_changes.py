"""Changes of the days of a booked stay."""

from pathlib import Path

from payments.migrate import run_script

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for path in ("sql/0060_booking_changes.sql", "functions/move_booking.sql"):
        run_script((folder / path).read_text("utf-8"))
