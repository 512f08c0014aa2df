"""Checkpoints of the ledger, and when an event was written."""

from payments.migrate import is_installed, run_file

revision = "p0007"
down_revision = "p0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0007.sql")
    run_file("sql/p0007_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
