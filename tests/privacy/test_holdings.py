"""One table of personal columns: none is missing, and copy and erasure follow it."""

import re
from collections import Counter

from msgspec.structs import fields

from market.cases.casework.erase import CASE_TEXT_LIFETIME
from market.kernel import Connection
from market.people.identity.sessions import KNOWN_DEVICE_PERIOD
from market.places.counties.settings import CountySettings
from market.privacy.close_account import ERASERS
from market.privacy.county_holdings import HOLDINGS
from market.privacy.holdings import HoldingFate
from market.privacy.models import PersonalData
from market.sales.aftersales.old_claim_photos import CLAIM_PHOTO_LIFETIME
from market.sales.invoices.models import DETAILS_YEARS
from market.service.worker.retention import RETENTIONS
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


def test_the_periods_are_those_after_which_the_code_deletes() -> None:
    held = {each.name: each.retention for each in HOLDINGS}
    codes = {each.name: each.period for each in RETENTIONS}["delete_expired_codes"]
    assert held["登录的设备、验证码"] == f"登录那天起 {KNOWN_DEVICE_PERIOD.days} 天，验证码 {codes.days} 天"
    assert (held["发票抬头、税号、邮箱"], DETAILS_YEARS) == ("最后用过后三年", 3)
    assert "坏果照片三年后删，话费减免的五年后删字" in held["坏果、退货、调解、投诉"]
    assert [each.days for each in (CLAIM_PHOTO_LIFETIME, CASE_TEXT_LIFETIME)] == [3 * 366, 5 * 365]
    register = [held[each] for each in ("县里的名册、号码、账单", "扣回、追缴的决定")]
    assert (set(register), CountySettings().register_years) == ({"退出名册后五年"}, 5)
    assert held["话费减免的申请、同意书"] == "退出名册后五年；没进过名册的，办完后五年"


def test_what_nothing_deletes_promises_no_end() -> None:
    held = {each.name: each.retention for each in HOLDINGS}
    for name in ("同意过什么", "订单、包裹、退款", "店、证件"):
        assert held[name].endswith("至少三年，现在不删"), name
