"""What the market holds about an account, as its owner takes it away. Source: 个人信息保护法 45."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import CaseEvent
from market.kernel import Fen
from market.privacy.looks import Look
from market.privacy.own_consents import GivenConsent
from market.privacy.request_models import DataRequest
from market.sales.invoices.own import OwnInvoice
from market.sales.orders.address import Address
from market.subsidies.clawbacks.appeals import OwnClawback
from market.subsidies.intake.views import OwnApplication
from market.villages.benefits.models import OwnBenefit
from market.villages.content.models import ContentReport
from market.villages.services.posting_models import OwnJobApplication


class PersonalAccount(Struct, frozen=True):
    """An account as its owner sees it."""

    name: str
    phone: str | None
    elder: bool
    created_at: datetime


class PersonalDevice(Struct, frozen=True):
    """A sign-in that is stored, ended or not."""

    device: str
    created_at: datetime
    seen_at: datetime


class PersonalOrderLine(Struct, frozen=True):
    """A line of an order."""

    title: str
    unit: str
    quantity: int
    amount_fen: Fen


class PersonalOrder(Struct, frozen=True, kw_only=True):
    """An order with its recipient and lines."""

    number: int
    state: str
    placed_at: datetime
    total_fen: Fen
    address: Address | None
    lines: list[PersonalOrderLine]


class PersonalStayGuests(Struct, frozen=True):
    """A room of a stay whose guests its host registered by name and document, until `delete_on`.

    The guests may be others than the account, so that they are counted here, and seen by the host alone.
    """

    order_number: int
    guests: int
    delete_on: date


class PersonalReview(Struct, frozen=True):
    """A review that the person wrote, what it said earlier, and the ids of its photos."""

    title: str
    rating: int
    text: str
    at: datetime
    earlier: list[str]
    photo_ids: list[UUID]


class PersonalCase(Struct, frozen=True, kw_only=True):
    """A claim or a return that the person asked for: what was written, what was answered, and the ids of its photos."""

    number: int
    name: str
    state: str
    received_at: datetime
    text: str
    events: list[CaseEvent]
    photo_ids: list[UUID]


class PersonalMessage(Struct, frozen=True, kw_only=True):
    """A message about an order that the person wrote, as its buyer or for its seller, and the ids of its photos."""

    order_number: int
    at: datetime
    text: str
    photo_ids: list[UUID]


class PersonalShop(Struct, frozen=True):
    """A shop that the person applied for or belongs to."""

    name: str
    state: str
    applied_at: datetime
    produce: str


class PersonalPayoutAccount(Struct, frozen=True):
    """An account to be paid to that the person entered; of its number the last digits are shown."""

    producer: str
    kind: str
    holder: str
    tail: str
    state: str
    entered_at: datetime


class PersonalVoucher(Struct, frozen=True):
    """A coupon that the person claimed."""

    name: str
    amount_fen: Fen
    claimed_at: datetime


class PersonalPackage(Struct, frozen=True):
    """A package that the person composed, or to which they answered for a producer: `draft` to `declined`."""

    title: str
    role: str
    state: str
    at: datetime


class PersonalFavourite(Struct, frozen=True):
    """A listing or a producer that the person keeps, by its title or name."""

    kind: str
    name: str
    added_at: datetime


class PersonalOrganisation(Struct, frozen=True):
    """An organisation that the person acts for, in a role; `buying`: the days in which the account bought for it."""

    name: str
    credit_code: str
    role: str
    applied_at: datetime
    buying: list[str]


class PersonalSeat(Struct, frozen=True):
    """A seat of the person in a course or on a clinic day, or of somebody whom they signed up (`name`)."""

    title: str
    host: str
    village: str
    starts_at: datetime
    state: str
    name: str
    certificate: int | None


class PersonalFilter(Struct, frozen=True):
    """A filter of the desk that an official keeps."""

    page: str
    name: str
    saved_at: datetime


class PersonalPublicUnit(Struct, frozen=True):
    """The public unit that the person works for, as the platform's staff verified it, until `ends_on`."""

    unit_name: str
    credit_code: str
    ends_on: date
    verified_at: datetime
    duty: str


class PersonalPurchase(Struct, frozen=True):
    """A public unit's purchase in which the person took steps, and why the person ended it."""

    number: int
    unit: str
    steps: list[str]
    reason: str | None


class PersonalTrackingFact(Struct, frozen=True):
    """What a carrier said of a parcel."""

    at: datetime
    step: str
    detail: str


class PersonalParcel(Struct, frozen=True, kw_only=True):
    """A parcel of an order: with whom it was sent, where it was when, and the point at which it was picked up."""

    order_number: int
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    facts: list[PersonalTrackingFact]
    pickup_point: str | None
    arrived_at: datetime | None
    collected_at: datetime | None


class PersonalStory(Struct, frozen=True, kw_only=True):
    """A story of a village that the person wrote, or that shows them (`shown`)."""

    title: str
    text: str
    state: str
    written_at: datetime
    shown: bool


class PersonalRecord(Struct, frozen=True):
    """An entry of the audit record about what the person did."""

    at: datetime
    action: str
    object: str


class PersonalData(Struct, frozen=True, kw_only=True):
    """Everything that the market holds about an account.

    The register of households and their phone bills is the county's and is asked for there.
    """

    account: PersonalAccount
    devices: list[PersonalDevice]
    orders: list[PersonalOrder]
    stays: list[PersonalStayGuests]
    reviews: list[PersonalReview]
    cases: list[PersonalCase]
    messages: list[PersonalMessage]
    invoices: list[OwnInvoice]
    shops: list[PersonalShop]
    payout_accounts: list[PersonalPayoutAccount]
    vouchers: list[PersonalVoucher]
    favourites: list[PersonalFavourite]
    saved_filters: list[PersonalFilter]
    parcels: list[PersonalParcel]
    public_units: list[PersonalPublicUnit]
    purchases: list[PersonalPurchase]
    organisations: list[PersonalOrganisation]
    packages: list[PersonalPackage]
    applications: list[OwnApplication]
    seats: list[PersonalSeat]
    job_applications: list[OwnJobApplication]
    benefits: list[OwnBenefit]
    decisions: list[OwnClawback]
    consents: list[GivenConsent]
    requests: list[DataRequest]
    looks: list[Look]
    stories: list[PersonalStory]
    reports: list[ContentReport]
    records: list[PersonalRecord]
