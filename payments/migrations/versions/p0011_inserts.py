"""The caller's role inserts only what a new payment, refund or call has."""

from payments.migrate import run_file

revision = "p0011"
down_revision = "p0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("sql/p0011_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
