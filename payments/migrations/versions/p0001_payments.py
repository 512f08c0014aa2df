"""The schema of release 0.1.0: the ledger, payments, refunds, disputes, calls, inbox, outbox, reconciliation."""

from payments.migrate import is_installed, run_file

revision = "p0001"
down_revision = None
branch_labels = ("payments",)
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0001.sql")
        run_file("functions/post.sql")
    run_file("sql/p0001_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
