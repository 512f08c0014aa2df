"""Each finding of a bank transfer has its entry in the audit record."""

from pathlib import Path

from payments.migrate import run_script

revision = "0280"
down_revision = "0279"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/audit_transfer_record.sql", "sql/0280_recorded_transfers.sql"):
        run_script((folder / script).read_text("utf-8"))
