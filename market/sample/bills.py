"""The operators' monthly files: what each line was charged, and what its operator says it reduced."""

import json
from datetime import date, timedelta
from hashlib import sha256

from msgspec import Struct

from market.kernel import Fen, ratio_half_up, split
from market.kernel.clock import days_in, next_month
from market.sample.chance import Chance
from market.sample.lines import DECIDED, Line, Months
from market.sample.papers import FIXED_FEN, LINE_CAP_FEN, P1, P2
from market.sample.plant import is_claimed
from market.subsidies.words import KIND_NAMES, OPERATOR_NAMES, Operator
from payments.money import yuan

BILLING_HEAD = "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期"
USAGE_HEAD = "业务号码,运营商,使用日期"
OPENING_HEAD = "业务编号,运营商,业务类型,项目,户编号,已结月数,让利_分,财政补贴_分"
_ENCODINGS = {Operator.MOBILE: "utf-8-sig", Operator.UNICOM: "gb18030", Operator.TELECOM: "utf-8"}
_STRANGERS = 2
"""Numbers a month and operator that nobody has bound."""
_UNCLAIMED_PER_MILLE = 4
_WRONG = 2
"""Rows a month and operator that say a charge above the plan's, and as many below it."""
_OPERATOR_SHARE = {P1: 7000, P2: 0}
_EVEN = 5000


class BillingFile(Struct, frozen=True):
    """An operator's file with its manifest."""

    name: str
    content: bytes
    manifest: bytes


class _Due(Struct, frozen=True):
    charge_fen: Fen
    billed_for_fen: Fen
    reduction_fen: Fen


def full_reduction(programme: str, charge: Fen) -> Fen:
    """Return what a whole month of a charge is reduced by under a programme, before caps of the household."""
    if programme == P2:
        return min(FIXED_FEN, charge)
    half = Fen(charge - charge // 2)  # the household pays half, rounded down
    return min(half, LINE_CAP_FEN) if programme == P1 else half


def _due(line: Line, month: date) -> _Due | None:
    """Return what a line is charged in a month, by its plans' days, and what that is reduced by; None if unbound."""
    end, length = next_month(month), days_in(month)
    charges = reductions = days_bound = 0
    highest = Fen(0)
    for version in line.versions:
        days = (min(version.until or end, end) - max(version.start, month)).days
        if days <= 0:
            continue
        charge = version.plan.charges[line.kind]
        highest = max(highest, charge)
        days_bound += days
        charges += charge * days
        reductions += full_reduction(line.programme, charge) * days
    if not days_bound:
        return None
    whole = full_reduction(line.programme, highest)
    exact = Fen(ratio_half_up(reductions, 1, length))
    # One plan is billed whole, whatever days it had; two are billed by their days.
    billed = highest if charges == highest * days_bound else Fen(ratio_half_up(charges, 1, length))
    return _Due(highest, billed, whole if line.full_claim else exact)


def billing_files(seed: int, lines: list[Line], month: date) -> list[BillingFile]:
    """Return the three operators' files of a month."""
    return [_billing_file(seed, lines, month, operator) for operator in Operator]


def _billing_file(seed: int, lines: list[Line], month: date, operator: Operator) -> BillingFile:
    chance = Chance(seed, f"bill {operator} {month}")
    name = f"{month:%Y-%m}"
    rows: list[str] = []
    total = 0
    wrong = 0
    for line in lines:
        if line.operator is not operator or not is_claimed(line):
            continue
        due = _due(line, month)
        if due is None or chance.below(1000) < _UNCLAIMED_PER_MILLE:
            continue
        charge, reduction = due.billed_for_fen, Fen(min(due.reduction_fen + line.extra_fen, due.billed_for_fen))
        if line.extra_fen and wrong < 2 * _WRONG:
            wrong += 1
            charge = Fen(charge + 20_00) if wrong % 2 else Fen(charge - 1_00)
            reduction = Fen(due.charge_fen + 5_00) if wrong % 2 else min(reduction, charge)
        total += reduction
        kind = KIND_NAMES[line.kind]
        rows.append(_row(name, line.number, kind, programme=line.programme, charge=charge, reduction=reduction))
    for stranger in range(1, _STRANGERS + 1):
        number = f"{'170' if operator is not Operator.TELECOM else '199'}8{month.month:02}{stranger:05}"
        rows.append(_row(name, number, "手机", programme=P1, charge=Fen(38_00), reduction=Fen(19_00)))
        total += 19_00
    text = "\n".join([BILLING_HEAD, *rows, ""])
    content = text.encode(_ENCODINGS[operator])
    file = f"{operator}-{name}.csv"
    manifest = {
        "file": file,
        "operator": operator,
        "month": name,
        "encoding": _ENCODINGS[operator],
        "sha256": sha256(content).hexdigest(),
        "rows": len(rows),
        "sum_fen": total,
    }
    return BillingFile(file, content, json.dumps(manifest, indent=1).encode())


def _row(month: str, number: str, kind: str, *, programme: str, charge: Fen, reduction: Fen) -> str:
    billed = charge - reduction
    return f"{month},{number},{kind},{programme},{yuan(charge)},{yuan(reduction)},{yuan(billed)},"


def usage_sheet(seed: int, lines: list[Line], month: date) -> bytes:
    """Return the known days of use of a month, and of the one before it, of the idle programme's lines."""
    chance = Chance(seed, f"usage {month}")
    rows: list[str] = []
    for line in lines:
        if line.programme != P2:
            continue
        days = [month + timedelta(days=chance.between(low, low + 9)) for low in (0, 10, 18)]
        days.insert(0, month - timedelta(days=chance.between(1, 9)))
        rows += [
            f"{line.number},{OPERATOR_NAMES[line.operator]},{day}" for day in dict.fromkeys(days) if _is_used(line, day)
        ]
    return "\n".join([USAGE_HEAD, *rows, ""]).encode()


def _is_used(line: Line, day: date) -> bool:
    if day < line.start:
        return False
    if line.silent_from is None or day < line.silent_from:
        return True
    return line.silent_until is not None and day >= line.silent_until


def opening_sheet(lines: list[Line], months: Months) -> bytes:
    """Return what the lines were settled before the first month, a line in one sum."""
    rows: list[str] = []
    for line in lines:
        if line.status != DECIDED or line.start >= months.first:
            continue
        count = (months.first.year - line.start.year) * 12 + months.first.month - line.start.month
        if count < 1:
            continue
        whole = full_reduction(line.programme, line.versions[0].plan.charges[line.kind]) * count
        share = _OPERATOR_SHARE.get(line.programme, _EVEN)
        conceded, public = split(whole, [share, 10_000 - share])
        rows.append(
            ",".join((
                line.code, OPERATOR_NAMES[line.operator], KIND_NAMES[line.kind], line.programme, line.household.code,
                str(count), str(conceded), str(public),
            ))
        )  # fmt: skip
    return "\n".join([OPENING_HEAD, *rows, ""]).encode()
