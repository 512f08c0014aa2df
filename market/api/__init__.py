"""The JSON API: controllers that parse the request, open a transaction and call the domain."""

from market.api import (
    cases,
    contacts,
    divisions,
    identity,
    payouts,
    photos,
    privacy,
    producers,
    public_buyers,
    service,
    tasks,
)
from market.api.aftersales import bad_fruit, complaints, goods_returns, invoices, mediations, parcels
from market.api.buying import conversations, coupons, favourites, orders, packages, pickups, procurement, reviews
from market.api.selling import catalogue, closures, listing_files, listing_photos, packs, presales
from market.api.subsidies import (
    agreements,
    bank_accounts,
    form_numbers,
    grievances,
    imports,
    leads,
    lines,
    months,
    objections,
    open_data,
    operators,
    provincial_bills,
    rechecks,
    reconciliation,
)
from market.api.villages import coverage, jobs, organisations, questions, service_figures, services, village_files
from market.api.visits import booking_changes, bookings, calendar_feeds, guest_register, slots, stay_cancellations

ROUTES = [
    *service.ROUTES,
    *identity.ROUTES,
    *public_buyers.ROUTES,
    *privacy.ROUTES,
    *divisions.ROUTES,
    *village_files.ROUTES,
    *organisations.ROUTES,
    *coverage.ROUTES,
    *services.ROUTES,
    *questions.ROUTES,
    *jobs.ROUTES,
    *service_figures.ROUTES,
    *procurement.ROUTES,
    *contacts.ROUTES,
    *producers.ROUTES,
    *closures.ROUTES,
    *catalogue.ROUTES,
    *packs.ROUTES,
    *listing_photos.ROUTES,
    *presales.ROUTES,
    *bookings.ROUTES,
    *slots.ROUTES,
    *coupons.ROUTES,
    *favourites.ROUTES,
    *orders.ROUTES,
    *packages.ROUTES,
    *parcels.ROUTES,
    *bad_fruit.ROUTES,
    *goods_returns.ROUTES,
    *reviews.ROUTES,
    *cases.ROUTES,
    *complaints.ROUTES,
    *conversations.ROUTES,
    *invoices.ROUTES,
    *mediations.ROUTES,
    *booking_changes.ROUTES,
    *guest_register.ROUTES,
    *stay_cancellations.ROUTES,
    *calendar_feeds.ROUTES,
    *payouts.ROUTES,
    *pickups.ROUTES,
    *months.ROUTES,
    *reconciliation.ROUTES,
    *agreements.ROUTES,
    *bank_accounts.ROUTES,
    *open_data.ROUTES,
    *leads.ROUTES,
    *objections.ROUTES,
    *grievances.ROUTES,
    *form_numbers.ROUTES,
    *rechecks.ROUTES,
    *lines.ROUTES,
    *tasks.ROUTES,
    *operators.ROUTES,
    *provincial_bills.ROUTES,
]
"""The routes that take JSON, in small bodies."""

UPLOAD_ROUTES = [
    *photos.ROUTES,
    *listing_files.ROUTES,
    *imports.ROUTES,
    *operators.UPLOAD_ROUTES,
    *provincial_bills.UPLOAD_ROUTES,
]
"""The routes that take files."""

__all__ = ["ROUTES", "UPLOAD_ROUTES"]
