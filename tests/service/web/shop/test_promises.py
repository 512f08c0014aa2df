from market.catalogue.listings.models import HOLIDAY_TIERS, WORKDAY_TIERS, CancelTier
from market.service.web.shop.promises import (
    describe_bad_fruit_promise,
    describe_claim_period,
    describe_other_returns,
    describe_return_terms,
    describe_seller_terms,
    describe_tiers,
    format_days_ahead,
    format_minutes,
)


def test_periods_come_from_their_settings_and_constants() -> None:
    assert [format_minutes(minutes) for minutes in (30, 45)] == ["半小时", "45 分钟"]
    assert [format_days_ahead(days) for days in (365, 90)] == ["一年以内", "90 天以内"]
    assert describe_bad_fruit_promise(48) == "坏果包赔：收到 48 小时内在订单里申请，拍一张照片，按坏的份量退"
    assert describe_claim_period(72) == "按了“收到了”以后 72 小时内能申请；没按以前也能。每样东西申请一次。"
    assert describe_other_returns(7) == "没拆封，收到 7 天内能退：在订单里申请，退货款，来回运费您付。"
    assert describe_return_terms(15).startswith("没拆封、收到 15 天内能退。退货款；发货的运费不退")
    assert "收到 15 天内，法律让买家退" in describe_seller_terms(15)


def test_cancellation_tiers_are_described_in_words() -> None:
    assert describe_tiers(WORKDAY_TIERS) == "提前 7 天退全款，提前 3 天退一半"
    assert describe_tiers(HOLIDAY_TIERS) == "提前 15 天退全款，提前 7 天退一半"
    assert describe_tiers([CancelTier(5, 2_500), CancelTier(0, 0)]) == "提前 5 天退 25%"
