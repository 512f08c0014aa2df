"""Lines held on the suspicion of an official."""

from pathlib import Path

from payments.migrate import run_script

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0032_line_holds.sql").read_text("utf-8"))
