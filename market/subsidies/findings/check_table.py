"""The table of checks: what each one stops, who looks into its findings, and which thresholds it reads."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.findings import household_checks, lines_together, plan_prices, stopping_checks, worksheet_checks
from market.subsidies.findings.stopping_checks import CheckRow
from market.subsidies.names import ListName


class CheckOwner(StrEnum):
    """Who looks into the findings of a check; it is always the township that decides them."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    IMPORTER = "importer"


OWNER_NAMES = {
    CheckOwner.VILLAGE: "村里入户看",
    CheckOwner.TOWNSHIP: "乡镇核对",
    CheckOwner.COUNTY: "县里查",
    CheckOwner.IMPORTER: "导入人问运营商",
}


THRESHOLD_NAMES = {
    "notice_days": "公示至少几天",
    "device_sims": "一台设备几张卡",
    "split_days": "分户后几天以内",
    "person_households": "一人几户",
    "address_households": "一个住址几户",
    "account_households": "一个账号几户",
    "payroll_entries": "财政供养几条",
    "vehicle_entries": "几辆车",
    "company_entries": "几个公司",
    "flat_entries": "几套房",
    "recheck_days": "几天没有核查",
    "removal_factor": "全县的几倍",
    "min_village_lines": "至少几条业务",
    "burst_enrolments": "几件",
    "burst_days": "几天内",
}
"""The settings of checks in Chinese."""


class Check(Struct, frozen=True, kw_only=True):
    """A check.

    With `stops` its lines are neither settled nor funded until a person decides, and no programme turns it off;
    otherwise it fills a worksheet. `monthly` findings are about one month and open again in the next. `thresholds` are
    the settings that its statement takes, by the name of the parameter; `parameters` are the same for every county, and
    `prepare` computes others for a county, a month and its programmes. With `few` the statement goes on from the few
    rows that it begins with, by indexes; the others join the whole county.
    `dead_in_service_month` has no `query` of this shape.
    """

    query: Query[CheckRow] | None
    owner: CheckOwner
    stops: bool = False
    monthly: bool = False
    few: bool = False
    thresholds: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    prepare: Callable[[Connection, str, date, Sequence[str]], Awaitable[dict[str, Any]]] | None = None


def _named(*settings: str) -> dict[str, str]:
    return {name: name for name in settings}


def _stop(
    query: Query[CheckRow] | None, owner: CheckOwner, *settings: str, monthly: bool = False, few: bool = False
) -> Check:
    return Check(query=query, owner=owner, stops=True, monthly=monthly, few=few, thresholds=_named(*settings))


def _list(query: Query[CheckRow], owner: CheckOwner, *settings: str, few: bool = False) -> Check:
    return Check(query=query, owner=owner, few=few, thresholds=_named(*settings))


def _compare(name: ListName, setting: str) -> Check:
    """Return the check of one list of persons."""
    return Check(
        query=household_checks.LISTED_PERSONS,
        owner=CheckOwner.TOWNSHIP,
        thresholds={"entries": setting},
        parameters={"list": name},
    )


def _share(name: ListName, setting: str) -> Check:
    """Return the check of what several households have in common."""
    return Check(
        query=household_checks.SHARED_BY_HOUSEHOLDS,
        owner=CheckOwner.TOWNSHIP,
        thresholds={"households": setting},
        parameters={"list": name},
    )


_VILLAGE, _TOWNSHIP, _COUNTY, _IMPORTER = CheckOwner
CHECKS: dict[str, Check] = {
    "dead_in_service_month": _stop(None, _VILLAGE),
    "one_identity_two_enrolments": _stop(stopping_checks.ONE_IDENTITY_TWO_ENROLMENTS, _TOWNSHIP, few=True),
    "two_operators_one_household": _stop(lines_together.TWO_OPERATORS_ONE_HOUSEHOLD, _TOWNSHIP, monthly=True, few=True),
    "claim_outside_snapshot": _stop(stopping_checks.CLAIM_OUTSIDE_SNAPSHOT, _IMPORTER, monthly=True, few=True),
    "enrolled_without_notice": _stop(stopping_checks.ENROLLED_WITHOUT_NOTICE, _TOWNSHIP, "notice_days", few=True),
    "charge_below_plan": _stop(stopping_checks.CHARGE_BELOW_PLAN, _IMPORTER),
    "preparer_is_approver": _stop(stopping_checks.PREPARER_IS_APPROVER, _COUNTY),
    "bound_to_another": _stop(stopping_checks.BOUND_TO_ANOTHER, _TOWNSHIP, few=True),
    "enrolled_in_two_counties": _stop(stopping_checks.ENROLLED_IN_TWO_COUNTIES, _COUNTY),
    "not_eligible": _stop(stopping_checks.NOT_ELIGIBLE, _TOWNSHIP),
    "kind_outside_programme": _stop(stopping_checks.KIND_OUTSIDE_PROGRAMME, _IMPORTER, few=True),
    "held_by_official": _stop(stopping_checks.HELD_BY_OFFICIAL, _TOWNSHIP, few=True),
    "too_many_lines": _list(lines_together.TOO_MANY_LINES, _TOWNSHIP, few=True),
    "one_device_many_sims": _list(worksheet_checks.ONE_DEVICE_MANY_SIMS, _VILLAGE, "device_sims", few=True),
    "split_before_enrolment": _list(worksheet_checks.SPLIT_BEFORE_ENROLMENT, _TOWNSHIP, "split_days", few=True),
    "realname_differs": _list(worksheet_checks.REALNAME_DIFFERS, _VILLAGE, few=True),
    "claimed_under_other_programme": _list(worksheet_checks.CLAIMED_UNDER_OTHER_PROGRAMME, _IMPORTER, few=True),
    "card_or_device_changed": _list(worksheet_checks.CARD_OR_DEVICE_CHANGED, _IMPORTER, few=True),
    "paid_never_used": _list(worksheet_checks.PAID_NEVER_USED, _VILLAGE, few=True),
    "claim_above_charge": _list(worksheet_checks.CLAIM_ABOVE_CHARGE, _IMPORTER, few=True),
    "person_in_many_households": Check(
        query=household_checks.PERSON_IN_MANY_HOUSEHOLDS,
        owner=_TOWNSHIP,
        thresholds={"households": "person_households"},
    ),
    "one_address_many_households": _share(ListName.ADDRESS, "address_households"),
    "one_account_many_households": _share(ListName.ACCOUNT, "account_households"),
    "on_public_payroll": _compare(ListName.PAYROLL, "payroll_entries"),
    "owns_vehicle": _compare(ListName.VEHICLE, "vehicle_entries"),
    "owns_company": _compare(ListName.COMPANY, "company_entries"),
    "owns_flat": _compare(ListName.FLAT, "flat_entries"),
    "register_entry_old": _list(household_checks.REGISTER_ENTRY_OLD, _VILLAGE, "recheck_days"),
    "plan_above_market": Check(query=plan_prices.PLAN_ABOVE_MARKET, owner=_COUNTY, prepare=plan_prices.find_dear_plans),
    "removal_outlier": _list(worksheet_checks.REMOVAL_OUTLIER, _COUNTY, "removal_factor", "min_village_lines"),
    "enrolment_burst": _list(worksheet_checks.ENROLMENT_BURST, _COUNTY, "burst_enrolments", "burst_days"),
    "equal_sums_in_village": _list(worksheet_checks.EQUAL_SUMS_IN_VILLAGE, _COUNTY, "min_village_lines"),
}
"""Every check by its code. Source: subsidy-rulebook, "Checks before money moves"."""
