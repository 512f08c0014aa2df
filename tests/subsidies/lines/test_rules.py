"""What each verb needs of a line, and the rows that it becomes."""

from datetime import date

import pytest
from msgspec.structs import replace

from market.subsidies.imports.binding_facts import Binding
from market.subsidies.lines.models import ChangeDetails, LineVerb, NewLineChange
from market.subsidies.lines.rules import build_cells, list_change_faults, read_details
from market.subsidies.names import Operator, ServiceKind

SIM, NEW_SIM, DEVICE = "89860019000000000018", "89860019000000009993", "353918051234567"
IDENTITY, OTHER = "130624196202029910", "130624196404049928"
TODAY, DAY = date(2019, 2, 18), date(2019, 2, 12)
FIRST = Binding(
    line="YD-01", operator=Operator.MOBILE, kind=ServiceKind.MOBILE, number="17050000101", identity_index=b"1",
    identity_sealed=None, plan="YD38", device="h1:07a817cd57044bbb54a79872", sim=SIM,
    start=date(2018, 10, 1), until=None, change="新办", realname="一致",
)  # fmt: skip
STOPPED = replace(FIRST, until=DAY, change="停机")
CLOSED = replace(FIRST, until=DAY, change="销户")
ACCOUNT = replace(FIRST, kind=ServiceKind.BROADBAND, number="kd-yd-0001", device=None, sim=None)
PORT = ChangeDetails(sim=NEW_SIM, new_line="LT-91", operator=Operator.UNICOM, plan="LT18", realname="一致")
TRANSFER = ChangeDetails(identity=OTHER, new_line="YD-91", realname="一致")
DETAILS = {
    LineVerb.REPLACE_SIM: ChangeDetails(sim=NEW_SIM),
    LineVerb.REPLACE_DEVICE: ChangeDetails(device=DEVICE),
    LineVerb.TRANSFER: TRANSFER,
    LineVerb.PORT: PORT,
}


def make_change(verb: LineVerb, day: date = DAY, details: ChangeDetails | None = None) -> NewLineChange:
    known = DETAILS.get(verb, ChangeDetails()) if details is None else details
    return NewLineChange(line="YD-01", verb=verb, effective_on=day, note="", details=known)


ROW = ("YD-01", "移动", "17050000101", IDENTITY, "YD38", FIRST.device, SIM)
ENDED = (*ROW, "2018-10-01", "2019-02-12")
BEGUN = {
    LineVerb.REPLACE_SIM: (*ROW[:6], NEW_SIM),
    LineVerb.REPLACE_DEVICE: (*ROW[:5], DEVICE, SIM),
    LineVerb.TRANSFER: ("YD-91", "移动", "17050000101", OTHER, "YD38", "", SIM),
    LineVerb.PORT: ("LT-91", "联通", "17050000101", IDENTITY, "LT18", FIRST.device, NEW_SIM),
}
WORDS = {
    LineVerb.REPLACE_SIM: ["补换卡", "补换卡"],
    LineVerb.REPLACE_DEVICE: ["换机", "换机"],
    LineVerb.TRANSFER: ["过户", "过户"],
    LineVerb.PORT: ["携号转出", "携号转入"],
    LineVerb.SUSPEND: ["停机"],
    LineVerb.CLOSE: ["销户"],
}


@pytest.mark.parametrize("verb", WORDS)
def test_a_change_ends_the_version_on_its_day_and_begins_the_next_on_it(verb: LineVerb) -> None:
    assert read_details(verb, DETAILS.get(verb, ChangeDetails()))[1] == []
    assert list_change_faults(make_change(verb), [FIRST], today=TODAY) == []
    rows = build_cells(make_change(verb), FIRST, IDENTITY)
    names = ("line", "operator", "number", "identity", "plan", "device", "sim", "valid_from", "valid_until")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ENDED, *([(*BEGUN[verb], "2019-02-12", "")] if verb in BEGUN else []),
    ]  # fmt: skip
    assert [row["change"] for row in rows] == WORDS[verb]


def test_a_resumed_line_begins_as_it_was() -> None:
    change = make_change(LineVerb.RESUME, date(2019, 2, 15))
    assert list_change_faults(change, [STOPPED], today=TODAY) == []
    [row] = build_cells(change, STOPPED, IDENTITY)
    assert (row["line"], row["sim"], row["valid_from"], row["valid_until"], row["change"]) == (
        "YD-01", SIM, "2019-02-15", "", "复机",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "last", "field", "message"),
    [
        (make_change(LineVerb.CLOSE, date(2019, 2, 19)), FIRST, "effective_on", "不能晚于今天 2019-02-18"),
        (
            make_change(LineVerb.CLOSE, FIRST.start),
            FIRST, "effective_on", "现在的绑定从 2018-10-01 起，最早 2018-10-02",
        ),
        (make_change(LineVerb.CLOSE), CLOSED, "verb", "这条业务 2019-02-12 已经销户"),
        (make_change(LineVerb.SUSPEND), STOPPED, "verb", "这条业务 2019-02-12 已经停机"),
        (make_change(LineVerb.RESUME), FIRST, "verb", "这条业务现在没有停机"),
        (make_change(LineVerb.RESUME), CLOSED, "verb", "这条业务现在没有停机"),
        (make_change(LineVerb.RESUME, date(2019, 2, 11)), STOPPED, "effective_on", "停机是 2019-02-12，不能更早"),
        (make_change(LineVerb.REPLACE_SIM), ACCOUNT, "verb", "只有手机号才有补换卡"),
        (make_change(LineVerb.PORT), ACCOUNT, "verb", "只有手机号才有携号转网"),
        (make_change(LineVerb.REPLACE_SIM, details=ChangeDetails(sim=SIM)), FIRST, "sim", "和现在的卡号一样"),
        (
            make_change(LineVerb.REPLACE_DEVICE, details=ChangeDetails(device="07A817CD57044BBB54A79872")),
            FIRST, "device", "和现在的设备一样",
        ),
        (
            make_change(LineVerb.PORT, details=replace(PORT, operator=Operator.MOBILE)),
            FIRST, "operator", "现在就是移动",
        ),
        (
            make_change(LineVerb.TRANSFER, details=replace(TRANSFER, new_line="YD-01")),
            FIRST, "new_line", "和原来的业务编号一样；换了人、换了运营商，都是新的业务编号",
        ),
    ],
)  # fmt: skip
def test_a_change_that_does_not_follow_is_refused_with_the_reason(
    change: NewLineChange, last: Binding, field: str, message: str
) -> None:
    assert [(each.field, each.message) for each in list_change_faults(change, [last], today=TODAY)] == [
        (field, message)
    ]


@pytest.mark.parametrize(
    ("verb", "details", "faults"),
    [
        (LineVerb.REPLACE_SIM, ChangeDetails(), {"sim": "请写新的卡号"}),
        (LineVerb.REPLACE_SIM, ChangeDetails(sim="12"), {"sim": "卡号是 19 或 20 位的 ICCID，印在卡上"}),
        (
            LineVerb.REPLACE_DEVICE,
            ChangeDetails(device="x"),
            {"device": "设备标识是 14 到 16 位的 IMEI，手机拨 *#06# 就能看到"},
        ),
        (LineVerb.CLOSE, ChangeDetails(sim=NEW_SIM), {"sim": "销户不写这一项"}),
        (
            LineVerb.TRANSFER,
            ChangeDetails(identity="130624196404049927", new_line="#1", realname="大概"),
            {
                "identity": "应是 18 位公民身份号码，最后一位要对",
                "new_line": "最多 40 个字符，不带 #",
                "realname": "应是 一致、不一致 之一",
            },
        ),
        (
            LineVerb.PORT,
            replace(PORT, operator=None, plan=""),
            {"operator": "请选转到哪一家", "plan": "请写新的套餐编码"},
        ),
    ],
)
def test_what_is_new_is_named_field_by_field(verb: LineVerb, details: ChangeDetails, faults: dict[str, str]) -> None:
    assert {each.field: each.message for each in read_details(verb, details)[1]} == faults
