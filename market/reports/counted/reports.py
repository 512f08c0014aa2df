"""The reports that count, in the order in which the desk lists them."""

from market.reports.counted.ageing import AGEING
from market.reports.counted.changes import CHANGES
from market.reports.counted.failures import FAILURES
from market.reports.counted.fairness import FAIRNESS
from market.reports.counted.funnel import FUNNEL
from market.reports.counted.grievances import GRIEVANCES
from market.reports.counted.idleness import IDLENESS
from market.reports.counted.models import CountedReport

COUNTED_REPORTS: dict[str, CountedReport] = {
    each.name: each for each in (FUNNEL, CHANGES, AGEING, FAILURES, FAIRNESS, IDLENESS, GRIEVANCES)
}
