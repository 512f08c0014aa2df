"""Differences between what was settled and what an operator says it credited, and their refusals."""

from enum import StrEnum

from market.kernel import Refusal
from market.subsidies.models import MonthRefusal


class DifferenceKind(StrEnum):
    """What differs; each settled sum and each row of a return file is in at most one difference."""

    MISSING = "missing"
    LESS = "less"
    MORE = "more"
    RETURNED = "returned"
    OTHER_NUMBER = "other_number"
    WRONG_MONTH = "wrong_month"
    TWICE = "twice"
    UNKNOWN_LINE = "unknown_line"
    OTHER_FILE = "other_file"


DIFFERENCE_NAMES = {
    DifferenceKind.MISSING: "回单里没有",
    DifferenceKind.LESS: "少入账",
    DifferenceKind.MORE: "多入账",
    DifferenceKind.RETURNED: "退回了，没有入账",
    DifferenceKind.OTHER_NUMBER: "入到别的号码",
    DifferenceKind.WRONG_MONTH: "月份不对",
    DifferenceKind.TWICE: "入账两次",
    DifferenceKind.UNKNOWN_LINE: "没有结算过的业务",
    DifferenceKind.OTHER_FILE: "答的不是这份结算文件",
}
_CREDIT = "运营商补入账，再交一份回单"
_CORRECT = "运营商更正，再交一份回单"
NEXT_STEPS_ZH = {
    DifferenceKind.MISSING: _CREDIT,
    DifferenceKind.LESS: _CREDIT,
    DifferenceKind.MORE: _CORRECT,
    DifferenceKind.RETURNED: _CREDIT,
    DifferenceKind.OTHER_NUMBER: _CORRECT,
    DifferenceKind.WRONG_MONTH: _CORRECT,
    DifferenceKind.TWICE: _CORRECT,
    DifferenceKind.UNKNOWN_LINE: _CORRECT,
    DifferenceKind.OTHER_FILE: "县级经办问运营商要对的那份",
}
"""Who must act on a difference, and how."""
STOPPING_KINDS = frozenset({DifferenceKind.RETURNED})
"""What is not accepted as it is: a returned payment stays marked as paid otherwise."""


class OpenDifferences(MonthRefusal):
    """An operator's return file has differences that nobody has answered."""

    code = "differences_open"
    zh = "{month}还不能对账：{operators}。逐条查清，或者写明理由认下。"
    en = "{month} cannot be reconciled, differences are open: {operators}."


class ReturnMissing(MonthRefusal):
    """The county reconciles only with the return file of each operator that it pays."""

    code = "return_missing"
    zh = "{month}还不能对账：{operators}的回单还没有到。"
    en = "{month} cannot be reconciled: the return file of {operators} is missing."


class DifferenceNotFound(Refusal):
    """The difference does not exist, belongs to an earlier return file, or is answered."""

    code = "no_difference"
    status = 404
    zh = "没有这条差异，或者已经处理过了，或者运营商又交了一份回单。"
    en = "The difference does not exist, is answered, or belongs to an earlier return file."


class DifferenceStops(Refusal):
    """A payment that came back cannot be accepted as paid."""

    code = "difference_stops"
    zh = "退回的钱不能当作已经入账：等运营商补入账，再交一份回单。"
    en = "A payment that was returned cannot be accepted as paid."


class ReturnManifestMissing(Refusal):
    """A return file needs its manifest."""

    code = "return_manifest_missing"
    status = 422
    zh = "回单 {name} 没有清单（文件名、月份、校验和、行数、金额、所答结算文件的校验和）。"
    en = "The return file {name} has no manifest."
