"""A number of the bank is of one refund."""

from payments.migrate import is_installed, run_file

revision = "p0020"
down_revision = "p0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0020.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
