"""Applied webhooks, consumed events and calls that succeeded are deleted, and columns that nobody reads."""

from payments.migrate import is_installed, run_file

revision = "p0014"
down_revision = "p0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0014.sql")
    run_file("sql/p0014_grants.sql")


def downgrade() -> None:
    """What was deleted cannot be written again: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
