"""The operators' files: monthly bills with the claimed reductions, usage days, and opening balances."""

import json
from datetime import date, timedelta
from hashlib import sha256

from msgspec import Struct

from market.kernel import Fen, divide_half_up, split
from market.kernel.clock import count_days_in_month, get_next_month
from market.service.demo.sample.county.enrolled_lines import DECIDED_STATUS, SampleLine, SampleMonths
from market.service.demo.sample.county.irregularities import is_claimed
from market.service.demo.sample.county.programme_files import FIXED_FEN, LINE_CAP_FEN, P1, P2
from market.service.demo.sample.seeded_random import SeededRandom
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind
from payments.money import format_yuan

BILLING_HEADER = "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期"
USAGE_HEADER = "业务号码,运营商,使用日期"
OPENING_HEADER = "业务编号,运营商,业务类型,项目,户编号,已结月数,让利_分,财政补贴_分"
_ENCODINGS = {Operator.MOBILE: "utf-8-sig", Operator.UNICOM: "gb18030", Operator.TELECOM: "utf-8"}
_UNBOUND_NUMBERS = 2
"""Unbound numbers in each operator's monthly file."""
_UNCLAIMED_PER_MILLE = 4
_WRONG_CHARGES = 2
"""Rows per month and operator with a charge above the plan's, and as many below it."""
LATE_OPERATOR = Operator.TELECOM
"""The operator that sends part of the last month's bill late."""
_LATE_EVERY = 40
_OPERATOR_SHARE_BP = {P1: 7000, P2: 0}
_EVEN_SHARE_BP = 5000


class SampleBillingFile(Struct, frozen=True):
    """An operator's file with its manifest."""

    name: str
    content: bytes
    manifest: bytes


class _Claim(Struct, frozen=True, kw_only=True):
    number: str
    kind: ServiceKind
    programme: str
    charge_fen: Fen
    reduction_fen: Fen


class _LineMonth(Struct, frozen=True, kw_only=True):
    charge_fen: Fen
    billed_for_fen: Fen
    reduction_fen: Fen


def get_manifest_name(name: str) -> str:
    """Return the name of the manifest of an operator's file."""
    return name.removesuffix(".csv") + ".manifest.json"


def compute_full_reduction(programme: str, charge: Fen) -> Fen:
    """Return the reduction of a whole month's charge under a programme, before household caps."""
    if programme == P2:
        return min(FIXED_FEN, charge)
    half = Fen(charge - charge // 2)  # the household pays half, rounded down
    return min(half, LINE_CAP_FEN) if programme == P1 else half


def _compute_line_month(line: SampleLine, month: date) -> _LineMonth | None:
    """Return a line's charge and reduction in a month, by its plans' days; None if it is not bound."""
    end, length = get_next_month(month), count_days_in_month(month)
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
        reductions += compute_full_reduction(line.programme, charge) * days
    if not days_bound:
        return None
    whole = compute_full_reduction(line.programme, highest)
    exact = Fen(divide_half_up(reductions, length))
    # A single plan is billed for the whole month, several plans by their days.
    billed = highest if charges == highest * days_bound else Fen(divide_half_up(charges, length))
    return _LineMonth(
        charge_fen=highest, billed_for_fen=billed, reduction_fen=whole if line.claims_whole_month else exact
    )


def write_billing_files(
    seed: int, lines: list[SampleLine], month: date, *, without_late: bool = False
) -> list[SampleBillingFile]:
    """Return the three operators' files of a month; `without_late` leaves out what the late bill claims."""
    made: list[SampleBillingFile] = []
    for operator in Operator:
        claims = _list_claims(seed, lines, month, operator)
        if without_late and operator is LATE_OPERATOR:
            claims = [claim for number, claim in enumerate(claims) if not _is_late(number)]
        claims += _list_unbound_claims(month, operator)
        made.append(_write_billing_file(f"{operator}-{month:%Y-%m}.csv", claims, month, operator))
    return made


def write_late_billing_file(seed: int, lines: list[SampleLine], month: date) -> SampleBillingFile:
    """Return the second bill of an operator, which came late."""
    claims = _list_claims(seed, lines, month, LATE_OPERATOR)
    late = [claim for number, claim in enumerate(claims) if _is_late(number)]
    return _write_billing_file(f"{LATE_OPERATOR}-{month:%Y-%m}-late.csv", late, month, LATE_OPERATOR)


def _is_late(number: int) -> bool:
    return number % _LATE_EVERY == 0


def _list_claims(seed: int, lines: list[SampleLine], month: date, operator: Operator) -> list[_Claim]:
    rng = SeededRandom(seed, f"bill {operator} {month}")
    claims: list[_Claim] = []
    wrong = 0
    for line in lines:
        if line.operator is not operator or not is_claimed(line):
            continue
        due = _compute_line_month(line, month)
        if due is None or rng.randbelow(1000) < _UNCLAIMED_PER_MILLE:
            continue
        charge, reduction = due.billed_for_fen, Fen(min(due.reduction_fen + line.overclaim_fen, due.billed_for_fen))
        if line.overclaim_fen and wrong < 2 * _WRONG_CHARGES:
            wrong += 1
            charge = Fen(charge + 20_00) if wrong % 2 else Fen(charge - 1_00)
            reduction = Fen(due.charge_fen + 5_00) if wrong % 2 else min(reduction, charge)
        claims.append(
            _Claim(
                number=line.number, kind=line.kind, programme=line.programme, charge_fen=charge, reduction_fen=reduction
            )
        )
    return claims


def _list_unbound_claims(month: date, operator: Operator) -> list[_Claim]:
    prefix = "199" if operator is Operator.TELECOM else "170"
    return [
        _Claim(
            number=f"{prefix}8{month.month:02}{unbound:05}",
            kind=ServiceKind.MOBILE,
            programme=P1,
            charge_fen=Fen(38_00),
            reduction_fen=Fen(19_00),
        )
        for unbound in range(1, _UNBOUND_NUMBERS + 1)
    ]


def _write_billing_file(file: str, claims: list[_Claim], month: date, operator: Operator) -> SampleBillingFile:
    name = f"{month:%Y-%m}"
    rows = [_format_row(name, claim) for claim in claims]
    text = "\n".join([BILLING_HEADER, *rows, ""])
    content = text.encode(_ENCODINGS[operator])
    manifest = {
        "file": file,
        "operator": operator,
        "month": name,
        "encoding": _ENCODINGS[operator],
        "sha256": sha256(content).hexdigest(),
        "rows": len(rows),
        "sum_fen": sum(claim.reduction_fen for claim in claims),
    }
    return SampleBillingFile(file, content, json.dumps(manifest, indent=1).encode())


def _format_row(month: str, claim: _Claim) -> str:
    sums = (claim.charge_fen, claim.reduction_fen, claim.charge_fen - claim.reduction_fen)
    return ",".join((
        month, claim.number, KIND_NAMES[claim.kind], claim.programme, *(format_yuan(each) for each in sums), "",
    ))  # fmt: skip


def write_usage_file(seed: int, lines: list[SampleLine], month: date, *, last_day: date = date.max) -> bytes:
    """Return the usage days of the idle programme's lines in a month, up to `last_day`, and in the month before."""
    rng = SeededRandom(seed, f"usage {month}")
    rows: list[str] = []
    for line in lines:
        if line.programme != P2:
            continue
        days = [month + timedelta(days=rng.randint(low, low + 9)) for low in (0, 10, 18)]
        days.insert(0, month - timedelta(days=rng.randint(1, 9)))
        rows += [
            f"{line.number},{OPERATOR_NAMES[line.operator]},{day}"
            for day in dict.fromkeys(days)
            if day <= last_day and _is_used_on(line, day)
        ]
    return "\n".join([USAGE_HEADER, *rows, ""]).encode()


def _is_used_on(line: SampleLine, day: date) -> bool:
    if day < line.start:
        return False
    if line.idle_from is None or day < line.idle_from:
        return True
    return line.idle_until is not None and day >= line.idle_until


def write_opening_file(lines: list[SampleLine], months: SampleMonths) -> bytes:
    """Return each line's total settled before the first month."""
    rows: list[str] = []
    for line in lines:
        if line.status != DECIDED_STATUS or line.start >= months.first:
            continue
        count = (months.first.year - line.start.year) * 12 + months.first.month - line.start.month
        if count < 1:
            continue
        whole = compute_full_reduction(line.programme, line.versions[0].plan.charges[line.kind]) * count
        share = _OPERATOR_SHARE_BP.get(line.programme, _EVEN_SHARE_BP)
        conceded, public = split(whole, [share, 10_000 - share])
        rows.append(
            ",".join((
                line.code, OPERATOR_NAMES[line.operator], KIND_NAMES[line.kind], line.programme, line.household.code,
                str(count), str(conceded), str(public),
            ))
        )  # fmt: skip
    return "\n".join([OPENING_HEADER, *rows, ""]).encode()
