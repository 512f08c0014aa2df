"""What the market holds about persons: one table of columns with purpose, retention, and whether closing erases them.

The copy of a person (`PersonalData`), the erasure of an account (`close_account`) and the page 留下什么、为什么 follow
it; tests fail on a column that it does not list, a section of the copy that it does not name, and an eraser that does
not run. Source: 个人信息保护法 17, 19, 45, 47; 电子商务法 31.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class HoldingFate(StrEnum):
    """What becomes of data: erased with the account, deleted after some time anyway, or kept without a name."""

    ERASED = "erased"
    EXPIRES = "expires"
    KEPT = "kept"


class Holding(Struct, frozen=True, kw_only=True):
    """Data about a person that serve one purpose; `columns` are names by table, parted by blanks.

    `sections` are the fields of the copy that show them, none where the copy says where to ask. `eraser` names what
    erases them with the account.
    """

    name: str
    purpose: str
    retention: str
    fate: HoldingFate
    why: str
    columns: Mapping[str, str]
    sections: tuple[str, ...] = ()
    eraser: str = ""


_COMMERCE = "电子商务法 31：交易记录从办完起至少留三年"
_CASH = "钱的账要对得上，改不了；会计档案照规定保存"
_DECIDED = "办过的事要查得到是谁办的；注销以后只剩编号，没有姓名电话"

ACCOUNT_HOLDINGS: tuple[Holding, ...] = (
    Holding(
        name="姓名、电话、登录", purpose="让您登录，认得是您", retention="到注销为止", fate=HoldingFate.ERASED,
        why="注销就删，电话可以重新开号", sections=("account",), eraser="account",
        columns={
            "accounts": "name phone_index phone_sealed totp_sealed identity_index identity_sealed erased_phone_index",
            "person_keys": "account_id key_sealed",
        },
    ),
    Holding(
        name="登录的设备、验证码", purpose="防别人登您的号", retention="登录那天起 180 天，验证码 2 天",
        fate=HoldingFate.ERASED, why="注销就删", sections=("devices",), eraser="account",
        columns={
            "sessions": "token_hash account_id device device_key",
            "sign_in_codes": "phone_index code_hash network wide_network", "sign_in_attempts": "network",
            "second_factor_uses": "account_id",
        },
    ),
    Holding(
        name="交过的表单（防重复）", purpose="同一张表按两下只算一次", retention="30 天", fate=HoldingFate.ERASED,
        why="注销就删", eraser="requests", columns={"idempotency_keys": "actor fingerprint response"},
    ),
    Holding(
        name="收货人、地址", purpose="把东西送到", retention="到注销为止", fate=HoldingFate.ERASED,
        why="注销就删，只留到哪个省市", sections=("orders",), eraser="buyer", columns={"orders": "address_sealed"},
    ),
    Holding(
        name="收藏、存的筛选", purpose="下回好找", retention="到注销为止", fate=HoldingFate.ERASED, why="注销就删",
        sections=("favourites", "saved_filters"), eraser="favourites",
        columns={"favourites": "account_id", "saved_filters": "account_id name query"},
    ),
    Holding(
        name="问卖家的话", purpose="买卖两边说清楚", retention="最后一句话后三年", fate=HoldingFate.ERASED,
        why="注销就删您写的话和照片", sections=("messages",), eraser="conversations",
        columns={"conversation_messages": "account_id text_sealed", "conversations": "buyer_id"},
    ),
    Holding(
        name="发票抬头、税号、邮箱", purpose="给您开发票", retention="最后用过后三年", fate=HoldingFate.ERASED,
        why="注销就删，号码和金额留着", sections=("invoices",), eraser="invoices",
        columns={"invoice_requests": "buyer_id title_sealed tax_number_sealed email_sealed"},
    ),
    Holding(
        name="短信", purpose="告诉您订单和办的事", retention="30 天", fate=HoldingFate.ERASED, why="注销就删",
        eraser="messages",
        columns={"messages": "phone_sealed facts_sealed phone_index error"},
    ),
    Holding(
        name="收款账户", purpose="把货款打给您", retention="到注销为止", fate=HoldingFate.ERASED,
        why="农户自己的账户注销就删；公司、合作社的归单位", sections=("payout_accounts",), eraser="payout_accounts",
        columns={"payout_accounts": "holder number_sealed number_tail destination reason entered_by decided_by"},
    ),
    Holding(
        name="退货寄到哪里", purpose="买家把东西寄回来", retention="到注销为止", fate=HoldingFate.ERASED,
        why="农户自己的地址注销就删；公司、合作社的归单位", eraser="return_addresses",
        columns={"goods_returns": "address_sealed"},
    ),
    Holding(
        name="报的课、看病的座位", purpose="给您留位子", retention="过后一段日子不再写是谁",
        fate=HoldingFate.ERASED, why="注销就退，姓名删掉", sections=("seats",), eraser="seats",
        columns={
            "slot_reservations": "code_hash code_sealed account_id signed_up_by name_sealed name_index",
        },
    ),
    Holding(
        name="要更正、删除、投诉的内容", purpose="照您说的查、改", retention="到注销为止", fate=HoldingFate.ERASED,
        why="用您自己的一把钥匙锁着，注销时钥匙毁掉，谁也打不开", sections=("requests",), eraser="account",
        columns={"data_requests": "detail_by_key"},
    ),
    Holding(
        name="同意过什么", purpose="证明您同意过，什么时候撤回的", retention="撤回后至少三年，现在不删",
        fate=HoldingFate.KEPT, why="个人信息保护法 14、15：同意要能证明；注销时一起撤回，只剩编号",
        sections=("consents",),
        columns={"consents": "account_id"},
    ),
    Holding(
        name="谁看过、办过（审计）", purpose="查得到谁看过您的资料", retention="至少六个月，长期留着",
        fate=HoldingFate.KEPT,
        why="网络安全法 21；只记编号，不记姓名电话，改不了", sections=("records", "looks"),
        columns={"audit_entries": "actor action object detail"},
    ),
)  # fmt: skip
"""Of the account, and what its owner erases by closing it."""

TRADE_HOLDINGS: tuple[Holding, ...] = (
    Holding(
        name="订单、包裹、退款", purpose="买卖有凭据，能退能赔", retention="办完后至少三年，现在不删",
        fate=HoldingFate.KEPT, why=_COMMERCE,
        sections=("orders", "parcels", "vouchers", "packages"),
        columns={
            "orders": "buyer_id", "suborder_events": "actor note", "suborders": "carrier tracking",
            "tracking_facts": "carrier tracking detail", "carrier_pushes": "carrier tracking",
            "line_refunds": "requested_by note", "refund_requests": "note requested_by decided_by decision_note",
            "vouchers": "account_id", "pickups": "code_hash code_sealed", "bookings": "code_hash code_sealed",
            "packages": "created_by", "package_suppliers": "decided_by", "transfer_records": "recorded_by",
        },
    ),
    Holding(
        name="付款和打款", purpose="钱对得上", retention="长期", fate=HoldingFate.KEPT, why=_CASH,
        columns={
            "payments.payments": "return_url action reason", "payments.refunds": "reason",
            "payments.disputes": "reason",
            "payments.payouts": "payee destination reason", "payments.parts": "name",
            "payments.transactions": "posted_by", "large_payouts": "requested_by decided_by note",
        },
    ),
    Holding(
        name="坏果、退货、调解、投诉", purpose="两边讲清、照规矩办",
        retention="办完后至少三年；坏果照片三年后删，话费减免的五年后删字",
        fate=HoldingFate.KEPT, why=_COMMERCE, sections=("cases",),
        columns={
            "cases": "asker_id against_account_id text_sealed answered_by", "case_events": "account_id reason_sealed",
            "goods_returns": "accepted_by carrier tracking", "mediations": "refused_by refused_sealed",
            "mediation_proposals": "proposed_by seller_agreed_by",
            "grievances": "received_by code_hash triaged_by officer_id", "objections": "receipt_hash recorded_by",
            "case_publications": "public_text public_answer", "fund_applications": "snapshot",
        },
    ),
    Holding(
        name="评价", purpose="后来的买家看", retention="长期", fate=HoldingFate.KEPT,
        why="电子商务法 39：平台不能删评价；注销以后不写是谁", sections=("reviews",),
        columns={"reviews": "account_id text answer answered_by", "review_versions": "text answer"},
    ),
    Holding(
        name="店、证件", purpose="让买家知道是谁在卖", retention="最后一单后至少三年，现在不删", fate=HoldingFate.KEPT,
        why=_COMMERCE,
        sections=("shops", "benefits"),
        columns={
            "producers": "name produce story applied_by", "producer_members": "account_id",
            "producer_steps": "account_id reason person_key",
            "certificates": "issuer verified_by number_index number_sealed submitted_by rejected_by reject_reason",
            "closures": "created_by", "listing_files": "imported_by", "coupons": "created_by",
            "plots": "name added_by", "harvest_lots": "added_by", "harvest_files": "imported_by",
            "benefits.households": "account_id phone_index phone_sealed added_by", "benefits.files": "imported_by",
            "label_runs": "issued_by", "labels": "revoked_by revoke_reason", "packed_labels": "packed_by",
            "unpacked_labels": "packed_by unpacked_by",
            "calendar_feeds": "secret_hash created_by", "catch_weights": "weighed_by", "check_in_scans": "uploaded_by",
            "slots": "cancelled_by", "stay_cancellations": "cancelled_by",
        },
    ),
    Holding(
        name="村里的故事", purpose="给外面的人看村里的事", retention="收回、撤回同意马上不显示", fate=HoldingFate.KEPT,
        why="谁写、谁核、谁同意过要查得到；撤回以后别人看不到", sections=("stories",),
        columns={
            "stories": "author_id title text moderated_by reason",
            "story_people": "author_id account_id phone_index phone_sealed name_sealed",
        },
    ),
    Holding(
        name="举报时写的话", purpose="查属实不属实", retention="到注销为止", fate=HoldingFate.ERASED,
        why="用您自己的钥匙锁着，注销时毁掉；被举报的人一直看不到是谁", sections=("reports",), eraser="account",
        columns={"content_reports": "text_by_key"},
    ),
    Holding(
        name="照片", purpose="看得见东西、坏果、证件", retention="不再用到就不给看", fate=HoldingFate.EXPIRES,
        why="坏果、问农技员的照片到期删；商品的照片下架就看不到",
        columns={"photos": "owner_id", "sent_bytes": "account_id"},
    ),
    Holding(
        name="住店登记", purpose="旅馆业要登记客人", retention="店家登记时写的那天", fate=HoldingFate.EXPIRES,
        why="旅馆业治安管理办法；到期自己删", sections=("stays",),
        columns={"stay_guests": "guest_sealed registered_by", "taken_nights": "guest_sealed"},
    ),
    Holding(
        name="单位、公家单位采购", purpose="单位的事由谁办", retention="单位在就留",
        fate=HoldingFate.KEPT, why=_DECIDED,
        sections=("organisations", "public_units", "purchases"),
        columns={
            "organisations": "applied_by verified_by", "organisation_members": "account_id",
            "public_buyers": "account_id verified_by", "company_accounts": "account_id",
            "pairings": "proposed_by agreed_by", "pairing_statements": "stated_by",
            "charity_notices": "added_by checked_by",
            "procurements": "requested_by approved_by signed_by delivered_by accepted_by ended_by reason",
            "procurement_invoices": "recorded_by", "procurement_red_letters": "recorded_by",
            "invoices": "recorded_by", "invoice_versions": "recorded_by",
        },
    ),
    Holding(
        name="报过的招工", purpose="单位联系您上工", retention="没招上的 180 天后删", fate=HoldingFate.EXPIRES,
        why="注销就撤回；招上、您确认过的留作凭据", sections=("job_applications",),
        columns={"job_applications": "account_id hired_by", "job_postings": "added_by checked_by"},
    ),
)  # fmt: skip
"""Of buying, selling and the services of villages."""
