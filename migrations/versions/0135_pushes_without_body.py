"""Pushes of carriers keep nothing but the number."""

from pathlib import Path

from payments.migrate import run_script

revision = "0135"
down_revision = "0134"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0135_pushes_without_body.sql").read_text("utf-8"))
