"""The provider is asked for refunds that it answered as pending, and a person looks at those that stay so."""

from payments.migrate import is_installed, run_file

revision = "p0017"
down_revision = "p0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not is_installed(revision):
        run_file("sql/p0017.sql")
    run_file("sql/p0017_grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
