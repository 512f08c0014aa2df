"""The body of a carrier's push is kept until the push is done."""

from payments.migrate import run_script

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        """
        GRANT UPDATE (body) ON carrier_pushes TO market_app;
        UPDATE carrier_pushes SET body = '' WHERE state = 'done';
        """
    )
