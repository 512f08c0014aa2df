"""Encrypted numbers, SIMs and devices of subsidised lines; the tables that had them in clear have their ids."""

from pathlib import Path

from alembic import context, op
from sqlalchemy import text

from payments.migrate import run_script

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CONTEXT = "identifiers.value"
LIST_PLAIN = """
    SELECT number FROM bindings UNION SELECT device FROM bindings WHERE device IS NOT NULL
    UNION SELECT sim FROM bindings WHERE sim IS NOT NULL
    UNION SELECT number FROM claims UNION SELECT number FROM usage_days
    UNION SELECT value FROM fact_versions, jsonb_each_text(facts)
           WHERE fact = 'bindings' AND key IN ('number', 'device', 'sim') AND value IS NOT NULL
"""
ADD_PLAIN = """
    INSERT INTO plain_identifiers (value, value_index, value_sealed) VALUES (:value, :value_index, :value_sealed)
"""


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0027_identifiers.sql").read_text("utf-8"))
    if not context.is_offline_mode():
        _encrypt()
    run_script((folder / "sql/0027_identifiers_by_id.sql").read_text("utf-8"))
    run_script((folder / "functions/find_bound_elsewhere.sql").read_text("utf-8"))


def _encrypt() -> None:
    """Encrypt what is stored in clear, with the `seal` of Alembic's `config.attributes`.

    Raises:
        RuntimeError: there are numbers, and no seal to encrypt them.
    """
    values = op.get_bind().scalars(text(LIST_PLAIN)).all()
    if not values:
        return
    seal = context.config.attributes.get("seal")
    if seal is None:
        raise RuntimeError("Revision 0027 encrypts the stored numbers: run `market migrate` with MARKET_SECRET.")
    rows = [
        {"value": value, "value_index": seal.index(value), "value_sealed": seal.seal(value, CONTEXT)}
        for value in values
    ]
    op.get_bind().execute(text(ADD_PLAIN), rows)
