"""The sums of a payment are those that were booked for it."""

from payments.migrate import is_installed, run_file

revision = "p0012"
down_revision = "p0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0012.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
