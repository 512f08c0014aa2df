"""The officials' desk: worklist, months, findings, imports, programmes, sellers, money, cases, officials, contacts."""

from litestar import Router

from market.people.identity.models import NotSignedIn, SecondFactorRequired
from market.service.web.desk import find_people, grievances, saved_filters, tasks, worklist
from market.service.web.desk.aftersales import (
    appeals,
    case_moves,
    cases,
    complaints,
    content_reports,
    goods_returns,
    invoices,
    mediations,
)
from market.service.web.desk.context import (
    CountyNotChosen,
    redirect_to_second_factor,
    redirect_to_sign_in,
    show_counties,
)
from market.service.web.desk.files import imports
from market.service.web.desk.months import (
    agreements,
    drilldown,
    findings,
    month_pages,
    programme_checks,
    programmes,
    samples,
)
from market.service.web.desk.papers import form_numbers, form_pages, payment_pages, quarter_pages, reconciliation
from market.service.web.desk.payments import bank_accounts, clawback, clawback_appeals, clawbacks
from market.service.web.desk.register import boards, consents, idle_lines, leads, lines, notices, objections, rechecks
from market.service.web.desk.reports import region, report_pages
from market.service.web.desk.sellers import (
    bank_receipts,
    coupons,
    money,
    pickup_points,
    producers,
    public_buyers,
    seller_names,
)
from market.service.web.desk.staff import audit, contacts, data_requests, deputies, officials, operators
from market.service.web.desk.villages import (
    benefits,
    charity,
    coverage,
    funds,
    home,
    inquiries,
    jobs,
    organisations,
    pairing,
    procurement,
    questions,
    service_figures,
    services,
    stories,
    supervision,
    trace,
    village_files,
    warnings,
)

_PAGES = (
    clawbacks, clawback, clawback_appeals,
    worklist, month_pages, drilldown, findings, find_people, form_numbers, form_pages, quarter_pages, payment_pages,
    reconciliation,
    imports, tasks, notices, leads, consents, objections, rechecks, lines, boards, idle_lines, programmes,
    programme_checks, agreements, bank_accounts, producers, seller_names, money, cases, case_moves, goods_returns,
    appeals, complaints, invoices, mediations, officials, operators, deputies, contacts, pickup_points, coupons,
    region, report_pages, grievances, public_buyers, village_files, organisations, saved_filters, samples, audit,
    home, coverage, services, questions, jobs, service_figures, procurement, bank_receipts, funds, trace, supervision,
    pairing, benefits,
    data_requests, content_reports, stories, warnings,
    inquiries, charity,
)  # fmt: skip

DESK = Router(
    path="/desk",
    route_handlers=[route for pages in _PAGES for route in pages.ROUTES],
    exception_handlers={
        NotSignedIn: redirect_to_sign_in,
        SecondFactorRequired: redirect_to_second_factor,
        CountyNotChosen: show_counties,
    },
    include_in_schema=False,
)
"""Everything under /desk; officials who are not fully signed in are redirected to sign-in and back."""

ROUTES = [DESK]
