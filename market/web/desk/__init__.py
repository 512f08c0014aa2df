"""The officials' desk: worklist, months, findings, imports, programmes, sellers, money, cases, officials, contacts."""

from litestar import Router

from market.identity.models import NotSignedIn, SecondFactorRequired
from market.web.desk import (
    agreements,
    audit,
    boards,
    consents,
    contacts,
    coupons,
    coverage,
    deputies,
    drilldown,
    find_people,
    findings,
    form_numbers,
    form_pages,
    grievances,
    idle_lines,
    imports,
    leads,
    lines,
    money,
    months,
    notices,
    objections,
    officials,
    operators,
    organisations,
    payment_pages,
    pickup_points,
    producers,
    programmes,
    public_buyers,
    rechecks,
    reconciliation,
    region,
    reports,
    samples,
    saved_filters,
    seller_names,
    tasks,
    village_files,
    worklist,
)
from market.web.desk.aftersales import appeals, case_moves, cases, complaints, goods_returns, invoices, mediations
from market.web.desk.context import CountyNotChosen, redirect_to_second_factor, redirect_to_sign_in, show_counties

_PAGES = (
    worklist, months, drilldown, findings, find_people, form_numbers, form_pages, payment_pages, reconciliation,
    imports, tasks, notices, leads, consents, objections, rechecks, lines, boards, idle_lines, programmes, agreements,
    producers, seller_names, money, cases, case_moves, goods_returns, appeals, complaints, invoices, mediations,
    officials, operators, deputies, contacts, pickup_points, coupons, region, reports, grievances, public_buyers,
    village_files, organisations, saved_filters, samples, audit, coverage,
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
