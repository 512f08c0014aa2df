"""The settlement file of each operator is kept as it was sent, with its rows, its sum and its checksum."""

from pathlib import Path

from payments.migrate import run_script

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0118_settlement_files.sql").read_text("utf-8"))
