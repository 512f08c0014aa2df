"""Pages keep room for the next version of a payment, and calls have one index less."""

from payments.migrate import is_installed, run_file

revision = "p0015"
down_revision = "p0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0015.sql")


def downgrade() -> None:
    """What was deleted before cannot be written again: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
