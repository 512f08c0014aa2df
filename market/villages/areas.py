"""The service areas of villages in one list: an area adds its line here, and pages, commands and routes follow."""

from market.cases.answers.notices import end_village_notices
from market.catalogue.trace.yield_file import YIELDS
from market.places.county_files.holidays import HOLIDAYS
from market.places.county_files.listed_counties import LISTED_COUNTIES
from market.places.county_files.models import FileKind
from market.places.county_files.villages import CloseTerms, make_village_kind
from market.places.organisations.file_kind import ORGANISATIONS
from market.sales.procurement.file_kind import PURCHASES
from market.villages.channels.county_file import CHANNELS
from market.villages.channels.rates import RATES
from market.villages.coverage.file_kind import COVERAGE
from market.villages.coverage.register import end_village_coverage
from market.villages.funds.file_kind import FUNDS
from market.villages.pairing.file_kind import PAIRINGS
from market.villages.pairing.propose import end_village_pairings
from market.villages.services.file_kind import COURSES
from market.villages.services.postings import end_village_postings
from market.villages.services.slots import end_village_slots

TERM_CLOSERS: tuple[CloseTerms, ...] = (
    end_village_coverage,
    end_village_slots,
    end_village_postings,
    end_village_pairings,
    end_village_notices,
)
"""What ends each area's terms of a village when its code ends."""

COUNTY_FILE_KINDS: dict[str, FileKind] = {
    each.name: each
    for each in (
        make_village_kind(TERM_CLOSERS),
        ORGANISATIONS,
        COVERAGE,
        COURSES,
        FUNDS,
        PURCHASES,
        CHANNELS,
        RATES,
        PAIRINGS,
        YIELDS,
        HOLIDAYS,
        LISTED_COUNTIES,
    )
}
"""Every kind of file about villages, by its name in URLs and commands."""
