"""Names of operators, services, reasons, checks and funders, in Chinese and as codes."""

from enum import StrEnum


class Operator(StrEnum):
    """Who sells the line."""

    MOBILE = "mobile"
    UNICOM = "unicom"
    TELECOM = "telecom"


class ServiceKind(StrEnum):
    """What the line carries."""

    MOBILE = "mobile"
    BROADBAND = "broadband"
    TELEVISION = "television"


OPERATORS = {"移动": Operator.MOBILE, "联通": Operator.UNICOM, "电信": Operator.TELECOM}
OPERATOR_NAMES = {operator: name for name, operator in OPERATORS.items()}
KINDS = {"手机": ServiceKind.MOBILE, "宽带": ServiceKind.BROADBAND, "电视": ServiceKind.TELEVISION}
KIND_NAMES = {kind: name for name, kind in KINDS.items()}

BUNDLE = "融合"
"""A plan that has several services; its weights share the charge among them."""

OPERATOR_PREFIXES = {Operator.MOBILE: "YD", Operator.UNICOM: "LT", Operator.TELECOM: "DX"}
"""How a claimed number that nobody has bound is called: prefix and number."""

YES_NO = {"是": True, "否": False, "yes": True, "no": False}

REASON_NAMES = {
    "MATCHED": "一致",
    "REDUCED": "申请多于应补",
    "PART_OF_MONTH": "不满整月，只补可享受的天数",
    "NOT_ON_FIRST": "当月 1 日不能享受，整月不补",
    "LINE_CAP": "超过每条业务每月上限",
    "ABOVE_TERMS": "申请高于按标准应补的数",
    "NO_USAGE_YET": "尚无使用记录",
    "IN_CURE": "闲置宽限期内不补",
    "LOST_ELIGIBILITY": "已失去享受条件",
    "SUSPENDED": "停机期间不补",
    "NOT_IN_SNAPSHOT": "不在当月名单",
    "NOT_BOUND": "号码未绑定",
    "OVER_CHARGE": "申请超过套餐月费",
    "DUPLICATE_OPERATOR": "一户两家运营商",
    "OVER_HOUSEHOLD_CAP": "超过每户每月上限",
    "UNFUNDED": "预算不足待安排",
    "ENDED": "已销户或移出",
}
"""Reason and cause codes of the engine as officials read them, in the order they are listed."""

CHECK_NAMES = {
    "dead_in_service_month": "死亡后仍享受",
    "one_identity_two_enrolments": "一人两处登记享受",
    "two_operators_one_household": "一户两家运营商",
    "claim_outside_snapshot": "不在当月名单的申请",
    "enrolled_without_notice": "未经公示",
    "charge_below_plan": "账单低于套餐月费",
    "preparer_is_approver": "代办人就是评议人",
    "too_many_lines": "超过每户业务数",
    "one_device_many_sims": "一机多卡",
    "split_before_enrolment": "申请前分户",
    "realname_differs": "实名与受益人不一致",
    "paid_never_used": "享受但从未使用",
    "claim_above_charge": "申请高于月费",
    "card_or_device_changed": "换卡换机未登记",
    "removal_outlier": "运营商移出率偏高",
    "enrolment_burst": "代办人短期集中申请",
    "equal_sums_in_village": "全村金额相同",
}
"""Each check as officials read it. Source: subsidy-rulebook, "Checks before money moves"."""

FUNDER_NAMES = {
    "operator": "运营商让利",
    "county": "县级财政",
    "prefecture": "市级财政",
    "province": "省级财政",
    "central": "中央财政",
    "other": "其他",
}


def format_month_zh(month: str) -> str:
    """Write `2019-03` as `2019年3月`; what is no such month stays as it is, as in “下一个”."""
    year, _, number = month.partition("-")
    return f"{year}年{int(number)}月" if year.isdecimal() and number.isdecimal() else month
