"""An index of dead webhooks."""

from payments.migrate import is_installed, run_file

revision = "p0004"
down_revision = "p0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0004.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
