"""The registry of reports."""

from typing import get_args

from market.reports.registry import REPORTS, ReportName


def test_every_name_on_the_command_line_has_a_report() -> None:
    assert get_args(ReportName.__value__) == tuple(REPORTS)
