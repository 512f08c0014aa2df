"""Pages for people: rendered on the server, phone first, complete without scripts."""

from typing import Any

from litestar import Router

from market.people.identity.models import NotSignedIn
from market.service.web import assets, feed, photos
from market.service.web.account import (
    data_requests,
    demo_people,
    demo_sign_in,
    devices,
    elder_mode,
    language,
    my_data,
    my_information,
    organisations,
    sign_in,
)
from market.service.web.account import notices as own_notices
from market.service.web.account import pairings as own_pairings
from market.service.web.account import postings as own_postings
from market.service.web.desk import ROUTES as DESK_ROUTES
from market.service.web.farm import apply, benefits, decisions, phone_bill, reduction
from market.service.web.farm import coupons as farm_coupons
from market.service.web.farm import home as farm_home
from market.service.web.farm import trace as farm_trace
from market.service.web.farm.aftersales import cases, claims, goods_returns, refunds
from market.service.web.farm.aftersales import complaints as farm_complaints
from market.service.web.farm.aftersales import conversations as farm_conversations
from market.service.web.farm.aftersales import invoices as farm_invoices
from market.service.web.farm.aftersales import mediation as farm_mediation
from market.service.web.farm.aftersales import reviews as farm_reviews
from market.service.web.farm.money import forms as money_forms
from market.service.web.farm.money import month_statement
from market.service.web.farm.money import page as money_page
from market.service.web.farm.selling import (
    certificates,
    closed,
    compose_package,
    edit_listing,
    freight,
    import_listings,
    list_activity,
    list_product,
    list_stay,
    listing_photos,
    listings,
    packages,
    packs,
    presale,
    stay_deposit,
    visit_terms,
)
from market.service.web.farm.sending import packing, packing_slips, parcels, sales, weigh_parcel
from market.service.web.farm.visits import (
    booking_changes,
    calendar_feeds,
    cancel_stay,
    gate,
    guest_register,
    guests,
    nights,
    slots,
    visit_prices,
)
from market.service.web.operators import ROUTES as OPERATOR_ROUTES
from market.service.web.pages import redirect_to_sign_in
from market.service.web.shop import (
    browse,
    channels,
    coupons,
    favourites,
    grievances,
    open_data,
    other_currency,
    report,
    reviews,
    seller,
    village_notice,
)
from market.service.web.shop import packages as shop_packages
from market.service.web.shop.aftersales import booking_changes as shop_booking_changes
from market.service.web.shop.aftersales import cases as shop_cases
from market.service.web.shop.aftersales import claims as shop_claims
from market.service.web.shop.aftersales import complaints as shop_complaints
from market.service.web.shop.aftersales import conversations as shop_conversations
from market.service.web.shop.aftersales import goods_returns as shop_returns
from market.service.web.shop.aftersales import invoices as shop_invoices
from market.service.web.shop.aftersales import mediation, own_review
from market.service.web.shop.buying import book_package, cart, checkout, pay, pickup_point
from market.service.web.shop.listing import activity, label, product, stay
from market.service.web.shop.orders import order_actions, order_list, order_package, order_page
from market.service.web.units import book as unit_book
from market.service.web.units import purchase as unit_purchase
from market.service.web.village import benefits as village_benefits
from market.service.web.village import charity as village_charity
from market.service.web.village import county_services
from market.service.web.village import coverage as village_coverage
from market.service.web.village import funds as village_funds
from market.service.web.village import home as village_home
from market.service.web.village import inquiries as village_inquiries
from market.service.web.village import jobs as village_jobs
from market.service.web.village import pairing as village_pairing
from market.service.web.village import plans as village_plans
from market.service.web.village import questions as village_questions
from market.service.web.village import services as village_services
from market.service.web.village import stories as village_stories

_SHOP_PAGES = (
    assets, feed, photos, sign_in, elder_mode, language, demo_sign_in, demo_people, devices, my_data, my_information,
    data_requests,
    organisations, village_home, village_coverage, village_funds, village_plans, village_services, village_questions,
    village_jobs, village_benefits, village_pairing, own_pairings, village_inquiries, village_charity, own_notices,
    own_postings, county_services,
    unit_book, unit_purchase,
    browse, channels, other_currency,
    product, activity, stay, reviews, seller, cart, checkout, coupons, favourites, pay, order_list, order_page,
    order_actions, own_review, shop_claims, shop_returns, shop_cases, mediation, shop_complaints, shop_booking_changes,
    shop_conversations, shop_invoices, pickup_point, shop_packages, book_package, order_package,
    grievances, village_stories, report,
    open_data, label,
    village_notice,
)  # fmt: skip
_FARM_PAGES = (
    farm_home, parcels, weigh_parcel, packing_slips, guests, gate, guest_register, nights, visit_prices,
    booking_changes, calendar_feeds, slots, list_activity, edit_listing, packs, presale, stay_deposit, list_product,
    cancel_stay, visit_terms, list_stay, listings, money_page, money_forms, month_statement, claims, refunds,
    goods_returns, cases, farm_reviews, farm_complaints, farm_mediation, phone_bill, reduction, decisions, apply,
    certificates, freight, closed, farm_coupons, listing_photos, import_listings, farm_conversations, farm_invoices,
    packing, sales, packages, compose_package, farm_trace, benefits,
)  # fmt: skip

SHOP = Router(
    path="/",
    route_handlers=[route for pages in _SHOP_PAGES for route in pages.ROUTES],
    exception_handlers={NotSignedIn: redirect_to_sign_in},
    include_in_schema=False,
)
"""The shop and a buyer's own pages; the latter redirect a visitor to sign-in and back."""

FARM = Router(
    path="/",
    route_handlers=[route for pages in _FARM_PAGES for route in pages.ROUTES],
    exception_handlers={NotSignedIn: redirect_to_sign_in},
    include_in_schema=False,
)
"""Everything under /farm; visitors are redirected to sign-in and back."""

ROUTES: list[Any] = [SHOP, FARM, *DESK_ROUTES, *OPERATOR_ROUTES]

__all__ = ["ROUTES"]
