"""Places, identity, audit, storage, messages."""

from pathlib import Path

from payments.migrate import run_script

revision = "0001"
down_revision = None
branch_labels = ("market",)
depends_on = "p0001"


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql" / "0001_foundation.sql").read_text("utf-8"))
