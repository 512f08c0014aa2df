"""A new account is opened with its first sum; the legs of a transaction are summed by one plan a session."""

from payments.migrate import is_installed, run_file

revision = "p0016"
down_revision = "p0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("functions/post.sql")
        run_file("sql/p0016.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
