"""Reconciliation by key over all days; discrepancies closed with a reason."""

from payments.migrate import is_installed, run_file

revision = "p0005"
down_revision = "p0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0005.sql")
    run_file("sql/p0005_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
