"""Who signs for somebody, and how, is no part of a name."""

from pathlib import Path

from payments.migrate import run_script

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0097_fold_name.sql",
        "functions/list_name_parts.sql",
        "sql/0097_signed_names.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
