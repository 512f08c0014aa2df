"""Slots of activities, with places that orders take as they take nights."""

from pathlib import Path

from payments.migrate import run_script

revision = "0047"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for path in (
        "functions/check_slot_places.sql",
        "functions/check_activity_slot.sql",
        "sql/0047_slots.sql",
        "functions/place_orders.sql",
        "functions/write_orders.sql",
    ):
        run_script((folder / path).read_text("utf-8"))
