"""Who gains from a sale, in a schema and a role of its own."""

from pathlib import Path

from payments.migrate import run_script

revision = "0184"
down_revision = "0183"
branch_labels = None
depends_on = None

_SCRIPTS = (
    "functions/note_payable_change.sql",
    "functions/check_benefit_shares.sql",
    "functions/check_benefit_entries.sql",
    "sql/0184_benefits.sql",
)


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # The functions read the tables of the last script when they are called.
    for name in _SCRIPTS:
        run_script((folder / name).read_text("utf-8"))
