"""The own months of a farmer, open ones included, with the reasons; a number's months are those of who has it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0115"
down_revision = "0114"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/list_bills.sql", "functions/list_own_months.sql"):
        run_script((folder / script).read_text("utf-8"))
