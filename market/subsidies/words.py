"""The words of the county's and the operators' sheets, and what they are called here."""

from enum import StrEnum


class Operator(StrEnum):
    """Who sells the line."""

    MOBILE = "mobile"
    UNICOM = "unicom"
    TELECOM = "telecom"


class Kind(StrEnum):
    """What the line carries."""

    MOBILE = "mobile"
    BROADBAND = "broadband"
    TELEVISION = "television"


OPERATORS = {"移动": Operator.MOBILE, "联通": Operator.UNICOM, "电信": Operator.TELECOM}
OPERATOR_NAMES = {operator: name for name, operator in OPERATORS.items()}
KINDS = {"手机": Kind.MOBILE, "宽带": Kind.BROADBAND, "电视": Kind.TELEVISION}
KIND_NAMES = {kind: name for name, kind in KINDS.items()}

BUNDLE = "融合"
"""A plan that has several services; its weights share the charge among them."""

PREFIXES = {Operator.MOBILE: "YD", Operator.UNICOM: "LT", Operator.TELECOM: "DX"}
"""How a claimed number that nobody has bound is called: prefix and number."""

YES_NO = {"是": True, "否": False, "yes": True, "no": False}

REASON_NAMES = {
    "MATCHED": "一致",
    "REDUCED": "核减",
    "NO_USAGE_YET": "尚无使用记录",
    "IN_CURE": "闲置宽限期内",
    "LOST_ELIGIBILITY": "已失去享受条件",
    "SUSPENDED": "停机期间",
    "NOT_IN_SNAPSHOT": "不在快照",
    "NOT_BOUND": "号码未绑定",
    "OVER_CHARGE": "超过套餐月费",
    "DUPLICATE_OPERATOR": "两家运营商",
    "OVER_HOUSEHOLD_CAP": "超过每户上限",
    "UNFUNDED": "预算不足待安排",
    "ENDED": "已销户或移出",
}
"""Reason codes as officials read them, in the order in which they are told."""

FUNDER_NAMES = {
    "operator": "运营商让利",
    "county": "县级财政",
    "prefecture": "市级财政",
    "province": "省级财政",
    "central": "中央财政",
    "other": "其他",
}
