"""Slots of activities, with places that orders take as they take nights."""

from pathlib import Path

from payments.migrate import run_script

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for path in (
        "functions/check_slot_places.sql",
        "functions/check_activity_slot.sql",
        "sql/0049_slots.sql",
        "functions/place_orders.sql",
        "functions/write_orders.sql",
    ):
        run_script((folder / path).read_text("utf-8"))
