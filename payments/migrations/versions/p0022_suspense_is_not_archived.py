"""A month whose money is still in suspense is not archived."""

from payments.migrate import is_installed, run_file

revision = "p0022"
down_revision = "p0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("functions/months.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
