"""Payments, their ledger, inbox, outbox and idempotency keys.

Revision ID: p0001
Revises:
"""

from pathlib import Path

from payments.migrate import APP_ROLE, run_script

revision = "p0001"
down_revision = None
branch_labels = ("payments",)
depends_on = None

SCRIPT = Path(__file__).parents[1] / "sql" / "p0001.sql"


def upgrade() -> None:
    run_script(SCRIPT.read_text("utf-8").replace("{app_role}", APP_ROLE))


def downgrade() -> None:
    """Money that was booked is not unbooked: restore a backup instead."""
    raise RuntimeError("the ledger has no way back; restore a backup")
