"""Find messages by phone, and delete sessions, when an account is closed."""

from pathlib import Path

from payments.migrate import run_script

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0020_erasure.sql").read_text("utf-8"))
