"""Plots, lots and labels: their rows, limits, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Refusal

MAX_LABELS = 60
"""Labels of one run: what prints on a few sheets."""
MAX_LISTED = 200
MAX_LOT_GRAMS = 1_000_000_000
MAX_LABEL_GRAMS = 999_999
"""What six digits of the label's net weight hold (GS1 application identifier 3103)."""
MIN_LABEL_GRAMS = 10
MAX_AREA_M2 = 6_670_000
MAX_PLOT_NAME_LENGTH = 30
MAX_REASON_LENGTH = 200
MAX_PARTS = 20
OLDEST_HARVEST_DAYS = 366


class PromiseBasis(StrEnum):
    """What a 承诺达标合格证 rests on."""

    COMMISSIONED_TEST = "commissioned_test"
    OWN_TEST = "own_test"
    QUALITY_CONTROL = "quality_control"
    OWN_PROMISE = "own_promise"


PROMISE_NAMES = {
    PromiseBasis.COMMISSIONED_TEST: "委托检测",
    PromiseBasis.OWN_TEST: "自我检测",
    PromiseBasis.QUALITY_CONTROL: "内部质量控制",
    PromiseBasis.OWN_PROMISE: "自我承诺",
}
MUST_PROMISE = frozenset({"cooperative", "company"})
"""Kinds of producers that sell nothing without the certificate.

Source: 农产品质量安全法 (2022) 39: enterprises and co-operatives issue it, farming households are encouraged to. It
names product, quantity, origin, day of issue, who promises and how to reach them: 农业农村部令2025年第4号, in force
since 1 February 2026 (its summaries were read, not its articles).
"""


class NewPlot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plot as entered."""

    name: Annotated[str, Meta(max_length=2 * MAX_PLOT_NAME_LENGTH)]
    area_m2: Annotated[int, Meta(ge=1, le=MAX_AREA_M2)]


class NewHarvest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was harvested on a day from a plot."""

    plot_id: UUID
    crop: Annotated[str, Meta(max_length=40)]
    harvested_on: date
    grams: Annotated[int, Meta(ge=1, le=MAX_LOT_GRAMS)]


class LotPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a lot goes into a mixed one."""

    lot: int
    grams: Annotated[int, Meta(ge=1, le=MAX_LOT_GRAMS)]


class NewLabels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Labels to print: how many, the weight of each, its product code if there is one, and the promise on them."""

    count: Annotated[int, Meta(ge=1, le=MAX_LABELS)]
    grams: Annotated[int, Meta(ge=MIN_LABEL_GRAMS, le=MAX_LABEL_GRAMS)]
    gtin: Annotated[str, Meta(max_length=14)] = ""
    promise: PromiseBasis | None = None


class Plot(Struct, frozen=True, kw_only=True):
    """A plot of a producer."""

    id: UUID
    producer_id: UUID
    name: str
    area_m2: int


class PlotYield(Struct, frozen=True, kw_only=True):
    """What a plot gave of a crop in a year, and at most gives."""

    plot_id: UUID
    crop: str
    year: int
    harvested_grams: int
    limit_grams: int


class YieldLimit(Struct, frozen=True, kw_only=True):
    """How much of a crop a 亩 gives in a year; `last` is the last day, None if it is open."""

    crop: str
    kg_per_mu: int
    first: date
    last: date | None
    source: str


class HarvestLot(Struct, frozen=True, kw_only=True):
    """A lot: `plot` is empty for a mixed one; `used_grams` went into labels and other lots."""

    id: UUID
    number: int
    producer_id: UUID
    producer: str
    county_code: str
    plot: str
    crop: str
    harvested_on: date
    grams: int
    used_grams: int
    labels: int
    revoked: int

    @property
    def left_grams(self) -> int:
        """What of it has no label yet."""
        return self.grams - self.used_grams


class LotParent(Struct, frozen=True, kw_only=True):
    """A lot that went into a mixed one."""

    number: int
    plot: str
    harvested_on: date
    grams: int


class LabelRun(Struct, frozen=True, kw_only=True):
    """Labels that were made at once."""

    number: int
    lot: int
    producer_id: UUID
    first_serial: int
    count: int
    grams: int
    gtin: str | None
    promise: PromiseBasis | None
    issued_at: datetime
    revoked: int


class SignedLabel(Struct, frozen=True, kw_only=True):
    """A label as it is printed: `text` is what its QR code has after the address of the host."""

    serial: int
    text: str
    revoked: bool


class ScannedLabel(Struct, frozen=True, kw_only=True):
    """What the market knows of a label that somebody scanned; `packed_at` is when it was put on something sold here."""

    lot: int
    serial: int
    crop: str
    plot: str
    harvested_on: date
    grams: int
    promise: PromiseBasis | None
    issued_at: datetime
    producer: str
    producer_number: int
    producer_open: bool
    village: str
    parents: int
    packed_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str


class TraceInvalid(Refusal):
    """Fields of a plot, a harvest, a mixture or labels are missing or wrong; `errors` names each."""

    code = "trace_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are missing or wrong; see errors."


class PlotKnown(Refusal):
    """The producer has a plot of the name."""

    code = "plot_known"
    zh = "这块地已经有了。"
    en = "The producer has a plot of this name."


class NoYieldLimit(Refusal):
    """The county has no limit for the crop on the day of the harvest."""

    code = "no_yield_limit"
    zh = "县里还没有定这种作物一亩最多收多少，请县里先录。"
    en = "The county has no yield limit for this crop on the day of the harvest."


class HarvestTooLarge(Refusal):
    """More than the plot can give of the crop in the year."""

    code = "harvest_too_large"
    zh = "比这块地一年能收的多了。看看斤和公斤、地块写对没有。"
    en = "This is more than the plot can give of the crop in a year."


class LotUsedUp(Refusal):
    """More of the lot is asked for than is left of it."""

    code = "lot_used_up"
    zh = "这一批剩下的没有这么多了。"
    en = "Less than this is left of the lot."


class LotsDiffer(Refusal):
    """A mixed lot is of one producer and one crop."""

    code = "lots_not_alike"
    zh = "只能把一家的同一种作物掺在一起。"
    en = "A mixed lot is of one producer and one crop."


class LotInUse(Refusal):
    """Labels were made of the lot, or it went into another one."""

    code = "lot_in_use"
    zh = "这一批已经贴了标签，或者掺进了别的批次，不能删。"
    en = "The lot has labels or is part of another one, and cannot be deleted."


class PromiseNeeded(Refusal):
    """Enterprises and co-operatives sell with a 承诺达标合格证."""

    code = "promise_needed"
    zh = "企业和合作社要开承诺达标合格证，选一个依据。"
    en = "Enterprises and co-operatives issue the certificate of compliance; choose what it rests on."
