"""Two closed accounts, which have one name, are not one person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0225"
down_revision = "0224"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/is_same_person.sql").read_text("utf-8"))
