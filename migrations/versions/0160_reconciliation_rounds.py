"""A reconciled month may be returned to its settlement until it is closed: each reconciliation keeps its record."""

from payments.migrate import run_script

revision = "0160"
down_revision = "0159"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        """
        ALTER TABLE reconciliations ADD COLUMN round integer NOT NULL DEFAULT 1
            CONSTRAINT reconciliations_round CHECK (round >= 1);
        ALTER TABLE reconciliations DROP CONSTRAINT reconciliations_pkey;
        ALTER TABLE reconciliations ADD CONSTRAINT reconciliations_pkey PRIMARY KEY (cycle_id, operator, round);
        """
    )
