"""Courses and clinic days: slots in a village and a room, with seats that people take without an order."""

from pathlib import Path

from payments.migrate import run_script

revision = "0162"
down_revision = "0161"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0162_service_slots.sql").read_text("utf-8"))
    run_script((folder / "functions/check_slot_places.sql").read_text("utf-8"))
    run_script((folder / "functions/check_activity_slot.sql").read_text("utf-8"))
