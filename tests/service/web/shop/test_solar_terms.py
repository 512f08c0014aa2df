from datetime import date, timedelta

from market.kernel.language import ENGLISH, answer_in
from market.service.web.shop.solar_terms import compute_term_day, make_season_greeting


def test_the_season_follows_the_solar_terms() -> None:
    assert (compute_term_day(2019, 17), compute_term_day(2026, 3), compute_term_day(2021, 23)) == (
        date(2019, 9, 23), date(2026, 2, 18), date(2021, 12, 21),
    )  # fmt: skip
    assert make_season_greeting(date(2019, 9, 20)).title == "秋分将至，枣红了"
    assert make_season_greeting(date(2019, 9, 20)).line == "9月20日，三天后"
    assert make_season_greeting(date(2019, 9, 21)).line == "9月21日，两天后"
    assert make_season_greeting(date(2019, 9, 22)).line == "9月22日，明天"
    assert make_season_greeting(date(2019, 9, 23)).title == "今日秋分，枣红了"
    assert make_season_greeting(date(2026, 11, 25)).title == "小雪时节，白菜入窖"
    assert make_season_greeting(date(2026, 12, 30)).title == "小寒将至，核桃正香"
    assert make_season_greeting(date(2150, 1, 1)).title == "年货上集"


def test_every_greeting_of_a_year_is_one_line_on_a_narrow_phone_and_english_if_asked() -> None:
    """A second line would push the first price of the home page below the first screen."""
    greetings = [make_season_greeting(date(2026, 1, 1) + timedelta(days=each)) for each in range(365)]
    with answer_in(ENGLISH):
        english = [make_season_greeting(date(2026, 1, 1) + timedelta(days=each)) for each in range(365)]
    assert not [each.line for each in english if not each.line.isascii()]
    pixels = [sum(18 if ord(sign) > 255 else 10 for sign in each.title + each.line) for each in greetings]
    assert max(pixels) <= 360 - 2 * 16 - 16
