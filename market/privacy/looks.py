"""Who looked at a person's data or acted on it, from the audit record: role and office, day, what; nobody's name.

Each object of the person is looked up by the index of the record's objects, so that the list costs as much as the
person has objects, whatever the record holds about others. Source: 个人信息保护法 44, 45.
"""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import ROLE_NAMES, AccountId, Role

MAX_OBJECTS = 200
MAX_LOOKS = 100
_OF_EACH = 20

_WORDS = {
    "account.correct_name": "改了登记的姓名",
    "account.export": "把资料存成了文件",
    "account.public_buyer": "核了公家单位的人",
    "case.look": "看了您写的事",
    "job_application.look": "看了报名人的姓名电话",
    "job_application.hire": "记了您来上工",
    "lead.read_consent": "看了同意书的照片",
    "lead.consent": "收了纸上的同意书",
    "order.look": "看了订单",
    "seat.look": "看了上课、看病报名的名单",
    "seat.sign_up": "替您报了上课、看病",
}
_BY_OBJECT = {
    "account": "办了账号的事",
    "case": "办了您写的事",
    "job_application": "办了招工报名",
    "lead": "办了话费减免的申请",
    "order": "办了订单的事",
    "producer": "办了店的事",
    "seat": "办了上课、看病的报名",
}
_OWN = {
    "account.close": "注销了账号",
    "account.export": "把资料存成了文件",
    "account.sign_in": "登录了",
}
_OWN_BY_OBJECT = _BY_OBJECT | {
    "case": "办了售后、投诉的事",
    "county": "办了县里的事",
    "cycle": "办了一个月的账",
    "listing": "改了在卖的东西",
    "package": "改了套餐",
    "slot": "办了课、看病、场次的事",
    "story": "办了村里的故事",
    "suborder": "办了订单的事",
}
_OTHERS = {"operator": "运营商", "seller": "商家、用人单位的人", "system": "系统自动"}


class _LookRow(Struct, frozen=True, kw_only=True):
    at: datetime
    day: date
    action: str
    object: str
    role: str
    office: str


class Look(Struct, frozen=True, kw_only=True):
    """Somebody who is not the person looked at something of theirs, or did something with it."""

    at: datetime
    who: str
    office: str
    what: str


LIST_LOOKS = Query(
    _LookRow,
    """
    WITH own AS (
        SELECT 'account:' || :account_id::uuid AS object
        UNION ALL
        (SELECT 'lead:' || id FROM leads WHERE applicant_id = :account_id ORDER BY id DESC LIMIT :objects)
        UNION ALL
        (SELECT 'case:' || number FROM cases WHERE asker_id = :account_id ORDER BY id DESC LIMIT :objects)
        UNION ALL
        (SELECT 'order:' || number FROM orders WHERE buyer_id = :account_id ORDER BY id DESC LIMIT :objects)
        UNION ALL
        (SELECT 'producer:' || producer_id FROM producer_members WHERE account_id = :account_id LIMIT :objects)
        UNION ALL
        (SELECT 'job_application:' || id FROM job_applications
          WHERE account_id = :account_id ORDER BY id DESC LIMIT :objects)
        UNION ALL
        (SELECT 'seat:' || id FROM slot_reservations
          WHERE account_id = :account_id ORDER BY id DESC LIMIT :objects)),
    looked AS (
        SELECT e.at, (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day, e.action, e.object,
               CASE WHEN e.actor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN e.actor::uuid END AS actor_id
          FROM own CROSS JOIN LATERAL (
            SELECT at, actor, action, audit_entries.object FROM audit_entries
             WHERE audit_entries.object = own.object AND actor <> :account_id::uuid::text
             ORDER BY at DESC LIMIT :of_each) AS e
         ORDER BY e.at DESC LIMIT :limit)
    SELECT at, day, action, object,
           coalesce(g.role, CASE WHEN actor_id IS NULL THEN 'system'
                                 WHEN EXISTS (SELECT FROM operator_grants o WHERE o.account_id = actor_id)
                                 THEN 'operator'
                                 ELSE 'seller' END) AS role,
           coalesce(d.name, '') AS office
      FROM looked
      LEFT JOIN LATERAL (
        SELECT role, scope FROM grants
         WHERE grants.account_id = actor_id AND valid_during @> looked.day
         ORDER BY length(scope) DESC, role LIMIT 1) AS g ON true
      LEFT JOIN divisions d ON d.code = rpad(g.scope, 12, '0')
     ORDER BY at DESC
    """,
)


def describe_look(action: str, looked_at: str) -> str:
    """Return what an entry of the record says to the person whom it is about."""
    return _WORDS.get(action) or _BY_OBJECT[looked_at.partition(":")[0]]


def describe_own_record(action: str, acted_on: str) -> str:
    """Return what an entry of the record says to the person who acted."""
    return _OWN.get(action) or _OWN_BY_OBJECT.get(acted_on.partition(":")[0], "办了一件事")


async def list_looks(conn: Connection, account_id: AccountId | UUID) -> list[Look]:
    """Return who looked at what of a person, the latest first, at most `MAX_LOOKS`, in the person's scope."""
    rows = await LIST_LOOKS.all(conn, account_id=account_id, objects=MAX_OBJECTS, of_each=_OF_EACH, limit=MAX_LOOKS)
    return [
        Look(
            at=row.at, who=_OTHERS.get(row.role) or ROLE_NAMES[Role(row.role)], office=row.office,
            what=describe_look(row.action, row.object),
        )
        for row in rows
    ]  # fmt: skip
