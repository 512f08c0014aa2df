"""Technologies, settings and refusals of coverage."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.kernel import Fen, Refusal

MAX_TEXT_LENGTH = 500
MAX_OPEN_REPORTS = 5
OUTAGE, OUTAGE_TOWN = "outage", "outage_town"


class Technology(StrEnum):
    """What carries the service."""

    G4 = "4g"
    G5 = "5g"
    FIBRE = "fibre"
    WIFI = "wifi"


TECHNOLOGY_NAMES = {Technology.G4: "4G", Technology.G5: "5G", Technology.FIBRE: "光纤", Technology.WIFI: "公共 Wi-Fi"}


class Setting(StrEnum):
    """Where in the village it was measured."""

    HOMES = "homes"
    ROADS = "roads"
    FIELDS = "fields"


SETTING_NAMES = {Setting.HOMES: "住的地方", Setting.ROADS: "路上", Setting.FIELDS: "地里"}


class OutageKind(StrEnum):
    """Whether the service that was there is gone, or there never was any."""

    GONE = "gone"
    NEVER = "never"


KIND_NAMES = {OutageKind.GONE: "原来有，现在没有了", OutageKind.NEVER: "一直没有"}
ANSWERS = {
    CaseOutcome.SOLVED: "修好了，通了",
    CaseOutcome.UNSOLVED: "查了，一时通不了",
    CaseOutcome.NOT_OURS: "不是网络的事，写清楚找谁",
}


class NetworkOperator(Struct, frozen=True):
    """An operator of networks."""

    code: str
    name: str


class VillageCoverage(Struct, frozen=True, kw_only=True):
    """What an operator covers in a setting of a village: the share in basis points, the speed, who measured it when."""

    operator: str
    operator_name: str
    technology: Technology
    setting: Setting
    share_bp: int
    down_mbps: int | None
    source: str
    observed_on: date


class TownshipCoverage(Struct, frozen=True, kw_only=True):
    """A township: its villages in use, and those of which most homes have 4G, 5G and fibre of any operator.

    `reporters` is the number of people who reported in the four quarters before this one; None where it is hidden.
    """

    code: str
    name: str
    villages: int
    with_4g: int
    with_5g: int
    with_fibre: int
    reporters: int | None


class NewOutage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a villager reports."""

    kind: OutageKind
    operator: Annotated[str, Meta(max_length=20)]
    technology: Technology
    since: date
    text: Annotated[str, Meta(max_length=1000)] = ""


class OutageFields(Struct, frozen=True, kw_only=True):
    """What of a report is not sealed: what of which village, and where it is."""

    case_id: UUID
    number: int
    kind: OutageKind
    village_code: str
    village: str
    county_code: str
    operator: str
    operator_name: str
    technology: Technology
    since: date
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str | None
    received_at: datetime
    due_at: datetime


class Outage(OutageFields, frozen=True, kw_only=True):
    """A report with its text and the answer, empty without one."""

    text: str
    answer: str


class ProjectState(StrEnum):
    """Where a project is."""

    PLANNED = "planned"
    BUILDING = "building"
    DONE = "done"
    ACCEPTED = "accepted"


PROJECT_STATES = {
    ProjectState.PLANNED: "计划", ProjectState.BUILDING: "在建", ProjectState.DONE: "建成，等验收",
    ProjectState.ACCEPTED: "验收了",
}  # fmt: skip


class NewProject(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project as it is planned; `funded_by` is the organisation that pays, if it is not the operator."""

    village_code: Annotated[str, Meta(max_length=12)]
    operator: Annotated[str, Meta(max_length=20)]
    name: Annotated[str, Meta(max_length=200)]
    planned_fen: Fen
    funded_by: UUID | None = None


class Project(Struct, frozen=True, kw_only=True):
    """A project with what was planned and spent, in fen."""

    id: UUID
    village_code: str
    village: str
    operator_name: str
    funder: str | None
    name: str
    planned_fen: Fen
    spent_fen: Fen
    overrun_reason: str
    state: ProjectState
    done_on: date | None
    accepted_on: date | None


class OutageInvalid(Refusal):
    """Fields of a report or its answer are invalid; `errors` lists each."""

    code = "outage_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class TooManyOutages(Refusal):
    """The person has `MAX_OPEN_REPORTS` open reports."""

    code = "too_many_outages"
    status = 429
    zh = f"您报的还有 {MAX_OPEN_REPORTS} 件没有办完，办完再报。"
    en = f"{MAX_OPEN_REPORTS} of your reports are open."


class ProjectInvalid(Refusal):
    """Fields of a project are invalid; `errors` lists each."""

    code = "project_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class ProjectNotMovable(Refusal):
    """The project is not where this is possible, or the person who reported it done would accept it."""

    code = "project_not_movable"
    zh = "现在不能这样办：建成以后由另一个人验收。"
    en = "The project's state does not allow this; another person accepts what was reported done."
