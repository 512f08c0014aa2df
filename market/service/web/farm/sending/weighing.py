"""称重: the ceiling on the forms of a product, and the weights of a parcel, typed in 公斤 or 斤."""

from collections.abc import Sequence

from msgspec import Struct

from market.catalogue.listings.catch_weight import MIN_CEILING_BP
from market.catalogue.listings.units import get_count_word
from market.sales.aftersales.parcels import Parcel
from market.sales.aftersales.weigh import MAX_WEIGHT_G, LinePrice, WeighedLine
from market.service.web.forms import PostedForm, parse_integer, parse_kilograms
from market.service.web.ui.format import percent_bp, weight, yuan

KILOGRAM, JIN = "kg", "jin"
UNITS = [(KILOGRAM, "公斤"), (JIN, "斤")]
_JIN_PER_KG = 2
_CHOICES = (10_500, 11_000, 12_000)


class WeightField(Struct, frozen=True):
    """The field of a line's weight: its name, what it is for, the most that is charged, and what was typed."""

    name: str
    words: str
    hint: str
    typed: str = ""


class Weighing(Struct, frozen=True):
    """The form of a parcel's weights; with `prices` it was read, and asks whether they are right."""

    fields: list[WeightField]
    unit: str = KILOGRAM
    prices: list[tuple[str, str]] = []


def list_ceilings(*stored: int | None) -> list[tuple[str, str]]:
    """Return the choices of a form, with those stored; the value is in basis points of what was ordered."""
    ceilings = sorted({*_CHOICES, *(each for each in stored if each is not None)})
    return [
        ("", "不称，按份卖"),
        *((str(bp), f"称重，最多多收 {percent_bp(bp - MIN_CEILING_BP)}") for bp in ceilings),
    ]


def read_ceiling(form: PostedForm, name: str = "ceiling") -> int | None:
    """Read the ceiling of a form; None if the goods are not weighed."""
    text = form.get_text(name)
    ceiling = parse_integer(text, maximum=2**31 - 1)
    if text and ceiling is None:
        form.add_fault(name, "称重没选对，请再选一次")
    return ceiling


def list_weight_fields(parcel: Parcel, form: PostedForm | None = None) -> list[WeightField]:
    """Return the fields of the lines that are to be weighed, as they were typed."""
    return [
        WeightField(
            f"weight-{index}",
            f"{line.title}，订了 {line.quantity} {get_count_word(line.unit)}",
            f"去皮称，最多按 {weight(line.ceiling_g or 0)}收钱",
            "" if form is None else form.get_text(f"weight-{index}"),
        )
        for index, line in enumerate(parcel.to_weigh, 1)
    ]


def read_weights(form: PostedForm, parcel: Parcel) -> list[WeighedLine]:
    """Read the weights of the lines that are to be weighed; the form collects their faults."""
    jin = form.get_text("unit") == JIN
    return [
        WeighedLine(line.line_id, _read_weight(form, f"weight-{index}", jin=jin))
        for index, line in enumerate(parcel.to_weigh, 1)
    ]


def _read_weight(form: PostedForm, name: str, *, jin: bool) -> int:
    """Read a weight into grams; half a gram is rounded down, in favour of the buyer."""
    per_kg = _JIN_PER_KG if jin else 1
    grams = (parse_kilograms(form.get_text(name), maximum_g=MAX_WEIGHT_G * per_kg) or 0) // per_kg
    if not grams:
        form.add_fault(name, "称得多重没写对。写一个数，比如 4.95")
    return grams


def describe_prices(prices: Sequence[LinePrice]) -> list[tuple[str, str]]:
    """Return what each weight charges and refunds, for the seller to check."""
    return [
        (
            f"{each.title}，{weight(each.weighed_g)}",
            f"收 {yuan(each.final_fen)} 元"
            + (f"，退买家 {yuan(each.refund_fen)} 元" if each.refund_fen else "，不用退"),
        )
        for each in prices
    ]


def rename_weight_field(field: str) -> str:
    """Return the name of the form's field for one of a refusal: `weights[0].weighed_g` is the first."""
    index = field.removeprefix("weights[").partition("]")[0]
    return f"weight-{int(index) + 1}" if index.isdecimal() else "weight-1"
