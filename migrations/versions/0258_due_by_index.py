"""Nightly jobs read what is due."""

from pathlib import Path

from payments.migrate import run_script

revision = "0258"
down_revision = "0257"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0258_due_by_index.sql").read_text("utf-8"))
    for name in ("erase_case_texts", "list_due_erasures"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
