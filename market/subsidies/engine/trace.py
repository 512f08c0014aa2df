"""The steps of a line's calculation, from days and amounts to funders and budget."""

from collections.abc import Iterator
from datetime import date

from market.subsidies.engine.coverage import Coverage
from market.subsidies.engine.days import ServiceMonth, subtract
from market.subsidies.engine.entitle import Entitlement, Portion
from market.subsidies.engine.fund import Funding
from market.subsidies.engine.models import Proration
from market.subsidies.engine.steps import (
    AdjustmentStep,
    AmountStep,
    BudgetStep,
    DayStep,
    FunderPart,
    FundingStep,
    IdleStep,
    MatchStep,
    NoHouseholdStep,
    NotOnFirstStep,
    OutsideSnapshotStep,
    PayableDaysStep,
    RemovalStep,
    RoundingStep,
    Step,
    SumStep,
    UnboundStep,
    WholeMonthStep,
)

_to_day = date.fromordinal


def list_steps(entitlement: Entitlement, funding: Funding, month: ServiceMonth) -> Iterator[Step]:
    """Yield the steps: days, amounts and their computation, unpaid days, rounding, match, funders, budget."""
    coverage = entitlement.coverage
    daily = coverage.programme.proration is Proration.DAILY
    for portion in entitlement.portions:
        yield _to_days_step(portion, month) if daily else _to_month_step(portion)
    if len(entitlement.portions) == 1:
        yield from entitlement.portions[0].span.rate.steps
    else:
        yield from dict.fromkeys(step for portion in entitlement.portions for step in portion.span.rate.steps)
    if not daily and not entitlement.portions:
        yield NotOnFirstStep(_to_day(month.first))
    yield from _list_unpaid_days(coverage, month)
    yield _to_rounding_step(entitlement)
    yield from _list_funding(entitlement, funding)


def _to_days_step(portion: Portion, month: ServiceMonth) -> AmountStep:
    return PayableDaysStep(
        first=_to_day(portion.start),
        last=_to_day(portion.end - 1),
        days=portion.end - portion.start,
        month_days=month.days,
        amount_fen=portion.span.rate.amount_fen,
        scale=portion.scale,
    )


def _to_month_step(portion: Portion) -> AmountStep:
    return WholeMonthStep(day=_to_day(portion.start), amount_fen=portion.span.rate.amount_fen, scale=portion.scale)


def _list_unpaid_days(coverage: Coverage, month: ServiceMonth) -> Iterator[DayStep]:
    idleness = coverage.idleness
    if not coverage.line.in_snapshot:
        yield OutsideSnapshotStep()
    for start, end in subtract([(month.first, month.end)], coverage.bound):
        yield UnboundStep(first=_to_day(start), last=_to_day(end - 1))
    for start, end in coverage.without_household:
        yield NoHouseholdStep(first=_to_day(start), last=_to_day(end - 1))
    for notice, (start, end) in zip(idleness.notices, idleness.in_cure, strict=True):
        yield IdleStep(first=_to_day(start), last=_to_day(end - 1), notice_on=_to_day(notice))
    for start, end in idleness.removed:
        yield RemovalStep(first=_to_day(start), last=_to_day(end - 1))


def _to_rounding_step(entitlement: Entitlement) -> SumStep:
    group = entitlement.group
    if group is not None and len(group.line_ids) == 1:
        group = None
    return RoundingStep(
        entitled_fen=entitlement.entitled_fen,
        numerator=entitlement.numerator,
        denominator=entitlement.denominator,
        line_ids=group.line_ids if group else (),
        group_fen=group.shared_fen if group else None,
    )


def _list_funding(entitlement: Entitlement, funding: Funding) -> Iterator[SumStep]:
    line, match, tier = entitlement.coverage.line, funding.match, funding.tier
    yield MatchStep(
        claimed_fen=line.claimed_fen,
        approved_fen=match.approved_fen,
        over_fen=match.over_fen,
        under_fen=match.under_fen,
    )
    if match.approved_fen:
        yield FundingStep(
            tuple(
                FunderPart(funder=own.funder, share_bp=own.share_bp, part_fen=funding.shares[own.funder])
                for own in funding.funders
            )
        )
    if tier is not None and funding.public_fen < funding.need_fen:
        yield BudgetStep(
            tier=tier.tier,
            left_fen=tier.left_fen,
            need_fen=tier.need_fen,
            public_fen=funding.public_fen,
            public_need_fen=funding.need_fen,
        )
    if line.settled_fen is not None:
        yield AdjustmentStep(
            adjustment_fen=funding.funded_fen - line.settled_fen,
            funded_fen=funding.funded_fen,
            settled_fen=line.settled_fen,
        )
