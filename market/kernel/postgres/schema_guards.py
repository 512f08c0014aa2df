"""What the schema enforces and whom it lets in, compared with what this release shipped.

Beside the objects of the schema these are what can switch all of them off at once: the attributes and memberships of
the service's role, what it owns, the rights in the schemas, and settings stored for the database or a role, such as
`session_replication_role`, which disables every trigger and foreign key.
"""

from msgspec import Struct

from market.kernel.database import APP_ROLE
from market.kernel.postgres.migrate import get_migrations_folder
from payments.sql import Connection, Query

SCHEMAS = ["public", "payments", "jobs", "benefits"]
UNSAFE_SETTINGS = ["session_replication_role", "row_security", "search_path", "role", "market.scope"]
"""Settings that nobody stores for a database or a role: each changes what the guards see."""
GUARDS_FILE = "guards.txt"
"""In the folder of the migrations: a line for each guard, its digest and its name; `make schema` writes it.

A guard that PostgreSQL prints otherwise after a restored dump, with fewer parentheses, has a line for each form.
"""


class SchemaGuard(Struct, frozen=True, order=True):
    """A function, trigger, constraint, policy, grant, role or the like, and the digest of its definition."""

    name: str
    digest: str


class ChangedGuard(Struct, frozen=True):
    """A guard of the schema that is not as it was shipped; in the form of a finding of the ledger."""

    code: str
    subject: str
    detail: str


# Other roles and extensions differ between installations; of grants and owners, those count that are the service's.
LIST_SCHEMA_GUARDS = Query(
    SchemaGuard,
    """
    WITH places AS (
        SELECT oid, nspname, nspacl, nspowner FROM pg_namespace WHERE nspname = ANY(:schemas::text[])
    ), extended AS (
        SELECT objid FROM pg_depend WHERE deptype = 'e' AND classid IN ('pg_class'::regclass, 'pg_proc'::regclass)
    ), tables AS (
        SELECT pg_class.oid, nspname || '.' || relname AS name, relkind, relacl, relowner, relrowsecurity,
               relforcerowsecurity
          FROM pg_class JOIN places ON places.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relname NOT LIKE 'alembic%' AND NOT relispartition
           AND pg_class.oid NOT IN (SELECT objid FROM extended)
    ), routines AS (
        SELECT pg_proc.oid, nspname || '.' || proname || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')'
               AS name, prosrc, prosqlbody, prosecdef, proconfig, provolatile, proisstrict, prolang, prorettype,
               proleakproof, proacl, proowner
          FROM pg_proc JOIN places ON places.oid = pronamespace
         WHERE pg_proc.oid NOT IN (SELECT objid FROM extended)
    ), partitions AS (
        SELECT part.oid, 'partitions of ' || tables.name AS name, part.relacl, part.relowner,
               (SELECT string_agg(DISTINCT concat_ws(' ', tgname, tgfoid::regproc, tgtype, tgenabled), ', '
                                  ORDER BY concat_ws(' ', tgname, tgfoid::regproc, tgtype, tgenabled))
                  FROM pg_trigger WHERE tgrelid = part.oid AND NOT tgisinternal) AS triggers,
               (SELECT string_agg(DISTINCT tgenabled::text, '')
                  FROM pg_trigger WHERE tgrelid = part.oid AND tgisinternal) AS key_triggers
          FROM pg_inherits
          JOIN tables ON tables.oid = inhparent
          JOIN pg_class AS part ON part.oid = inhrelid
    ), guards AS (
        -- The partitions of a table are as many as there were months; each is guarded like the others.
        SELECT name, string_agg(DISTINCT concat_ws(' | ', triggers, key_triggers), ' || ') AS definition
          FROM partitions
         GROUP BY name
        UNION ALL
        SELECT 'function ' || name AS name,
               concat_ws(' | ', prosrc, pg_get_function_sqlbody(oid), prosecdef, proconfig::text, provolatile,
                         proisstrict, proleakproof, (SELECT lanname FROM pg_language WHERE pg_language.oid = prolang),
                         format_type(prorettype, NULL)) AS definition
          FROM routines
        UNION ALL
        SELECT 'trigger ' || tables.name || ' ' || tgname,
               concat_ws(' | ', pg_get_triggerdef(pg_trigger.oid), tgenabled)
          FROM pg_trigger JOIN tables ON tables.oid = tgrelid
         WHERE NOT tgisinternal
        UNION ALL
        SELECT 'triggers of keys of ' || tables.name, string_agg(DISTINCT tgenabled::text, '')
          FROM pg_trigger JOIN tables ON tables.oid = tgrelid
         WHERE tgisinternal
         GROUP BY tables.name
        UNION ALL
        SELECT 'constraint ' || tables.name || ' ' || conname,
               concat_ws(' | ', pg_get_constraintdef(pg_constraint.oid), convalidated, conenforced)
          FROM pg_constraint JOIN tables ON tables.oid = conrelid
         WHERE contype <> 'n'
        UNION ALL
        SELECT 'unique index ' || indexrelid::regclass,
               concat_ws(' | ', pg_get_indexdef(indexrelid), indisvalid)
          FROM pg_index JOIN tables ON tables.oid = indrelid
         WHERE indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        UNION ALL
        SELECT 'columns of ' || tables.name,
               concat_ws(' | ', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity,
                         pg_get_expr(adbin, adrelid))
          FROM pg_attribute
          JOIN tables ON tables.oid = attrelid
          LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'
        UNION ALL
        SELECT 'view ' || name, pg_get_viewdef(oid) FROM tables WHERE relkind IN ('v', 'm')
        UNION ALL
        SELECT 'rule ' || tables.name || ' ' || rulename, concat_ws(' | ', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
          FROM pg_rewrite JOIN tables ON tables.oid = ev_class
         WHERE relkind NOT IN ('v', 'm')
        UNION ALL
        SELECT 'row security of ' || name, concat_ws(' | ', relrowsecurity, relforcerowsecurity)
          FROM tables WHERE relkind IN ('r', 'p')
        UNION ALL
        SELECT 'policy ' || tables.name || ' ' || polname,
               concat_ws(' | ', polpermissive, polcmd, pg_get_expr(polqual, polrelid),
                         pg_get_expr(polwithcheck, polrelid),
                         ARRAY(SELECT rolname FROM pg_roles WHERE oid = ANY(polroles) ORDER BY rolname)::text,
                         0 = ANY(polroles))
          FROM pg_policy JOIN tables ON tables.oid = polrelid
        UNION ALL
        SELECT 'grants on ' || granted.name,
               concat_ws(' | ', granted.of, coalesce(rolname, 'public'), privilege_type, is_grantable)
          FROM (SELECT name, '' AS of, relacl AS acl FROM tables
                UNION ALL
                SELECT DISTINCT name, '', relacl FROM partitions
                UNION ALL
                SELECT tables.name, attname, attacl FROM pg_attribute JOIN tables ON tables.oid = attrelid
                UNION ALL
                SELECT name, '', coalesce(proacl, acldefault('f', proowner)) FROM routines
                UNION ALL
                SELECT 'schema ' || nspname, '', coalesce(nspacl, acldefault('n', nspowner)) FROM places) AS granted,
               LATERAL aclexplode(acl)
          LEFT JOIN pg_roles ON pg_roles.oid = grantee
         WHERE acl IS NOT NULL AND (grantee = 0 OR rolname = :role)
        UNION ALL
        SELECT 'role ' || rolname,
               concat_ws(' | ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
                         ARRAY(SELECT roleid::regrole::text FROM pg_auth_members
                                WHERE member = pg_roles.oid ORDER BY 1)::text)
          FROM pg_roles WHERE rolname = :role
        UNION ALL
        SELECT 'owner of ' || owned.name, :role::text
          FROM (SELECT name, relowner FROM tables
                UNION ALL
                SELECT DISTINCT name, relowner FROM partitions
                UNION ALL
                SELECT name, proowner FROM routines
                UNION ALL
                SELECT 'schema ' || nspname, nspowner FROM places) AS owned (name, owner)
         WHERE owner = (SELECT oid FROM pg_roles WHERE rolname = :role)
        UNION ALL
        SELECT concat_ws(' ', 'setting', split_part(setting, '=', 1), 'for', coalesce(rolname, 'every role')), setting
          FROM pg_db_role_setting
          CROSS JOIN LATERAL unnest(setconfig) AS setting
          LEFT JOIN pg_roles ON pg_roles.oid = setrole
         WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
           AND split_part(setting, '=', 1) = ANY(:settings::text[])
        UNION ALL
        SELECT 'setting session_replication_role', current_setting('session_replication_role')
    )
    SELECT guards.name, left(encode(sha256(convert_to(string_agg(definition, ' | ' ORDER BY definition), 'UTF8')),
                                    'hex'), 16) AS digest
      FROM guards
     GROUP BY guards.name
     ORDER BY guards.name COLLATE "C"
    """,
)


async def list_guards(conn: Connection) -> list[SchemaGuard]:
    """Return the guards of a database, by name."""
    return await LIST_SCHEMA_GUARDS.all(conn, role=APP_ROLE, schemas=SCHEMAS, settings=UNSAFE_SETTINGS)


def write_guards(guards: list[SchemaGuard]) -> str:
    """Return the text of the file that is shipped."""
    return "".join(f"{each.digest} {each.name}\n" for each in guards)


def read_shipped_guards() -> dict[str, set[str]]:
    """Return the digests of each guard by name, as this release shipped them."""
    shipped: dict[str, set[str]] = {}
    for line in (get_migrations_folder() / GUARDS_FILE).read_text("utf-8").splitlines():
        digest, _, name = line.partition(" ")
        shipped.setdefault(name, set()).add(digest)
    return shipped


async def list_schema_changes(conn: Connection) -> list[ChangedGuard]:
    """Return the guards of a database that are missing, changed, or were not shipped with this release."""
    shipped = read_shipped_guards()
    found = {each.name: each.digest for each in await list_guards(conn)}
    changed = [
        *((name, "missing") for name in shipped.keys() - found),
        *((name, "not shipped") for name in found.keys() - shipped),
        *((name, "changed") for name in found.keys() & shipped if found[name] not in shipped[name]),
    ]
    return [ChangedGuard("schema_changed", name, detail) for name, detail in sorted(changed)]
