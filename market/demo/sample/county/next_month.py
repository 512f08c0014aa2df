"""The files of the month after the simulated ones, which a visitor of the demo imports."""

from datetime import date, timedelta

from msgspec import Struct

from market.demo.sample.county.enrolled_lines import (
    DECIDED_STATUS,
    NOTICED_STATUS,
    SampleLine,
    SampleMonths,
    write_bindings_file,
    write_enrolments_file,
)
from market.demo.sample.county.operator_files import get_manifest_name, write_billing_files, write_usage_file
from market.kernel.clock import get_next_month

_DECISION_DELAY = timedelta(days=3)
"""Days from the end of the public notice to the decision."""


class NextMonthFile(Struct, frozen=True):
    """A file to import; `kind` is its kind of import, or `manifest`."""

    kind: str
    name: str
    content: bytes


def write_next_month_files(
    seed: int, lines: list[SampleLine], months: SampleMonths, *, today: date
) -> list[NextMonthFile]:
    """Return the files of the next month in the order of their import; the pending applications are now decided."""
    month = get_next_month(months.last)
    after = get_next_month(month)
    for line in lines:
        if line.status == NOTICED_STATUS and line.notice is not None:
            line.status, line.decided_on, line.entitled_from = (
                DECIDED_STATUS,
                line.notice[1] + _DECISION_DELAY,
                line.start,
            )
    files = [
        NextMonthFile(
            "enrolments", f"enrolments-{after}.csv", write_enrolments_file(lines, month, after, with_pending=False)
        ),
        NextMonthFile("bindings", f"bindings-{after}.csv", write_bindings_file(lines, month, after)),
        NextMonthFile("usage", f"usage-{month:%Y-%m}.csv", write_usage_file(seed, lines, month, last_day=today)),
    ]
    for bill in write_billing_files(seed, lines, month):
        files.append(NextMonthFile("billing", bill.name, bill.content))
        files.append(NextMonthFile("manifest", get_manifest_name(bill.name), bill.manifest))
    return files
