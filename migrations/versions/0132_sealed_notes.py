"""What an operator and the county write about a bill is sealed."""

from pathlib import Path

from payments.migrate import run_script

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0132_sealed_notes.sql").read_text("utf-8"))
