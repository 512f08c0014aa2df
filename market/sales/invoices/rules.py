"""What has to be done next about an invoice, and which details and records are right; pure."""

import re
from datetime import date

from msgspec.structs import replace

from market.kernel import Fen, FieldFault
from market.kernel.language import say
from market.kernel.text import clean_text, normalize_text
from market.places.organisations.credit_codes import is_credit_code
from market.sales.invoices.models import (
    MAX_EMAIL_LENGTH,
    MAX_TITLE_LENGTH,
    NUMBER_LENGTH,
    InvoiceAmountWrong,
    InvoiceDetails,
    InvoiceInvalid,
    InvoiceKind,
    InvoiceStep,
    InvoiceStepChanged,
    InvoiceSums,
    InvoiceTask,
    IssuedInvoice,
    NoInvoiceDue,
)
from payments.money import format_yuan

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NUMBER = re.compile(rf"[0-9]{{{NUMBER_LENGTH}}}")
_MIN_TITLE_LENGTH = 2


def find_task(sums: InvoiceSums, *, wanted: bool, correcting: bool) -> InvoiceTask:
    """Return what the seller has to do next so that what is invoiced equals what was paid less refunds.

    An invoice to be corrected is first reduced to nothing, then issued again. Without `wanted` none is issued, but what
    was invoiced too much is reduced all the same.
    """
    due = max(sums.paid_fen - sums.refunded_fen, 0)
    excess = sums.net_fen if correcting else sums.net_fen - due
    if excess > 0:
        return InvoiceTask(step=InvoiceStep.REDUCE, least_fen=Fen(excess), most_fen=Fen(excess))
    if wanted and due > sums.net_fen:
        least, most = Fen(due - sums.net_fen), Fen(sums.paid_fen - sums.net_fen)
        return InvoiceTask(step=InvoiceStep.ISSUE, least_fen=least, most_fen=most)
    return InvoiceTask(step=InvoiceStep.NONE, least_fen=Fen(0), most_fen=Fen(0))


def check_details(details: InvoiceDetails, *, under: str = "") -> InvoiceDetails:
    """Return the details cleaned; a person has no tax number. `under` precedes the names of the fields in faults.

    Raises:
        InvoiceInvalid: the title, the tax number or the e-mail address is missing or wrong.
    """
    unit = details.kind is InvoiceKind.UNIT
    title, email = clean_text(details.title), normalize_text(details.email)
    tax_number = "".join(normalize_text(details.tax_number).split()).upper() if unit else ""
    faults: list[FieldFault] = []
    if not _MIN_TITLE_LENGTH <= len(title) <= MAX_TITLE_LENGTH:
        faults.append(FieldFault(f"{under}title", say("抬头写 {0} 到 {1} 个字", _MIN_TITLE_LENGTH, MAX_TITLE_LENGTH)))
    if unit and not is_credit_code(tax_number):
        faults.append(FieldFault(f"{under}tax_number", say("税号不对，请照营业执照上的 18 位统一社会信用代码写")))
    if email and (len(email) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(email)):
        faults.append(FieldFault(f"{under}email", say("邮箱不对；没有就空着")))
    if faults:
        raise InvoiceInvalid(errors=tuple(faults))
    return InvoiceDetails(kind=details.kind, title=title, tax_number=tax_number, email=email)


def clean_number(typed: str) -> str:
    """Return the number of an invoice without the spaces that a person types."""
    return "".join(normalize_text(typed).split())


def list_number_faults(typed: str, *, year: int) -> tuple[str, list[FieldFault]]:
    """Return the typed number of an invoice cleaned, and what is wrong with it; it begins with the year of issue."""
    number = clean_number(typed)
    if not _NUMBER.fullmatch(number):
        return number, [FieldFault("number", f"号码是 {NUMBER_LENGTH} 位数字，在发票右上角")]
    if number[:2] != str(year)[-2:]:
        return number, [FieldFault("number", "号码的头两位是开票的年份，和日期对不上")]
    return number, []


def check_issued(
    issued: IssuedInvoice, task: InvoiceTask, *, first_day: date, today: date, markable: bool
) -> IssuedInvoice:
    """Return a recorded invoice with its number cleaned.

    `first_day` is the day of the payment, or that of the invoice that is reduced. A red-letter invoice may reduce a
    part of what is due; an invoice is for exactly what is due, or was issued before a refund.

    Raises:
        NoInvoiceDue, InvoiceStepChanged: another step is due.
        InvoiceInvalid: the number, the day or the mark is wrong.
        InvoiceAmountWrong: see there.
    """
    if task.step is InvoiceStep.NONE:
        raise NoInvoiceDue
    if issued.step is not task.step:
        raise InvoiceStepChanged(step=task.step)
    number, faults = list_number_faults(issued.number, year=issued.issued_on.year)
    if not first_day <= issued.issued_on <= today:
        faults.append(FieldFault("issued_on", f"开票日期在 {first_day} 到 {today} 之间"))
    if issued.self_grown and not markable:
        faults.append(FieldFault("self_grown", "这一单不是自己种养的，不能按自产农产品开"))
    if faults:
        raise InvoiceInvalid(errors=tuple(faults))
    if task.step is InvoiceStep.REDUCE:
        right = 0 < issued.amount_fen <= task.most_fen
    else:
        right = issued.amount_fen == task.least_fen or (
            issued.before_refund and task.least_fen < issued.amount_fen <= task.most_fen
        )
    if not right:
        amount = format_yuan(task.least_fen)
        message = f"现在该开 {amount} 元"
        if task.step is InvoiceStep.ISSUE and task.most_fen > task.least_fen:
            message += "；退款以前已经照多的开了，勾上最后一项"
        raise InvoiceAmountWrong(amount=amount, errors=(FieldFault("amount", message),))
    return replace(issued, number=number)
