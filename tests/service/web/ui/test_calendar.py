from datetime import date

from market.service.web.ui.calendar import CalendarCell, CalendarDay, make_calendar_month

OCTOBER = date(2019, 10, 1)
PRICES = {
    date(2019, 10, 2): CalendarDay("满", free=False),
    date(2019, 10, 3): CalendarDay("420", free=True, holiday=True),
    date(2019, 10, 4): CalendarDay("360", free=True, holiday=True),
    date(2019, 10, 5): CalendarDay("满", free=False),
    date(2019, 10, 8): CalendarDay("280", free=True),
}


def test_a_month_is_laid_out_in_weeks_from_monday() -> None:
    month = make_calendar_month(OCTOBER, {}, title="一间一晚多少元", back="/b", more="/m")
    assert [[cell.number for cell in week] for week in month.weeks] == [
        [0, 1, 2, 3, 4, 5, 6],
        [7, 8, 9, 10, 11, 12, 13],
        [14, 15, 16, 17, 18, 19, 20],
        [21, 22, 23, 24, 25, 26, 27],
        [28, 29, 30, 31, 0, 0, 0],
    ]
    assert month.title == "2019年10月，一间一晚多少元"
    assert (month.back, month.back_words, month.more, month.more_words) == ("/b", "9月", "/m", "11月")


def test_a_month_that_fills_its_weeks_has_no_empty_cells() -> None:
    assert [
        len(make_calendar_month(date(2021, 2, 9), {}, title="").weeks),
        len(make_calendar_month(date(2020, 3, 1), {}, title="").weeks),
    ] == [4, 6]


def test_only_free_days_can_be_chosen() -> None:
    first = make_calendar_month(OCTOBER, PRICES, title="").weeks[0]
    assert first[2] == CalendarCell(2, "三", "满", "", "", chosen=False)
    assert first[3] == CalendarCell(3, "四", "420", "2019-10-03", "hol", chosen=False)
    assert first[1] == CalendarCell(1, "二", "", "", "", chosen=False)


def test_chosen_nights_run_from_arrival_to_departure() -> None:
    month = make_calendar_month(OCTOBER, PRICES, title="", arrive=date(2019, 10, 3), leave=date(2019, 10, 5))
    assert month.weeks[0][3:6] == [
        CalendarCell(3, "四", "到", "2019-10-03", "hol from", chosen=True),
        CalendarCell(4, "五", "360", "2019-10-04", "hol mid", chosen=True),
        CalendarCell(5, "六", "走", "2019-10-05", "to", chosen=True),
    ]


def test_an_arrival_alone_marks_one_day() -> None:
    month = make_calendar_month(OCTOBER, PRICES, title="", arrive=date(2019, 10, 8))
    assert [cell.kind for cell in month.weeks[1]] == ["", "from", "", "", "", "", ""]
