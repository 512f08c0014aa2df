"""Payouts to payees."""

from payments.migrate import is_installed, run_file

revision = "p0010"
down_revision = "p0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0010.sql")
    run_file("sql/p0010_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
