from datetime import date

from market.web.shop.solar_terms import compute_term_day, make_season_greeting


def test_the_season_follows_the_solar_terms() -> None:
    assert (compute_term_day(2019, 17), compute_term_day(2026, 3), compute_term_day(2021, 23)) == (
        date(2019, 9, 23), date(2026, 2, 18), date(2021, 12, 21),
    )  # fmt: skip
    assert make_season_greeting(date(2019, 9, 20)).title == "秋分将至，枣红了"
    assert make_season_greeting(date(2019, 9, 20)).line == "9月20日，周五；三天后秋分"
    assert make_season_greeting(date(2019, 9, 23)).title == "今日秋分，枣红了"
    assert make_season_greeting(date(2026, 11, 25)).title == "小雪时节，白菜入窖"
    assert make_season_greeting(date(2026, 12, 30)).title == "小寒将至，核桃仁正香"
    assert make_season_greeting(date(2150, 1, 1)).title == "年货上集"
