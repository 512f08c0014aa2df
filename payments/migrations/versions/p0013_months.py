"""The ledger is partitioned by month, and its old months are archived."""

from payments.migrate import is_installed, run_file

revision = "p0013"
down_revision = "p0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0013.sql")
        run_file("functions/months.sql")
        run_file("functions/post.sql")
    run_file("sql/p0013_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
