"""Erase what people wrote in cases about the reduction, years after they ended.

What was asked about, by whom it was answered, the outcome and every date stay; so do the texts of cases about sales,
which the E-commerce Law, article 31, keeps. Source: Personal Information Protection Law, articles 19 and 47.
"""

from datetime import datetime, timedelta

from market.cases.casework.models import GRIEVANCE, OBJECTION
from market.cases.casework.moves import REASON_CONTEXT, TEXT_CONTEXT
from market.kernel import Database, Query
from market.kernel.seal import Seal

CASE_TEXT_LIFETIME = timedelta(days=5 * 365)
"""How long after a case ended its texts are kept: as long as a person who left the register is, by default."""
ERASED_CATEGORIES = (OBJECTION, GRIEVANCE, "clawback_appeal")
"""The categories whose texts are about a household, and no record of a sale."""
ERASED_TEXT = "（过了保存的年限，删除了）"
_CHUNK = 500

ERASE_CASE_TEXTS = Query(
    int,
    """
    SELECT erase_case_texts(:categories::text[], :before::timestamptz, :text::bytea, :reason::bytea, :now::timestamptz,
                            :most::integer)
    """,
)


async def erase_old_case_texts(db: Database, seal: Seal, *, now: datetime) -> int:
    """Erase the texts of the cases that ended `CASE_TEXT_LIFETIME` ago, in pieces; return how many cases."""
    total, erased = 0, _CHUNK
    while erased == _CHUNK:
        async with db.transaction() as conn:
            erased = await ERASE_CASE_TEXTS.one(
                conn, categories=list(ERASED_CATEGORIES), before=now - CASE_TEXT_LIFETIME, now=now, most=_CHUNK,
                text=seal.seal(ERASED_TEXT, TEXT_CONTEXT), reason=seal.seal(ERASED_TEXT, REASON_CONTEXT),
            )  # fmt: skip
        total += erased
    return total
