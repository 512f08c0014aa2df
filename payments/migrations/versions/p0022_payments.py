"""The schema of release 0.1.0: the ledger, payments, refunds, disputes, payouts, calls, inbox, outbox, reconciliation.

Its number is that of the last draft, which made the same schema.
"""

from payments.migrate import is_installed, run_file, run_script

revision = "p0022"
down_revision = None
branch_labels = ("payments",)
depends_on = None

FUNCTIONS = """
    add_checkpoint archive_month check_balanced check_payment_sums free_archived get_first_number hash_sums
    list_months make_months make_number post refuse_change refuse_closed_transaction refuse_free_key
    stamp_transaction
""".split()


def upgrade() -> None:
    if not is_installed(revision):
        run_script("SET LOCAL check_function_bodies = off")  # the functions come before the tables that call them
        run_file("sql/schemas.sql")
        for name in FUNCTIONS:
            run_file(f"functions/{name}.sql")
        run_file("sql/tables.sql")
    run_file("sql/grants.sql")


def downgrade() -> None:
    """Booked money cannot be unbooked: restore a backup instead."""
    raise RuntimeError("the ledger cannot be downgraded; restore a backup")
