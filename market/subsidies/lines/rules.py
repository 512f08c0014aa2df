"""What a change needs of its line, and the rows of the bindings file that it becomes. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from market.kernel import FieldFault
from market.kernel.sheets.cells import normalize_code
from market.kernel.text import fold_identifier, normalize_identity_number
from market.subsidies.imports.binding_facts import Binding, get_binding_cells
from market.subsidies.imports.formats.identifiers import normalize_device, normalize_sim
from market.subsidies.lines.models import (
    BEGINNING_WORDS,
    ENDING_WORDS,
    MAY_BE_EMPTY,
    MOBILE_VERBS,
    NEW_LINE_VERBS,
    REALNAME_RESULTS,
    VERB_FIELDS,
    VERB_NAMES,
    ChangeDetails,
    LineVerb,
    NewLineChange,
)
from market.subsidies.names import OPERATOR_NAMES, ServiceKind

_MAX_CODE_LENGTH = 40
_EMPTY = {
    "sim": "请写新的卡号",
    "device": "请写新的设备标识",
    "identity": "请写新机主的身份证号",
    "new_line": "请写新的业务编号",
    "operator": "请选转到哪一家",
    "plan": "请写新的套餐编码",
    "realname": "请选运营商的实名核验结果",
}
_WRONG = {
    "sim": "卡号是 19 或 20 位的 ICCID，印在卡上",
    "device": "设备标识是 14 到 16 位的 IMEI，手机拨 *#06# 就能看到",
    "identity": "应是 18 位公民身份号码，最后一位要对",
    "new_line": "最多 40 个字符，不带 #",
    "realname": f"应是 {'、'.join(REALNAME_RESULTS)} 之一",
}


def read_details(verb: LineVerb, details: ChangeDetails) -> tuple[ChangeDetails, list[FieldFault]]:
    """Return what is new of a line in the form in which it is stored, and what is missing or wrong of it."""
    read = ChangeDetails(
        sim=normalize_sim(details.sim) or "",
        device=normalize_device(details.device) or "",
        identity=normalize_identity_number(details.identity) or "",
        new_line=_read_code(details.new_line),
        operator=details.operator,
        plan=_read_code(details.plan),
        realname=details.realname if details.realname in REALNAME_RESULTS else "",
    )
    faults: list[FieldFault] = []
    for name in ChangeDetails.__struct_fields__:
        given = getattr(details, name)
        if name not in VERB_FIELDS[verb]:
            if given:
                faults.append(FieldFault(name, f"{VERB_NAMES[verb]}不写这一项"))
        elif given and not getattr(read, name):
            faults.append(FieldFault(name, _WRONG.get(name, _EMPTY[name])))
        elif not given and name not in MAY_BE_EMPTY.get(verb, ()):
            faults.append(FieldFault(name, _EMPTY[name]))
    return read, faults


def _read_code(text: str) -> str:
    code = normalize_code(text)
    return code if len(code) <= _MAX_CODE_LENGTH and "#" not in code else ""


def list_change_faults(change: NewLineChange, versions: Sequence[Binding], *, today: date) -> list[FieldFault]:
    """Return why a change does not follow from the versions of its line, oldest first; `details` are read before.

    A change begins after the first day of the version that it ends, so that none is overwritten, and not after today.
    """
    verb, last = change.verb, versions[-1]
    if verb in MOBILE_VERBS and last.kind is not ServiceKind.MOBILE:
        return [FieldFault("verb", f"只有手机号才有{VERB_NAMES[verb]}")]
    faults: list[FieldFault] = []
    if change.effective_on > today:
        faults.append(FieldFault("effective_on", f"不能晚于今天 {today}"))
    if verb is LineVerb.RESUME:
        if last.until is None or last.change != ENDING_WORDS[LineVerb.SUSPEND]:
            faults.append(FieldFault("verb", "这条业务现在没有停机"))
        elif change.effective_on < last.until:
            faults.append(FieldFault("effective_on", f"停机是 {last.until}，不能更早"))
        return faults
    if last.until is not None:
        faults.append(FieldFault("verb", f"这条业务 {last.until} 已经{last.change}"))
    elif change.effective_on <= last.start:
        earliest = last.start + timedelta(days=1)
        faults.append(FieldFault("effective_on", f"现在的绑定从 {last.start} 起，最早 {earliest}"))
    return faults + _list_unchanged(change, last)


def _list_unchanged(change: NewLineChange, last: Binding) -> list[FieldFault]:
    """Return the fields that the line has already."""
    details = change.details
    same = {
        "sim": fold_identifier(details.sim) == fold_identifier(last.sim or " "),
        "device": fold_identifier(details.device) == fold_identifier(last.device or " "),
        "operator": details.operator is last.operator,
        "new_line": details.new_line == last.line,
    }
    messages = {
        "sim": "和现在的卡号一样",
        "device": "和现在的设备一样",
        "operator": f"现在就是{OPERATOR_NAMES[last.operator]}",
        "new_line": "和原来的业务编号一样；换了人、换了运营商，都是新的业务编号",
    }
    # A transfer keeps the SIM where none is given, and the same one may be given.
    checked = {LineVerb.TRANSFER: ("new_line",)}.get(change.verb, VERB_FIELDS[change.verb])
    return [FieldFault(name, messages[name]) for name in checked if same.get(name)]


def build_cells(change: NewLineChange, last: Binding, identity: str) -> list[dict[str, str]]:
    """Return a change as rows of a bindings file: the version that ends, and the one that begins on that day.

    `identity` is the number of the person to whom the line is bound. A transferred or ported number goes on as a new
    line; the person who takes it over has another device unless one is given.
    """
    verb, details, day = change.verb, change.details, change.effective_on
    rows: list[dict[str, str]] = []
    if verb in ENDING_WORDS:
        rows.append(get_binding_cells(replace(last, until=day, change=ENDING_WORDS[verb]), identity))
    if verb in BEGINNING_WORDS:
        begun = replace(
            last,
            line=details.new_line if verb in NEW_LINE_VERBS else last.line,
            operator=details.operator or last.operator,
            plan=details.plan or last.plan,
            sim=details.sim or last.sim,
            device=details.device or (None if verb is LineVerb.TRANSFER else last.device),
            start=day,
            until=None,
            change=BEGINNING_WORDS[verb],
            realname=details.realname or last.realname,
        )
        rows.append(get_binding_cells(begun, details.identity or identity))
    return rows
