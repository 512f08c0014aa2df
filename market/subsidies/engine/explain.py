"""The trace of a line: how its figure was counted, in words that a reader can follow with a pencil."""

from collections.abc import Iterator

from market.subsidies.engine.amounts import percent
from market.subsidies.engine.days import Month, leave_out, name_day, name_span, overlap
from market.subsidies.engine.entitle import Entitlement, Portion
from market.subsidies.engine.fund import Funding
from market.subsidies.engine.models import Proration
from market.subsidies.engine.standing import Standing, spans_of
from payments.money import yuan


def explain(entitlement: Entitlement, funding: Funding, month: Month) -> Iterator[str]:
    """Yield the steps: days and amounts, what made the amounts, days not paid, rounding, match, funders, budget."""
    standing = entitlement.standing
    daily = standing.programme.proration is Proration.DAILY
    for portion in entitlement.portions:
        yield _portion(portion, month, daily=daily)
    yield from dict.fromkeys(step for portion in entitlement.portions for step in portion.stretch.rate.steps)
    if not daily and not entitlement.portions:
        yield f"not payable on {name_day(month.first)}: nothing for the month"
    yield from _unpaid(standing, month)
    yield _rounding(entitlement)
    yield from _funding(entitlement, funding)


def _portion(portion: Portion, month: Month, *, daily: bool) -> str:
    amount = yuan(portion.stretch.rate.amount_fen)
    if portion.scale is not None:
        scale = f"{yuan(portion.scale.cap_fen)}/{yuan(portion.scale.sum_fen)}"
        amount += f" × {scale} (household {portion.stretch.household}: cap/sum)"
    if not daily:
        return f"{name_day(portion.start)}: whole month × {amount}"
    return f"{name_span(portion.start, portion.end)}: {portion.end - portion.start} of {month.days} days × {amount}"


def _unpaid(standing: Standing, month: Month) -> Iterator[str]:
    line, silence = standing.line, standing.silence
    if not line.in_snapshot:
        yield "not in the snapshot: entitled to nothing"
    bound = overlap(standing.bindings, [(month.first, month.end)])
    for start, end in leave_out([(month.first, month.end)], bound):
        yield f"{name_span(start, end)}: not bound"
    for start, end in leave_out(bound, spans_of(line.households)):
        yield f"{name_span(start, end)}: no household"
    for notice, (start, end) in zip(silence.notices, silence.in_cure, strict=True):
        yield f"{name_span(start, end)}: not payable, no use since the notice of {name_day(notice)}"
    for start, end in silence.removed:
        yield f"{name_span(start, end)}: removed for want of use"


def _rounding(entitlement: Entitlement) -> str:
    entitled = yuan(entitlement.entitled_fen)
    group = entitlement.group
    if group is not None and len(group.line_ids) > 1:
        together = f"{'+'.join(group.line_ids)} = {yuan(group.shared_fen)}"
        fen = f"{entitlement.numerator}/{entitlement.denominator}"
        return f"entitled {entitled}: {fen} fen, by largest remainder of {together} together"
    whole, rest = divmod(entitlement.numerator, entitlement.denominator)
    if rest == 0:
        return f"entitled {entitled}"
    return f"entitled {entitled}: {whole} {rest}/{entitlement.denominator} fen, rounded half up"


def _funding(entitlement: Entitlement, funding: Funding) -> Iterator[str]:
    line, match = entitlement.standing.line, funding.match
    claimed = "no claim" if line.claimed_fen is None else f"claimed {yuan(line.claimed_fen)}"
    yield f"{claimed}: approved {yuan(match.approved_fen)}, over {yuan(match.over_fen)}, under {yuan(match.under_fen)}"
    if match.approved_fen:
        shares = ", ".join(
            f"{share.funder} {percent(share.share_bp)} {yuan(funding.shares[share.funder])}"
            for share in funding.funders
        )
        yield f"borne by {shares}"
    if funding.tier is not None and funding.public_fen < funding.need_fen:
        tier = funding.tier
        yield (
            f"budget: {yuan(tier.left_fen)} left for tier {tier.tier}, which needs {yuan(tier.need_fen)}; "
            f"public {yuan(funding.public_fen)} of {yuan(funding.need_fen)}"
        )
    if line.settled_fen is not None:
        adjustment = funding.funded_fen - line.settled_fen
        yield f"adjustment {yuan(adjustment)}: funded {yuan(funding.funded_fen)}, settled {yuan(line.settled_fen)}"
