"""The person behind an account: the sealed identity number of officials, and the key that accounts of one share."""

from pathlib import Path

from payments.migrate import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0003_person_keys.sql").read_text("utf-8"))
