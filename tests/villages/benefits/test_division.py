"""What is paid for a line is divided to the fen, and what goes back comes from what was recorded."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen, split
from market.villages.benefits.models import BenefitHow, BenefitPart, BenefitRule
from market.villages.benefits.rules import divide_line, divide_refund, reverse_line
from payments.money import apply_rate

N05, N06, N07 = (UUID(int=number) for number in (5, 6, 7))


def share(household: UUID, share_bp: int) -> BenefitRule:
    return BenefitRule(household_id=household, how=BenefitHow.SALE, share_bp=share_bp, wage_per_unit_fen=None)


def wage(household: UUID, fen: int) -> BenefitRule:
    return BenefitRule(household_id=household, how=BenefitHow.WAGE, share_bp=None, wage_per_unit_fen=Fen(fen))


WALNUTS = [wage(N07, 150), share(N05, 5000), share(N06, 3000), share(N07, 2000)]
"""The rules of 核桃 in the golden story."""


def show(parts: list[BenefitPart]) -> list[tuple[int, str, int]]:
    return [(each.household_id.int, each.how, each.fen) for each in parts]


def test_the_golden_story_is_divided_to_the_fen() -> None:
    assert show(divide_line(Fen(62_72), 2, WALNUTS)) == [
        (7, "wage", 3_00), (5, "sale", 29_86), (6, "sale", 17_92), (7, "sale", 11_94),
    ]  # fmt: skip
    released = divide_line(Fen(94_08), 3, WALNUTS)
    assert show(released) == [(7, "wage", 4_50), (5, "sale", 44_79), (6, "sale", 26_87), (7, "sale", 17_92)]
    assert show(reverse_line(Fen(18_82), released)) == [(5, "sale", -9_41), (6, "sale", -5_65), (7, "sale", -3_76)]


def test_wages_come_first_and_go_back_last() -> None:
    little = divide_line(Fen(1_00), 1, [wage(N05, 150), wage(N06, 50), share(N07, 10_000)])
    assert show(little) == [(5, "wage", 75), (6, "wage", 25)]
    parts = divide_line(Fen(5_00), 2, [wage(N05, 150), share(N07, 10_000)])
    assert show(parts) == [(5, "wage", 3_00), (7, "sale", 2_00)]
    assert show(reverse_line(Fen(4_00), parts)) == [(7, "sale", -2_00), (5, "wage", -2_00)]


@given(
    st.integers(0, 10**7), st.integers(1, 99), st.lists(st.integers(1, 500), max_size=4),
    st.lists(st.integers(1, 3000), min_size=1, max_size=6), st.lists(st.integers(0, 100), max_size=4),
)  # fmt: skip
def test_every_sum_is_exact_and_nobody_has_less_than_nothing(
    payable: int, quantity: int, wages: list[int], weights: list[int], refunds: list[int]
) -> None:
    rest = 10_000
    shares: list[int] = []
    for weight in weights[:-1]:
        shares.append(min(weight, rest - 1))
        rest -= shares[-1]
    shares = [each for each in [*shares, rest] if each > 0]
    rules = [wage(UUID(int=n + 1), fen) for n, fen in enumerate(wages)]
    rules += [share(UUID(int=n + 1), bp) for n, bp in enumerate(shares)]
    have = {(each.household_id, each.how): each for each in divide_line(Fen(payable), quantity, rules)}
    left = payable
    assert sum(each.fen for each in have.values()) == left
    for percent in refunds:
        back = left * percent // 100
        for taken in reverse_line(Fen(back), list(have.values())):
            key = (taken.household_id, taken.how)
            have[key] = BenefitPart(household_id=taken.household_id, how=taken.how, fen=Fen(have[key].fen + taken.fen))
        left -= back
        assert sum(each.fen for each in have.values()) == left
        assert min((each.fen for each in have.values()), default=0) >= 0


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=5),
    st.integers(0, 100),
)
def test_a_refund_takes_of_each_line_at_most_what_it_holds(lines: list[tuple[int, int, int]], percent: int) -> None:
    held = [have for _, have, _ in lines]
    left = [most for _, _, most in lines]
    back = sum(held) * percent // 100
    kept = [min(have, most) for have, most in zip(held, left, strict=True)]
    taken = divide_refund(Fen(back), [min(want, have) for want, have, _ in lines], held, left)
    assert sum(taken) == max(back, sum(held) - sum(kept))
    assert all(0 <= each <= have for each, have in zip(taken, held, strict=True))
    assert all(have - each <= most for each, have, most in zip(taken, held, left, strict=True))


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4), st.sampled_from((0, 200, 300, 1000)),
    st.lists(st.lists(st.integers(0, 100), min_size=4, max_size=4), max_size=4),
)  # fmt: skip
def test_no_line_keeps_more_than_is_left_of_it(amounts: list[int], bp: int, refunds: list[list[int]]) -> None:
    """As the schema demands of what is recorded, whatever rounding does to releases and refunds."""
    left = list(amounts)
    commission = apply_rate(sum(left), bp)
    payable = sum(left) - commission
    held = split(payable, left)
    for percents in refunds:
        goods = [fen * percent // 100 for fen, percent in zip(left, percents, strict=False)]
        if not sum(goods):
            continue
        back, commission_back = split(sum(goods), [payable, commission])
        left = [have - fen for have, fen in zip(left, goods, strict=True)]
        taken = divide_refund(Fen(back), goods, held, left)
        held = [have - fen for have, fen in zip(held, taken, strict=True)]
        payable, commission = payable - back, commission - commission_back
        assert all(0 <= have <= most for have, most in zip(held, left, strict=True))
        assert 0 <= payable - sum(held) <= len(amounts) * len(refunds)


def test_a_line_that_is_refunded_keeps_no_fen_of_rounding() -> None:
    held = split(70, [58, 19, 37])
    assert held == [35, 12, 23]
    assert divide_refund(Fen(23), [0, 0, 37], held, [58, 19, 0]) == [0, 0, 23]
    assert divide_refund(Fen(22), [0, 0, 37], held, [58, 19, 0]) == [0, 0, 23]
