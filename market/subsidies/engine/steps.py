"""The steps of a line's calculation, as data; `explain` writes them in Chinese and English.

Runs store their steps, so `kind` values and field names are only added, never changed. Days are inclusive.
"""

from datetime import date

from msgspec import Struct

from market.subsidies.engine.models import Funder
from payments.money import Fen


class _StepBase(Struct, frozen=True, gc=False, tag_field="kind", omit_defaults=True):
    """The base of all steps; `kind` distinguishes them in JSON."""


class CapScale(Struct, frozen=True, gc=False, kw_only=True):
    """The factor of a household above its cap: the cap divided by the sum of its lines on a day."""

    household: str
    cap_fen: Fen
    sum_fen: Fen


class PayableDaysStep(_StepBase, frozen=True, kw_only=True, tag="payable_days"):
    """Payable days of one full-month amount, prorated by the days of the month."""

    first: date
    last: date
    days: int
    month_days: int
    amount_fen: Fen
    scale: CapScale | None = None


class WholeMonthStep(_StepBase, frozen=True, kw_only=True, tag="whole_month"):
    """The whole month's amount under the terms of its first day (a programme without proration)."""

    day: date
    amount_fen: Fen
    scale: CapScale | None = None


class PercentOffStep(_StepBase, frozen=True, kw_only=True, tag="percent_off"):
    """A full-month amount: the charge less the household's payment, which is rounded down."""

    amount_fen: Fen
    charge_fen: Fen
    pays_fen: Fen
    pays_bp: int


class FixedAmountStep(_StepBase, frozen=True, kw_only=True, tag="fixed_amount"):
    """A full-month amount: the smaller of the fixed amount and the charge."""

    amount_fen: Fen
    fixed_fen: Fen
    charge_fen: Fen


class LineCapStep(_StepBase, frozen=True, kw_only=True, tag="line_cap"):
    """The line cap replaces a larger full-month amount."""

    cap_fen: Fen
    amount_fen: Fen


class NotOnFirstStep(_StepBase, frozen=True, tag="not_on_first"):
    """The line is not payable on the 1st, so it gets nothing for the month (a programme without proration)."""

    day: date


class OutsideSnapshotStep(_StepBase, frozen=True, tag="outside_snapshot"):
    """The line is not in the snapshot of the month."""


class UnboundStep(_StepBase, frozen=True, kw_only=True, tag="unbound"):
    """Days on which the line is not bound."""

    first: date
    last: date


class NoHouseholdStep(_StepBase, frozen=True, kw_only=True, tag="no_household"):
    """Bound days on which the line's person belongs to no household."""

    first: date
    last: date


class IdleStep(_StepBase, frozen=True, kw_only=True, tag="idle"):
    """Unpaid days after an idle notice and before use or removal."""

    first: date
    last: date
    notice_on: date


class RemovalStep(_StepBase, frozen=True, kw_only=True, tag="removal"):
    """Days from the removal of an idle line on."""

    first: date
    last: date


class RoundingStep(_StepBase, frozen=True, kw_only=True, tag="rounding"):
    """The entitlement, rounded once from an exact fraction of fen.

    `line_ids` are the lines of its group, which share `group_fen` by largest remainder; without a group the fraction is
    rounded half up.
    """

    entitled_fen: Fen
    numerator: int
    denominator: int
    line_ids: tuple[str, ...] = ()
    group_fen: Fen | None = None


class MatchStep(_StepBase, frozen=True, kw_only=True, tag="match"):
    """The three-way match with the claim; `claimed_fen` is None without one."""

    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    claimed_fen: Fen | None = None


class FunderPart(Struct, frozen=True, gc=False, kw_only=True):
    """The part that one funder bears."""

    funder: Funder
    share_bp: int
    part_fen: Fen


class FundingStep(_StepBase, frozen=True, tag="funding"):
    """Who bears the approved sum, in the order of the terms."""

    parts: tuple[FunderPart, ...]


class BudgetStep(_StepBase, frozen=True, kw_only=True, tag="budget"):
    """The budget does not cover the line's tier; `public_fen` of `public_need_fen` is funded."""

    tier: int
    left_fen: Fen
    need_fen: Fen
    public_fen: Fen
    public_need_fen: Fen


class AdjustmentStep(_StepBase, frozen=True, kw_only=True, tag="adjustment"):
    """The difference from what was settled for the line and month before."""

    adjustment_fen: int
    funded_fen: Fen
    settled_fen: Fen


type AmountStep = PayableDaysStep | WholeMonthStep | PercentOffStep | FixedAmountStep | LineCapStep
type DayStep = NotOnFirstStep | OutsideSnapshotStep | UnboundStep | NoHouseholdStep | IdleStep | RemovalStep
type SumStep = RoundingStep | MatchStep | FundingStep | BudgetStep | AdjustmentStep
type Step = AmountStep | DayStep | SumStep
