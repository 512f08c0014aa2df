"""Pure rules: how what is paid for a line is divided, and how a refund is taken back. Every sum is exact to the fen."""

from collections.abc import Sequence

from market.kernel import Fen, split
from market.villages.benefits.models import BenefitHow, BenefitPart, BenefitRule


def divide_line(payable_fen: Fen, quantity: int, rules: Sequence[BenefitRule]) -> list[BenefitPart]:
    """Divide what a producer gets for a line among households; the parts sum to it exactly.

    Wages for each unit come first; the rest is divided by shares, by largest remainder. If the wages are more than
    there is, they are divided in proportion and nothing is left for the shares.

    Source: the golden story, shop.md, O2 by hand.
    """
    wages = [(each, (each.wage_per_unit_fen or 0) * quantity) for each in rules if each.how is BenefitHow.WAGE]
    shares = [(each, each.share_bp or 0) for each in rules if each.how is not BenefitHow.WAGE]
    asked = sum(fen for _, fen in wages)
    paid = split(min(asked, payable_fen), [fen for _, fen in wages])
    rest = split(payable_fen - sum(paid), [share_bp for _, share_bp in shares])
    return [
        BenefitPart(household_id=rule.household_id, how=rule.how, fen=Fen(fen))
        for (rule, _), fen in zip([*wages, *shares], [*paid, *rest], strict=True)
        if fen
    ]


def reverse_line(back_fen: Fen, parts: Sequence[BenefitPart]) -> list[BenefitPart]:
    """Take a sum back from what households have of a line; the parts are negative and sum to it exactly.

    It comes from the shares in proportion to what was recorded, by largest remainder, because the work of a wage was
    done; from wages only if the shares do not suffice.

    Source: the golden story, shop.md, O5 by hand.
    """
    shares = [each for each in parts if each.how is not BenefitHow.WAGE]
    wages = [each for each in parts if each.how is BenefitHow.WAGE]
    assert back_fen <= sum(each.fen for each in parts), "more goes back than was recorded"
    from_shares = min(back_fen, sum(each.fen for each in shares))
    taken = [
        *split(from_shares, [each.fen for each in shares]),
        *split(back_fen - from_shares, [each.fen for each in wages]),
    ]
    return [
        BenefitPart(household_id=each.household_id, how=each.how, fen=Fen(-fen))
        for each, fen in zip([*shares, *wages], taken, strict=True)
        if fen
    ]


def divide_refund(back_fen: Fen, refunded: Sequence[int], held: Sequence[int], left: Sequence[int]) -> list[Fen]:
    """Divide what a producer gives back among the lines that were refunded, of each at most what it holds.

    A line keeps at most what is left to be paid for it, so that a refunded one keeps no fen of rounding. What rounding
    would take beyond what a line holds comes from the other lines, in their order; what a line gives back beyond
    `back_fen` the producer keeps.
    """
    wanted = split(back_fen, refunded if sum(refunded) else held)
    least = [max(0, have - most) for have, most in zip(held, left, strict=True)]
    taken = [max(min(want, have), low) for want, have, low in zip(wanted, held, least, strict=True)]
    missing = back_fen - sum(taken)
    for index, have in enumerate(held):
        more = max(least[index] - taken[index], min(missing, have - taken[index]))
        taken[index] += more
        missing -= more
    return [Fen(each) for each in taken]
