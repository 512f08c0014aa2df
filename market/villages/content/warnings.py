"""防骗提醒: one line on every farmer's page, of the county if it warns, else one of our own that changes daily.

Source: 反电信网络诈骗法 30.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.moderation.forbidden_words import require_allowed_words
from market.people.moderation.off_platform import require_no_contacts
from market.people.notify.queue import queue_message
from market.villages.content.models import (
    MAX_TOLD,
    MAX_WARNING_DAYS,
    MAX_WARNING_LENGTH,
    MIN_WARNING_LENGTH,
    FraudWarning,
    NewWarning,
    StoryInvalid,
    WarningReason,
)

REASON_NAMES = {
    WarningReason.CODE: "要验证码",
    WarningReason.TRANSFER: "要转账",
    WarningReason.SUBSIDY: "冒充办补贴、减免",
    WarningReason.ORDER: "假买家、假订单",
    WarningReason.LOAN: "假贷款",
    WarningReason.PARCEL: "假快递、假理赔",
    WarningReason.OTHER: "别的",
}
MAX_WARNINGS = 100
DAILY_WARNINGS = (
    "补贴不收费、不要验证码、不用转账；有疑问拨 96110。",
    "说是客服、要验证码的，都是骗子，挂了拨 96110。",
    "买家要加微信、私下转钱，别理，在这一单里举报。",
    "先交保证金、解冻费才给钱的，都是骗子。",
    "贷款先交钱的是骗子；银行不会在电话里要密码。",
    "快递丢了多赔钱、要点网址的，是骗子；赔钱走原路退。",
    "冒充干部、公安叫转账的，是骗子，先给村里打电话。",
)
"""What the pages say on days without a warning of the county, one a day."""

_COLUMNS = """
    SELECT id, county_code, reason, text, lower(valid_during) AS first, upper(valid_during) - 1 AS last, published_at,
           told, ended_at IS NOT NULL AS ended
      FROM fraud_warnings
"""
ADD_WARNING = Query(
    UUID,
    """
    INSERT INTO fraud_warnings (county_code, reason, text, valid_during, published_by, published_at, told)
    VALUES (:county, :reason, :text, daterange(:first::date, :last::date, '[]'), :account_id, :now, :told)
    RETURNING id
    """,
)
GET_WARNING = Query(FraudWarning, _COLUMNS + " WHERE id = :warning_id")
LIST_WARNINGS = Query(
    FraudWarning, _COLUMNS + " WHERE county_code = :county ORDER BY published_at DESC, id DESC LIMIT :limit"
)
LIST_VALID_WARNINGS = Query(
    FraudWarning,
    _COLUMNS
    + """
     WHERE county_code = :county AND valid_during @> :day::date AND ended_at IS NULL
     ORDER BY published_at DESC, id DESC LIMIT :limit
    """,
)
END_WARNING = Query(
    UUID,
    """
    UPDATE fraud_warnings SET ended_at = :now
     WHERE id = :warning_id AND county_code = :county AND ended_at IS NULL
    RETURNING id
    """,
)
LIST_READERS = Query(bytes, "SELECT phone_sealed FROM list_warning_readers(:county::text, :most::integer)")


def get_daily_warning(day: date) -> str:
    """Return the warning of our own for a day."""
    return DAILY_WARNINGS[day.toordinal() % len(DAILY_WARNINGS)]


async def publish_warning(
    conn: Connection, seal: Seal, official: Actor, county: str, new: NewWarning, *, now: datetime
) -> FraudWarning:
    """Publish a warning of a county, and send it by SMS to those of the county who consented, if it says so.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
        StoryInvalid: the text is too short or too long, or the days are past, turned around or too many.
        ForbiddenWord, OffPlatformContact: the text has a forbidden word, a link or a telephone.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    written, faults, today = clean_text(new.text), list[FieldFault](), get_business_day(now)
    if not MIN_WARNING_LENGTH <= len(written) <= MAX_WARNING_LENGTH:
        faults.append(FieldFault("text", f"写 {MIN_WARNING_LENGTH} 到 {MAX_WARNING_LENGTH} 个字"))
    if not today <= new.first <= new.last:
        faults.append(FieldFault("last", "从今天或以后起，最后一天不早于头一天"))
    elif new.last - new.first >= timedelta(days=MAX_WARNING_DAYS):
        faults.append(FieldFault("last", f"最多 {MAX_WARNING_DAYS} 天"))
    if faults:
        raise StoryInvalid(errors=tuple(faults))
    # A warning names what the fraud asks for, which no other text may.
    require_allowed_words(text=written)
    require_no_contacts(text=written)
    phones = await LIST_READERS.all(conn, county=county, most=MAX_TOLD) if new.sms else []
    added = await ADD_WARNING.one(
        conn, county=county, reason=new.reason, text=written, first=new.first, last=new.last,
        account_id=official.account_id, now=now, told=len(phones),
    )  # fmt: skip
    for sealed in phones:
        facts = {"text": written}
        await queue_message(
            conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template="fraud_warning", facts=facts, now=now
        )
    await _audit(conn, official, "warning.publish", added, now=now)
    return await GET_WARNING.one(conn, warning_id=added)


async def end_warning(conn: Connection, official: Actor, county: str, warning_id: UUID, *, now: datetime) -> None:
    """End a warning of a county now.

    Raises:
        NotAllowed, SecondFactorRequired: see `publish_warning`.
        NotFound: the county has no such warning, or it ended before.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    if await END_WARNING.maybe(conn, warning_id=warning_id, county=county, now=now) is None:
        raise NotFound
    await _audit(conn, official, "warning.end", warning_id, now=now)


async def list_warnings(conn: Connection, county: str) -> list[FraudWarning]:
    """Return the warnings of a county, the latest first, at most `MAX_WARNINGS`."""
    return await LIST_WARNINGS.all(conn, county=county, limit=MAX_WARNINGS)


async def list_valid_warnings(conn: Connection, county: str, *, day: date) -> list[FraudWarning]:
    """Return what a county warns of on a day, the latest first."""
    return await LIST_VALID_WARNINGS.all(conn, county=county, day=day, limit=MAX_WARNINGS)


async def _audit(conn: Connection, official: Actor, action: str, warning_id: UUID, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(official.account_id), action=action, object=f"fraud_warning:{warning_id}", detail={}, now=now
    )
