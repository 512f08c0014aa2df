"""我的话费: the days of a line, and why a reduction did not come, in plain words."""

from datetime import date

from market.kernel import Fen
from market.service.web.farm.phone_bill import describe_days, explain_reduction, list_views
from market.subsidies.engine.reasons import CauseCode, ReasonCode
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.month.bills import LineHeld, OwnLineMonth
from market.subsidies.names import Operator, ServiceKind
from tests.support.make import SEAL


def make_month(
    *reasons: ReasonCode, causes: tuple[str, ...] = (), since: date | None = None, number: str = "17050000101",
    kind: ServiceKind = ServiceKind.MOBILE,
) -> OwnLineMonth:  # fmt: skip
    return OwnLineMonth(
        month=date(2019, 4, 1),
        county="130624",
        operator=Operator.MOBILE,
        kind=kind,
        closed=True,
        charge_fen=Fen(39_00),
        claimed_fen=Fen(19_50),
        reduction_fen=Fen(13_00),
        days=20,
        of_days=30,
        since=since,
        held=LineHeld.NO,
        reasons=list(reasons),
        causes=list(causes),
        household_lines=1,
        household_fen=Fen(13_00),
        passed=False,
        number_sealed=SEAL.seal(number, IDENTIFIER_CONTEXT),
    )


def test_the_days_say_when_the_reduction_began() -> None:
    assert describe_days(make_month(since=date(2019, 4, 11))) == "11 日办理，20/30 天"
    assert describe_days(make_month()) == "20/30 天"


def test_every_reason_but_a_match_is_said_in_plain_words() -> None:
    assert explain_reduction(make_month(ReasonCode.MATCHED)) == []
    for reason in [*ReasonCode, *CauseCode]:
        if reason not in {ReasonCode.MATCHED, ReasonCode.DUPLICATE_OPERATOR}:  # a finding says that
            [words] = explain_reduction(make_month(causes=(reason,)))
            assert 5 < len(words) < 40


def test_the_cause_of_a_reduction_is_said_instead_of_it() -> None:
    told = explain_reduction(make_month(ReasonCode.REDUCED, causes=(CauseCode.PART_OF_MONTH,)))
    assert told == ["不满一个月，按天数减。"]


def test_two_numbers_of_a_kind_are_told_apart_and_one_is_not_named() -> None:
    account = make_month(number="kd-yd-000069", kind=ServiceKind.BROADBAND)
    two = [make_month(), make_month(number="17050000999"), account]
    assert [each.heading for each in list_views(SEAL, two)] == ["4 月，尾号 0101", "4 月，尾号 0999", "4 月，宽带"]
    assert [each.heading for each in list_views(SEAL, [make_month(), account])] == ["4 月", "4 月，宽带"]
