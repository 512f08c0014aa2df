"""Names of operators, services, checks and funders, in Chinese and as codes."""

from collections.abc import Iterable
from enum import StrEnum


class Operator(StrEnum):
    """The operator that sells the line."""

    MOBILE = "mobile"
    UNICOM = "unicom"
    TELECOM = "telecom"


class ServiceKind(StrEnum):
    """The service of the line."""

    MOBILE = "mobile"
    BROADBAND = "broadband"
    TELEVISION = "television"


OPERATORS = {"移动": Operator.MOBILE, "联通": Operator.UNICOM, "电信": Operator.TELECOM}
OPERATOR_NAMES = {operator: name for name, operator in OPERATORS.items()}
KINDS = {"手机": ServiceKind.MOBILE, "宽带": ServiceKind.BROADBAND, "电视": ServiceKind.TELEVISION}
KIND_NAMES = {kind: name for name, kind in KINDS.items()}


def describe_kinds(kinds: Iterable[ServiceKind]) -> str:
    """Return the names of services: 手机、宽带."""
    return "、".join(KIND_NAMES[kind] for kind in kinds)


BUNDLE = "融合"
"""A plan that has several services; its weights share the charge among them."""

OPERATOR_PREFIXES = {Operator.MOBILE: "YD", Operator.UNICOM: "LT", Operator.TELECOM: "DX"}
"""The prefix of the code of a claimed number that is not bound."""


def name_unbound_line(operator: Operator, kind: ServiceKind, number: str, *, number_id: int | None = None) -> str:
    """Return the code of a claimed service that nobody has bound: operator and number.

    The kind is added where the number alone could be another service's. With `number_id`, the id of the encrypted
    number, return the code as it is stored: `YD-#17`.
    """
    digits = number.isascii() and number.isdecimal()
    suffix = "-DS" if kind is ServiceKind.TELEVISION else "-KD" if kind is ServiceKind.BROADBAND and digits else ""
    return f"{OPERATOR_PREFIXES[operator]}-{number if number_id is None else f'#{number_id}'}{suffix}"


ENROLMENT_STATUSES = ("已申请", "公示中", "已审定", "查重未通过", "未通过", "已撤回")
"""The statuses of an enrolment; only 已审定 entitles."""
PENDING_STATUSES = ("已申请", "公示中")
"""The statuses from which an enrolment may still be decided."""


class ListName(StrEnum):
    """A list of another office that is compared with the register."""

    PAYROLL = "payroll"
    VEHICLE = "vehicle"
    COMPANY = "company"
    FLAT = "flat"
    ADDRESS = "address"
    ACCOUNT = "account"


LISTS = {
    "财政供养人员": ListName.PAYROLL,
    "车辆": ListName.VEHICLE,
    "工商登记": ListName.COMPANY,
    "房产": ListName.FLAT,
    "住址": ListName.ADDRESS,
    "银行账号": ListName.ACCOUNT,
}
LIST_NAMES = {each: name for name, each in LISTS.items()}
HOUSEHOLD_LISTS = frozenset({ListName.ADDRESS, ListName.ACCOUNT})
"""Lists of what households have; the others are of persons."""

YES_NO = {"是": True, "否": False, "yes": True, "no": False}

CHECK_NAMES = {
    "dead_in_service_month": "死亡后仍享受",
    "one_identity_two_enrolments": "一人两处登记享受",
    "two_operators_one_household": "一户两家运营商",
    "claim_outside_snapshot": "不在当月名单的申请",
    "enrolled_without_notice": "未经公示",
    "charge_below_plan": "账单低于套餐月费",
    "preparer_is_approver": "代办人就是评议人",
    "bound_to_another": "号码绑定的不是享受的人",
    "enrolled_in_two_counties": "一人在两个县登记享受",
    "not_eligible": "不符合享受条件",
    "kind_outside_programme": "项目不补这种业务",
    "held_by_official": "经办人提出的疑点",
    "too_many_lines": "超过每户业务数",
    "one_device_many_sims": "一机多卡",
    "split_before_enrolment": "申请前分户",
    "realname_differs": "实名与受益人不一致",
    "paid_never_used": "享受但从未使用",
    "claim_above_charge": "申请高于月费",
    "claimed_under_other_programme": "账单的项目或业务类型与登记不同",
    "card_or_device_changed": "换卡换机未登记",
    "person_in_many_households": "一人算进几户",
    "one_address_many_households": "一个住址几户",
    "one_account_many_households": "一个银行账号几户",
    "on_public_payroll": "家里有财政供养人员",
    "owns_vehicle": "家里有车",
    "owns_company": "家里办了公司",
    "owns_flat": "家里有商品房",
    "register_entry_old": "名册太久没有核查",
    "plan_above_market": "套餐比公开资费贵",
    "removal_outlier": "运营商移出率偏高",
    "enrolment_burst": "代办人短期集中申请",
    "equal_sums_in_village": "全村金额相同",
}
"""The checks in Chinese. Source: subsidy-rulebook, "Checks before money moves"."""

FUNDER_NAMES = {
    "operator": "运营商让利",
    "county": "县级财政",
    "prefecture": "市级财政",
    "province": "省级财政",
    "central": "中央财政",
    "other": "其他",
}


def format_month_zh(month: str) -> str:
    """Format `2019-03` as `2019年3月`; any other text, such as “下一个”, is unchanged."""
    year, _, number = month.partition("-")
    return f"{year}年{int(number)}月" if year.isdecimal() and number.isdecimal() else month
