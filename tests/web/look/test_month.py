from datetime import date

from market.web.look.month import Cell, Day, month_of_days

OCTOBER = date(2019, 10, 1)
PRICES = {
    date(2019, 10, 2): Day("满", free=False),
    date(2019, 10, 3): Day("420", free=True, holiday=True),
    date(2019, 10, 4): Day("360", free=True, holiday=True),
    date(2019, 10, 5): Day("满", free=False),
    date(2019, 10, 8): Day("280", free=True),
}


def test_a_month_is_laid_out_in_weeks_from_monday() -> None:
    month = month_of_days(OCTOBER, {}, title="一间一晚多少元", back="/b", more="/m")
    assert [[cell.number for cell in week] for week in month.weeks] == [
        [0, 1, 2, 3, 4, 5, 6],
        [7, 8, 9, 10, 11, 12, 13],
        [14, 15, 16, 17, 18, 19, 20],
        [21, 22, 23, 24, 25, 26, 27],
        [28, 29, 30, 31, 0, 0, 0],
    ]
    assert month.title == "2019年10月，一间一晚多少元"
    assert (month.back, month.back_words, month.more, month.more_words) == ("/b", "9月", "/m", "11月")


def test_a_month_that_fills_its_weeks_has_no_empty_squares() -> None:
    assert [
        len(month_of_days(date(2021, 2, 9), {}, title="").weeks),
        len(month_of_days(date(2020, 3, 1), {}, title="").weeks),
    ] == [4, 6]


def test_only_free_days_can_be_pressed() -> None:
    first = month_of_days(OCTOBER, PRICES, title="").weeks[0]
    assert first[2] == Cell(2, "三", "满", "", "", chosen=False)
    assert first[3] == Cell(3, "四", "420", "2019-10-03", "hol", chosen=False)
    assert first[1] == Cell(1, "二", "", "", "", chosen=False)


def test_chosen_nights_run_from_arriving_to_leaving() -> None:
    month = month_of_days(OCTOBER, PRICES, title="", arrive=date(2019, 10, 3), leave=date(2019, 10, 5))
    assert month.weeks[0][3:6] == [
        Cell(3, "四", "到", "2019-10-03", "hol from", chosen=True),
        Cell(4, "五", "360", "2019-10-04", "hol mid", chosen=True),
        Cell(5, "六", "走", "2019-10-05", "to", chosen=True),
    ]


def test_an_arrival_alone_marks_one_day() -> None:
    month = month_of_days(OCTOBER, PRICES, title="", arrive=date(2019, 10, 8))
    assert [cell.kind for cell in month.weeks[1]] == ["", "from", "", "", "", "", ""]
