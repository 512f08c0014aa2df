"""Names are simplified and taken apart in a fraction of the time."""

from pathlib import Path

from payments.migrate import run_script

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/simplify_characters.sql", "functions/list_name_parts.sql"):
        run_script((folder / script).read_text("utf-8"))
