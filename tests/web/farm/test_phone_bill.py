from datetime import date

from market.kernel import Fen
from market.subsidies.month.bills import Bill
from market.subsidies.names import Operator, ServiceKind
from market.web.farm.phone_bill import describe_bill, describe_days


def test_a_months_bill_is_described_in_one_sentence() -> None:
    bill = Bill(
        month=date(2019, 4, 1),
        county="130624",
        operator=Operator.MOBILE,
        kind=ServiceKind.MOBILE,
        charge_fen=Fen(39_00),
        reduction_fen=Fen(13_00),
        pays_fen=Fen(26_00),
        days=20,
        of_days=30,
        since=date(2019, 4, 11),
    )
    assert describe_bill(bill) == "4 月套餐 39.00，减 13.00，您付 26.00（11 日办理，20/30 天）"
    whole = Bill(
        month=date(2019, 5, 1),
        county="130624",
        operator=Operator.MOBILE,
        kind=ServiceKind.BROADBAND,
        charge_fen=Fen(39_00),
        reduction_fen=Fen(19_50),
        pays_fen=Fen(19_50),
        days=31,
        of_days=31,
        since=None,
    )
    assert describe_bill(whole) == "5 月宽带 39.00，减 19.50，您付 19.50（31/31 天）"
    assert describe_days(whole) == "31/31 天"
