"""Lists of other offices are compared with the register; a household has the day of its last check."""

from pathlib import Path

from payments.migrate import run_script

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0111_listed_facts.sql").read_text("utf-8"))
