"""The amount of a dispute may change while it is open."""

from payments.migrate import is_installed, run_file

revision = "p0021"
down_revision = "p0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0021.sql")
    run_file("sql/p0021_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
