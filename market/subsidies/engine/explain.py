"""The texts of steps: English, which is the contract's trace, beside Chinese, for officials."""

from datetime import date
from functools import lru_cache

from market.subsidies.engine.steps import (
    AdjustmentStep,
    AmountStep,
    BudgetStep,
    CapScale,
    DayStep,
    FixedAmountStep,
    FundingStep,
    IdleStep,
    LineCapStep,
    MatchStep,
    NoHouseholdStep,
    NotOnFirstStep,
    OutsideSnapshotStep,
    PayableDaysStep,
    PercentOffStep,
    RoundingStep,
    Step,
    SumStep,
    UnboundStep,
    WholeMonthStep,
)
from market.subsidies.names import FUNDER_NAMES
from payments.money import format_percent, format_yuan

_MAX_CACHED = 8_192
"""The maximum number of cached texts; the lines of a county share most of their steps."""


@lru_cache(_MAX_CACHED)
def explain_en(step: Step) -> str:
    """Return the step in English. The result hash covers this text, so it never changes."""
    match step:
        case PayableDaysStep() | WholeMonthStep() | PercentOffStep() | FixedAmountStep() | LineCapStep():
            return _explain_amount_en(step)
        case RoundingStep() | MatchStep() | FundingStep() | BudgetStep() | AdjustmentStep():
            return _explain_sum_en(step)
        case _:
            return _explain_day_en(step)


def explain_zh(step: Step) -> str:
    """Return the step in Chinese, for officials."""
    match step:
        case PayableDaysStep() | WholeMonthStep() | PercentOffStep() | FixedAmountStep() | LineCapStep():
            return _explain_amount_zh(step)
        case RoundingStep() | MatchStep() | FundingStep() | BudgetStep() | AdjustmentStep():
            return _explain_sum_zh(step)
        case _:
            return _explain_day_zh(step)


def _explain_amount_en(step: AmountStep) -> str:
    match step:
        case PayableDaysStep():
            amount = f"{format_yuan(step.amount_fen)}{_scale_en(step.scale)}"
            return f"{_days_en(step.first, step.last)}: {step.days} of {step.month_days} days × {amount}"
        case WholeMonthStep():
            return f"{step.day}: whole month × {format_yuan(step.amount_fen)}{_scale_en(step.scale)}"
        case PercentOffStep():
            return (
                f"{format_yuan(step.amount_fen)}: charge {format_yuan(step.charge_fen)} less "
                f"{format_yuan(step.pays_fen)}, {format_percent(step.pays_bp)} of it rounded down, which the household "
                "pays"
            )
        case FixedAmountStep():
            return (
                f"{format_yuan(step.amount_fen)}: the smaller of fixed {format_yuan(step.fixed_fen)} and charge "
                f"{format_yuan(step.charge_fen)}"
            )
        case _:  # the line cap
            return f"{format_yuan(step.cap_fen)}: line cap, instead of {format_yuan(step.amount_fen)}"


def _explain_amount_zh(step: AmountStep) -> str:
    match step:
        case PayableDaysStep():
            amount = f"{format_yuan(step.amount_fen)}{_scale_zh(step.scale)}"
            return f"{_days_zh(step.first, step.last)}：{step.days}/{step.month_days} 天 × {amount}"
        case WholeMonthStep():
            return f"{step.day}：整月 × {format_yuan(step.amount_fen)}{_scale_zh(step.scale)}"
        case PercentOffStep():
            return (
                f"{format_yuan(step.amount_fen)}：月费 {format_yuan(step.charge_fen)}，减去农户付的 "
                f"{format_percent(step.pays_bp)} 即 {format_yuan(step.pays_fen)}（舍去不足一分）"
            )
        case FixedAmountStep():
            return (
                f"{format_yuan(step.amount_fen)}：定额 {format_yuan(step.fixed_fen)} 与月费 "
                f"{format_yuan(step.charge_fen)} 取小"
            )
        case _:  # the line cap
            return f"{format_yuan(step.cap_fen)}：每条业务上限，原为 {format_yuan(step.amount_fen)}"


def _explain_day_en(step: DayStep) -> str:
    match step:
        case NotOnFirstStep():
            return f"not payable on {step.day}: nothing for the month"
        case OutsideSnapshotStep():
            return "not in the snapshot: entitled to nothing"
        case UnboundStep():
            return f"{_days_en(step.first, step.last)}: not bound"
        case NoHouseholdStep():
            return f"{_days_en(step.first, step.last)}: no household"
        case IdleStep():
            return f"{_days_en(step.first, step.last)}: not payable, no use since the notice of {step.notice_on}"
        case _:  # the removal
            return f"{_days_en(step.first, step.last)}: removed for want of use"


def _explain_day_zh(step: DayStep) -> str:
    match step:
        case NotOnFirstStep():
            return f"{step.day} 不能享受，整月不算"
        case OutsideSnapshotStep():
            return "不在当月名单，不予补贴"
        case UnboundStep():
            return f"{_days_zh(step.first, step.last)}：没有绑定"
        case NoHouseholdStep():
            return f"{_days_zh(step.first, step.last)}：不在任何一户"
        case IdleStep():
            return f"{_days_zh(step.first, step.last)}：{step.notice_on} 提醒后未使用，不计"
        case _:  # the removal
            return f"{_days_zh(step.first, step.last)}：因闲置已移出"


def _explain_sum_en(step: SumStep) -> str:
    match step:
        case RoundingStep():
            return f"entitled {format_yuan(step.entitled_fen)}{_fraction_en(step)}"
        case MatchStep():
            claimed = "no claim" if step.claimed_fen is None else f"claimed {format_yuan(step.claimed_fen)}"
            return (
                f"{claimed}: approved {format_yuan(step.approved_fen)}, over {format_yuan(step.over_fen)}, "
                f"under {format_yuan(step.under_fen)}"
            )
        case FundingStep():
            parts = (f"{p.funder} {format_percent(p.share_bp)} {format_yuan(p.part_fen)}" for p in step.parts)
            return f"borne by {', '.join(parts)}"
        case BudgetStep():
            return (
                f"budget: {format_yuan(step.left_fen)} left for tier {step.tier}, which needs "
                f"{format_yuan(step.need_fen)}; public {format_yuan(step.public_fen)} of "
                f"{format_yuan(step.public_need_fen)}"
            )
        case _:  # the adjustment
            return (
                f"adjustment {format_yuan(step.adjustment_fen)}: funded {format_yuan(step.funded_fen)}, "
                f"settled {format_yuan(step.settled_fen)}"
            )


def _explain_sum_zh(step: SumStep) -> str:
    match step:
        case RoundingStep():
            return f"应补 {format_yuan(step.entitled_fen)}{_fraction_zh(step)}"
        case MatchStep():
            claimed = "没有申请" if step.claimed_fen is None else f"申请 {format_yuan(step.claimed_fen)}"
            return (
                f"{claimed}：核定 {format_yuan(step.approved_fen)}，核减 {format_yuan(step.over_fen)}，"
                f"少报 {format_yuan(step.under_fen)}"
            )
        case FundingStep():
            parts = (
                f"{FUNDER_NAMES[p.funder]} {format_percent(p.share_bp)} 即 {format_yuan(p.part_fen)}"
                for p in step.parts
            )
            return f"负担：{'，'.join(parts)}"
        case BudgetStep():
            return (
                f"预算：第 {step.tier} 档还有 {format_yuan(step.left_fen)}，需要 {format_yuan(step.need_fen)}；"
                f"财政补贴 {format_yuan(step.public_need_fen)} 中安排 {format_yuan(step.public_fen)}"
            )
        case _:  # the adjustment
            return (
                f"调整 {format_yuan(step.adjustment_fen)}：重算落实 {format_yuan(step.funded_fen)}，"
                f"已结 {format_yuan(step.settled_fen)}"
            )


def _scale_en(scale: CapScale | None) -> str:
    if scale is None:
        return ""
    return f" × {format_yuan(scale.cap_fen)}/{format_yuan(scale.sum_fen)} (household {scale.household}: cap/sum)"


def _scale_zh(scale: CapScale | None) -> str:
    if scale is None:
        return ""
    return f" × {format_yuan(scale.cap_fen)}/{format_yuan(scale.sum_fen)}（{scale.household} 户，每户上限/当天合计）"


def _fraction_en(step: RoundingStep) -> str:
    if step.group_fen is not None:
        lines = "+".join(step.line_ids)
        return (
            f": {step.numerator}/{step.denominator} fen, by largest remainder of {lines} = "
            f"{format_yuan(step.group_fen)} together"
        )
    whole, rest = divmod(step.numerator, step.denominator)
    return f": {whole} {rest}/{step.denominator} fen, rounded half up" if rest else ""


def _fraction_zh(step: RoundingStep) -> str:
    if step.group_fen is not None:
        lines = "+".join(step.line_ids)
        return f"：{step.numerator}/{step.denominator} 分，{lines} 合计 {format_yuan(step.group_fen)}，按最大余数分"
    whole, rest = divmod(step.numerator, step.denominator)
    return f"：{whole} 又 {rest}/{step.denominator} 分，四舍五入" if rest else ""


def _days_en(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first}..{last}"


def _days_zh(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} 至 {last}"
