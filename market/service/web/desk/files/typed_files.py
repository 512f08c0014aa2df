"""Files that an official types instead of choosing: the manifest of a bill, and the budget of a month."""

import csv
import io
import re
from datetime import datetime

import msgspec
from msgspec import Struct

from market.kernel.clock import get_business_day, parse_month
from market.kernel.sheets.cells import parse_fen
from market.service.web.desk.presenters import get_operator_name
from market.service.web.forms import PostedForm
from market.service.web.ui.format import clock_zh
from market.subsidies.imports.kinds import BILLING, IMPORT_KINDS
from market.subsidies.imports.upload import Upload
from market.subsidies.names import Operator
from payments.money import format_yuan

OPERATOR_OPTIONS = [(str(each), get_operator_name(each)) for each in Operator]
_CHECKSUM = re.compile("[0-9a-f]{64}")
_MONTH_FAULT = "月份写成 2019-01，不能是以后的月份"


class TypedFields(Struct, frozen=True):
    """The fields as typed."""

    operator: str = ""
    month: str = ""
    rows: str = ""
    total: str = ""
    public: str = ""
    settlement: str = ""


def _read_month(form: PostedForm, now: datetime) -> str:
    text = form.get_text("month")
    try:
        parse_month(text, today=get_business_day(now))
    except ValueError:
        form.add_fault("month", _MONTH_FAULT)
    return text


def _read_signed_yuan(form: PostedForm, name: str, *, fault: str) -> int:
    """Return a typed sum that may be below zero, as that of an operator which owes after adjustments."""
    fen = parse_fen(form.get_text(name))
    if fen is None:
        form.add_fault(name, fault)
    return fen or 0


def _read_checksum(form: PostedForm) -> str:
    """Return the checksum of the settlement file as typed: one that is cut short would match no file."""
    text = form.get_text("settlement").replace(" ", "").lower()
    if not _CHECKSUM.fullmatch(text):
        form.add_fault("settlement", "写全 64 位，数字和 a 到 f，印在拨付申请的“校验”里")
    return text


def type_manifest(
    form: PostedForm, upload: Upload, *, operator: str, month: str = "", settlement: str = "", now: datetime
) -> dict[str, bytes]:
    """Return the manifest that was typed for a bill or a return file, or nothing if no field is filled.

    Name and checksum are those of the file: the operator's letter states month, number of rows and sum, and of a return
    file which settlement file it answers. `month` and `settlement` are what the page says, where they are not typed.
    Faults are the form's.
    """
    if not any(form.get_text(name) for name in ("month", "rows", "total")):
        return {}
    bill = upload.kind == BILLING.name
    manifest = {
        "file": upload.name,
        "operator": operator,
        "month": month or _read_month(form, now),
        "sha256": upload.sha256,
        "rows": form.read_integer("rows", fault=f"写{IMPORT_KINDS[upload.kind].name_zh}一共几行，不算表头"),
        "sum_fen": form.read_yuan("total", fault="写优惠减免合计，比如 1036.20")
        if bill
        else _read_signed_yuan(form, "total", fault="写入账合计，比如 39.28"),
    }
    if not bill:
        manifest["settlement_sha256"] = settlement or _read_checksum(form)
    return {f"{upload.name}.manifest.json": msgspec.json.encode(manifest)}


def type_budget(form: PostedForm, *, now: datetime) -> tuple[str, bytes]:
    """Return name and content of the budget file of the month that was typed; faults are the form's."""
    month = _read_month(form, now)
    public_fen = form.read_yuan("public", fault="写这个月全县可用的财政补贴，比如 12000.00")
    text = io.StringIO()
    csv.writer(text).writerows([("月份", "财政补贴"), (month, format_yuan(public_fen))])
    return f"预算 {month}，{clock_zh(now)} 填.csv", text.getvalue().encode()
