"""The words for a household's standing are those of the day, and each day has one for each concept."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from market.reports.counted.fairness import FAIRNESS
from market.subsidies.terminology import WORDS, contradicts, fill_words, get_word, list_types

CHANGES = [each.start for each in WORDS if each.start is not None]


@pytest.mark.parametrize("concept", ["registered", "monitored"])
def test_every_day_has_one_word_and_the_day_of_a_change_has_the_new_one(concept: str) -> None:
    for day in [date(2016, 1, 1), *CHANGES, *(each - timedelta(days=1) for each in CHANGES), date(2999, 12, 31)]:
        assert get_word(concept, day)
    [(old, new)] = [
        (get_word(concept, each.start - timedelta(days=1)), each.word)
        for each in WORDS
        if each.concept == concept and each.start is not None
    ]
    assert (old, new) == {"registered": ("建档立卡贫困户", "脱贫户"), "monitored": ("监测户", "监测对象")}[concept]


def test_a_report_of_a_month_has_the_words_of_the_month() -> None:
    titles = {
        month: [each.title for each in FAIRNESS.name_for(month).figures if each.partition == "standing.all"]
        for month in (date(2019, 3, 1), date(2020, 4, 1), date(2021, 1, 1))
    }
    assert titles == {
        date(2019, 3, 1): ["建档立卡贫困户，没有监测，册上的", "监测户，册上的"],
        date(2020, 4, 1): ["建档立卡贫困户，没有监测，册上的", "监测对象，册上的"],
        date(2021, 1, 1): ["脱贫户，没有监测，册上的", "监测对象，册上的"],
    }
    assert fill_words("{other}", date(2021, 1, 1)) == "{other}"


def test_a_type_is_used_on_its_days_only() -> None:
    ended = next(each for each in WORDS if each.word == "边缘易致贫户")
    words = tuple(replace(each, until=date(2024, 1, 1)) if each is ended else each for each in WORDS)
    assert list_types(words=words) == ("脱贫不稳定户", "边缘易致贫户", "突发严重困难户")
    assert "边缘易致贫户" in list_types(date(2023, 12, 31), date(2024, 6, 1), words)
    assert "边缘易致贫户" not in list_types(date(2024, 1, 1), date(2024, 6, 1), words)
    assert [contradicts(registered=True, monitoring=each) for each in list_types()] == [False, True, False]
    assert [contradicts(registered=False, monitoring=each) for each in list_types()] == [True, False, False]
