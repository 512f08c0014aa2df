"""One table of personal columns: none is missing, and copy and erasure follow it."""

import re
from collections import Counter

from msgspec.structs import fields

from market.kernel import Connection
from market.privacy.close_account import ERASERS
from market.privacy.county_holdings import HOLDINGS
from market.privacy.holdings import HoldingFate
from market.privacy.models import PersonalData
from tests.privacy.about_nobody import ABOUT_NOBODY

# Words that are codes, states and references: what they say is in a table of its own, or a CHECK lists them.
_CODED = re.compile(
    r"(_code|_sha256|_key|^key|^code|^operator|^state|^kind|^category|_kind|^status|^number$|^county|^technology|^unit$"
    r"|^fact$|^check_name|^check$|^purpose|^provider|^currency|^template|^role$|^scope$|_scope$|_ref$|^list$"
    r"|^reference$)$"
)
LIST_COLUMNS = """
    SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS table_name, a.attname AS name,
           EXISTS (SELECT FROM pg_constraint f
                    WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid = 'accounts'::regclass
                      AND a.attnum = ANY(f.conkey)) OR format_type(a.atttypid, a.atttypmod) = 'bytea'
           OR (format_type(a.atttypid, a.atttypmod) = 'uuid' AND a.attname ~ '(^account_id|^author_id|_by)$') AS always
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'payments', 'jobs', 'benefits') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped
       AND (EXISTS (SELECT FROM pg_constraint f
                     WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid = 'accounts'::regclass
                       AND a.attnum = ANY(f.conkey))
            OR format_type(a.atttypid, a.atttypmod) = 'bytea'
            OR (format_type(a.atttypid, a.atttypmod) = 'uuid' AND a.attname ~ '(^account_id|^author_id|_by)$')
            OR (format_type(a.atttypid, a.atttypmod) IN ('text', 'jsonb', 'inet') AND a.attgenerated = ''
                AND NOT EXISTS (SELECT FROM pg_constraint f
                                 WHERE f.conrelid = c.oid
                                   AND ((f.contype = 'f' AND a.attnum = ANY(f.conkey))
                                     OR (f.contype = 'c' AND a.attnum = ANY(f.conkey)
                                         AND (strpos(pg_get_constraintdef(f.oid), '(' || a.attname || ' = ANY') > 0
                                           OR strpos(pg_get_constraintdef(f.oid), '(' || a.attname || ' ~ ') > 0))))))
     ORDER BY 1, 2
"""


def list_listed() -> Counter[str]:
    """Return how often each column is listed."""
    listed: Counter[str] = Counter()
    for group in (*(each.columns for each in HOLDINGS), *ABOUT_NOBODY.values()):
        listed.update(f"{table}.{name}" for table, names in group.items() for name in names.split())
    return listed


async def test_every_column_that_may_be_about_a_person_is_listed_once(conn: Connection) -> None:
    found = {
        f"{table}.{name}"
        for table, name, always in await conn.fetch(LIST_COLUMNS)
        if (always or not _CODED.search(name)) and table != "alembic_version"
    }
    listed = list_listed()
    assert found - set(listed) == set(), "say of each new column for what it is held, how long, and what erases it"
    assert set(listed) - {f"{row[0]}.{row[1]}" for row in await conn.fetch(LIST_COLUMNS)} == set()
    assert {each for each, times in listed.items() if times > 1} == set()


def test_the_copy_has_a_section_for_each_holding_that_names_one_and_no_other() -> None:
    named = {section for each in HOLDINGS for section in each.sections}
    assert named == {each.name for each in fields(PersonalData)}


def test_what_is_called_erased_names_an_eraser_that_runs_and_nothing_else_does() -> None:
    assert {each.eraser for each in HOLDINGS if each.fate is HoldingFate.ERASED} == set(ERASERS)
    assert {each.name for each in HOLDINGS if each.fate is not HoldingFate.ERASED and each.eraser} == set()
    assert all(each.purpose and each.retention and each.why for each in HOLDINGS)
