"""Refunds above a limit wait for a second person; people known by name are compared without titles."""

from pathlib import Path

from payments.migrate import run_script

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0040_second_person.sql").read_text("utf-8"))
    run_script((folder / "functions/simplify_characters.sql").read_text("utf-8"))
    run_script((folder / "functions/fold_name.sql").read_text("utf-8"))
