"""Every reason of a refund is allowed again."""

from pathlib import Path

from payments.migrate import run_script

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0066_refund_reasons.sql").read_text("utf-8"))
