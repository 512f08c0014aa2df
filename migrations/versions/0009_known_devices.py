"""Sessions know their device, and entries of commands the operating system's user."""

from pathlib import Path

from payments.migrate import run_script

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCRIPTS = ("sql/0009_known_devices.sql", "functions/add_audit_entry.sql")


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
