"""Every county-level setting: its name, limits, default and meaning. To add one, add a field here and read it."""

from typing import Annotated, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct


class CountySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one county on one day. The table `county_settings` stores the values that a county has changed.

    Source of the default commissions: the golden story, shop.md; of the notice: subsidy-rulebook, Words.
    """

    goods_commission_bp: Annotated[
        int, Meta(ge=0, le=1000, description="Commission on farm products listed from now on, in basis points.")
    ] = 200
    tourism_commission_bp: Annotated[
        int, Meta(ge=0, le=1000, description="Commission on stays and activities listed from now on, in basis points.")
    ] = 300
    pay_minutes: Annotated[
        int, Meta(ge=0, le=1440, description="Minutes that an unpaid order keeps its goods; 0: as MARKET_PAY_MINUTES.")
    ] = 0
    ship_days: Annotated[int, Meta(ge=1, le=30, description="Days after its payment by which a parcel is sent.")] = 3
    unsent_days: Annotated[
        int, Meta(ge=1, le=30, description="Days after that day until an unsent parcel is cancelled and refunded.")
    ] = 7
    refund_limit_fen: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000_00,
            description="Up to so many fen one member of a seller refunds alone: at once, of an order, and in a day.",
        ),
    ] = 500_00
    mediation_days: Annotated[
        int,
        Meta(
            ge=7,
            le=30,
            description="Days after the refusal of a claim or a return in which its buyer may ask for mediation; "
            "what was asked for is not paid out before.",
        ),
    ] = 7
    mediation_answer_days: Annotated[
        int, Meta(ge=1, le=10, description="Days in which both sides answer what a mediator proposes.")
    ] = 3
    payout_min_fen: Annotated[
        int,
        Meta(ge=1, le=1_000_00, description="From so many fen a producer is paid each day without asking."),
    ] = 10_00
    payout_limit_fen: Annotated[
        int,
        Meta(
            ge=1_00,
            le=1_000_000_00,
            description="Up to so many fen are paid out to a producer in a day; above, with a second person.",
        ),
    ] = 5_000_00
    payout_change_days: Annotated[
        int,
        Meta(ge=3, le=30, description="Days until a producer's changed payout account is used, once agreed to."),
    ] = 3
    returns_required: Annotated[
        int,
        Meta(ge=0, le=1, description="1: a month is reconciled only with the return file of each operator it pays."),
    ] = 0
    terms_approved: Annotated[
        int,
        Meta(
            ge=0,
            le=1,
            description="1: a month is decided only once another person approved the files of its terms and plans.",
        ),
    ] = 0
    agreements_required: Annotated[
        int,
        Meta(
            ge=0,
            le=1,
            description="1: a month is settled only with an agreement of each operator, at the rates of the terms.",
        ),
    ] = 0
    accounts_required: Annotated[
        int,
        Meta(
            ge=0,
            le=1,
            description="1: a month is settled only with an agreed bank account of each operator that it pays.",
        ),
    ] = 0
    notice_days: Annotated[
        int, Meta(ge=5, le=60, description="Days of the public notice before an enrolment (subsidy-rulebook, Words).")
    ] = 5
    inquiry_days: Annotated[
        int, Meta(ge=1, le=15, description="Working days in which the county answers what citizens ask (咨询).")
    ] = 5
    split_days: Annotated[
        int, Meta(ge=1, le=366, description="A household split this many days before an enrolment is a finding.")
    ] = 90
    device_sims: Annotated[int, Meta(ge=2, le=50, description="This many SIMs in one device are a finding.")] = 3
    person_households: Annotated[
        int, Meta(ge=2, le=20, description="One person in this many households within a year is a finding.")
    ] = 2
    address_households: Annotated[
        int, Meta(ge=2, le=100, description="This many households at one address are a finding.")
    ] = 2
    account_households: Annotated[
        int, Meta(ge=2, le=100, description="This many households with one bank account are a finding.")
    ] = 3
    payroll_entries: Annotated[
        int, Meta(ge=1, le=20, description="This many entries of a household on the public payroll are a finding.")
    ] = 1
    vehicle_entries: Annotated[
        int, Meta(ge=1, le=20, description="This many vehicles of a household are a finding.")
    ] = 1
    company_entries: Annotated[
        int, Meta(ge=1, le=20, description="This many companies of a household are a finding.")
    ] = 1
    flat_entries: Annotated[int, Meta(ge=1, le=20, description="This many flats of a household are a finding.")] = 1
    recheck_days: Annotated[
        int, Meta(ge=30, le=1500, description="A household last checked more days ago than this is a finding.")
    ] = 365
    register_years: Annotated[
        int,
        Meta(ge=1, le=30, description="Years after which a person who left the register is erased from it."),
    ] = 5
    removal_factor: Annotated[
        int,
        Meta(ge=2, le=20, description="An operator's removals, as a multiple of the county's, that are a finding."),
    ] = 2
    burst_enrolments: Annotated[
        int, Meta(ge=2, le=10_000, description="Enrolments by one agent within `burst_days` that are a finding.")
    ] = 20
    burst_days: Annotated[int, Meta(ge=1, le=60, description="Days over which a burst is counted.")] = 7
    min_village_lines: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Lines that an operator or a village needs before its removals or equal sums are a finding.",
        ),
    ] = 20


_DEFAULTS = CountySettings()
DEFAULT_MEDIATION_DAYS = _DEFAULTS.mediation_days
SEND_DEFAULTS = {"ship_days": _DEFAULTS.ship_days, "unsent_days": _DEFAULTS.unsent_days}
"""What a statement needs to tell until when a parcel is sent in a county that has not set it."""


def describe_county_settings() -> dict[str, tuple[str, int, int, int]]:
    """Return for each setting its description, default, minimum and maximum."""
    hints = get_type_hints(CountySettings, include_extras=True)
    described: dict[str, tuple[str, int, int, int]] = {}
    for field in msgspec.structs.fields(CountySettings):
        meta = next(each for each in get_args(hints[field.name]) if isinstance(each, Meta))
        minimum, maximum = int(meta.ge or 0), int(meta.le or 0)
        described[field.name] = (meta.description or "", int(field.default), minimum, maximum)
    return described
