"""The files that a visitor of the demo imports: a late bill of the last simulated month, and the month after it."""

from datetime import date, timedelta

from msgspec import Struct

from market.kernel.clock import get_next_month
from market.service.demo.sample.county.enrolled_lines import (
    DECIDED_STATUS,
    NOTICED_STATUS,
    SampleLine,
    SampleMonths,
    write_bindings_file,
    write_enrolments_file,
)
from market.service.demo.sample.county.operator_files import (
    SampleBillingFile,
    get_manifest_name,
    write_billing_files,
    write_late_billing_file,
    write_usage_file,
)

_DECISION_DELAY = timedelta(days=3)
"""Days from the end of the public notice to the decision."""


class FileToImport(Struct, frozen=True):
    """A file of a month; `kind` is its kind of import, or `manifest`."""

    month: date
    kind: str
    name: str
    content: bytes


def write_late_files(seed: int, lines: list[SampleLine], months: SampleMonths) -> list[FileToImport]:
    """Return the late bill of the last month, with its manifest."""
    return _list_bill_files(months.last, write_late_billing_file(seed, lines, months.last))


def write_next_month_files(
    seed: int, lines: list[SampleLine], months: SampleMonths, *, today: date
) -> list[FileToImport]:
    """Return the files of the next month in the order of their import; the pending applications are now decided."""
    month = get_next_month(months.last)
    after = get_next_month(month)
    for line in lines:
        if line.status == NOTICED_STATUS and line.notice is not None:
            line.status = DECIDED_STATUS
            line.decided_on, line.entitled_from = line.notice[1] + _DECISION_DELAY, line.start
    enrolments = write_enrolments_file(lines, month, after, with_pending=False)
    files = [
        FileToImport(month, "enrolments", f"enrolments-{after}.csv", enrolments),
        FileToImport(month, "bindings", f"bindings-{after}.csv", write_bindings_file(lines, month, after)),
        FileToImport(month, "usage", f"usage-{month:%Y-%m}.csv", write_usage_file(seed, lines, month, last_day=today)),
    ]
    for bill in write_billing_files(seed, lines, month):
        files += _list_bill_files(month, bill)
    return files


def _list_bill_files(month: date, bill: SampleBillingFile) -> list[FileToImport]:
    return [
        FileToImport(month, "billing", bill.name, bill.content),
        FileToImport(month, "manifest", get_manifest_name(bill.name), bill.manifest),
    ]
