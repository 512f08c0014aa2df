"""One account, card or device under whatever spelling: the blind indexes of identifiers are of their folded form."""

from unicodedata import normalize

from alembic import context, op
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

CONTEXT = "identifiers.value"
CHUNK = 10_000
LIST_IDENTIFIERS = "SELECT id, value_sealed FROM identifiers WHERE id > :last ORDER BY id LIMIT :chunk"
# The one that keeps its id is the one that is found already, or the oldest; the others of its form are twins.
FIND_TWINS = """
    SELECT f.id, k.keeper, f.value_index
      FROM folded_identifiers f
      JOIN (SELECT value_index, coalesce(min(i.id), min(f.id)) AS keeper
              FROM folded_identifiers f LEFT JOIN identifiers i USING (value_index)
             GROUP BY value_index) AS k USING (value_index)
     ORDER BY f.id
"""
TRIGGERS = (("bindings", "bindings_keep_changed"), ("claims", "claims_append_only"))
MERGE = (
    "UPDATE bindings SET number_id = :keeper WHERE number_id = :twin",
    "UPDATE bindings SET device_id = :keeper WHERE device_id = :twin",
    "UPDATE bindings SET sim_id = :keeper WHERE sim_id = :twin",
    "UPDATE claims SET number_id = :keeper WHERE number_id = :twin",
    "UPDATE usage_days SET number_id = :keeper WHERE number_id = :twin",
)


def upgrade() -> None:
    if not context.is_offline_mode():
        _fold_indexes(op.get_bind())


def _fold(value: str) -> str:
    digest = normalize("NFKC", value).rpartition(":")[2]
    return "".join(filter(str.isalnum, digest)).lower() or value


def _fold_indexes(conn: Connection) -> None:
    """Index every identifier by its folded form, with the `seal` of Alembic's `config.attributes`.

    Raises:
        RuntimeError: there are identifiers, and no seal to read them.
    """
    conn.execute(text("CREATE TEMPORARY TABLE folded_identifiers (id bigint, value_index bytea) ON COMMIT DROP"))
    seal, last = context.config.attributes.get("seal"), 0
    while rows := conn.execute(text(LIST_IDENTIFIERS), {"last": last, "chunk": CHUNK}).all():
        if seal is None:
            raise RuntimeError("Revision 0095 indexes the numbers again: run `market migrate` with MARKET_SECRET.")
        last = rows[-1].id
        values = [(row.id, seal.open(bytes(row.value_sealed), CONTEXT)) for row in rows]
        folded = [{"id": key, "index": seal.index(_fold(value))} for key, value in values if _fold(value) != value]
        if folded:
            conn.execute(text("INSERT INTO folded_identifiers VALUES (:id, :index)"), folded)
    twins: list[dict[str, int]] = []
    for row in conn.execute(text(FIND_TWINS)).all():
        if row.id == row.keeper:
            conn.execute(
                text("UPDATE identifiers SET value_index = :index WHERE id = :id"),
                {"index": row.value_index, "id": row.id},
            )
        else:
            twins.append({"keeper": row.keeper, "twin": row.id})
    _merge(conn, twins)


def _merge(conn: Connection, twins: list[dict[str, int]]) -> None:
    """Give the rows of each twin its keeper's id. Where both are bound on one day the twin stays, not to be found."""
    if not twins:
        return
    for table, trigger in TRIGGERS:
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"))
    for each in twins:
        try:
            with conn.begin_nested():
                for statement in MERGE:
                    conn.execute(text(statement), each)
        except IntegrityError:
            continue
    for table, trigger in TRIGGERS:
        conn.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}"))
