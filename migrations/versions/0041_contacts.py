"""Contacts: whom a farmer calls in the village, the township or the county."""

from pathlib import Path

from payments.migrate import run_script

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0041_contacts.sql").read_text("utf-8"))
    run_script((folder / "functions/find_contact.sql").read_text("utf-8"))
