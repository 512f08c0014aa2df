"""Kinds, steps, limits and refusals of invoices."""

from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from market.kernel import Fen, Refusal

INVOICE = "invoice"
"""The category of the cases of invoices: who has to issue one by when, and to whom it goes if not."""
MAX_TITLE_LENGTH = 60
MAX_EMAIL_LENGTH = 60
MAX_CHANGES = 5
"""How often the details of an invoice are changed after they were given; the schema bounds it too."""
NUMBER_LENGTH = 20
"""The digits of an invoice's number: year, province, channel, and a sequence.

Source: 国家税务总局公告2024年第11号, fully digital e-invoices.
"""
MAX_CORRECTIONS = 3
"""How often the number of a recorded invoice is corrected; the schema bounds it too."""
MAX_REASON_LENGTH = 200
DETAILS_YEARS = 3
DETAILS_LIFETIME = timedelta(days=DETAILS_YEARS * 366)
"""How long title, tax number and e-mail address are kept after their last use. Source: 电子商务法 31, three years."""

UNPAID_LIFETIME = timedelta(days=30)
"""How long they are kept if the order ended unpaid; a payment that arrives late is known by then."""


class InvoiceKind(StrEnum):
    """To whom an invoice is issued: a person, or a unit with a tax number."""

    PERSON = "person"
    UNIT = "unit"


class InvoiceStep(StrEnum):
    """What the seller has to do next: issue an invoice, reduce it by a red-letter one (红字), or nothing."""

    ISSUE = "issue"
    REDUCE = "reduce"
    NONE = "none"


class InvoiceDetails(Struct, frozen=True, kw_only=True):
    """To whom an invoice is issued; `email` is where the seller sends it, or empty.

    Only a unit has a tax number: its unified social credit code of 18 characters. Source: GB 32100.
    """

    kind: InvoiceKind
    title: str
    tax_number: str = ""
    email: str = ""


class IssuedInvoice(Struct, frozen=True, kw_only=True):
    """What a seller records of an invoice that it issued outside: its number of 20 digits, its day, and its total.

    `self_grown`: it bears the mark of self-grown produce (自产农产品), which is free of VAT. `before_refund`: it was
    issued before a refund, for more than is left now.

    Source: 增值税法 24, self-grown produce sold by those who grow it.
    """

    step: InvoiceStep
    number: str
    issued_on: date
    amount_fen: int
    self_grown: bool = False
    before_refund: bool = False


class InvoiceInvalid(Refusal):
    """Fields of an invoice's details, of a recorded invoice or of an answer are wrong; `errors` lists them."""

    code = "invoice_invalid"
    status = 422
    zh = "有几处要改：请看下面标红的地方。"
    en = "Some fields of the invoice are missing or wrong; see errors."


class NotInvoiced(Refusal):
    """The suborder ended unpaid, or everything was refunded: there is nothing to invoice."""

    code = "not_invoiced"
    zh = "没有付款就取消了、或者钱都退了的，不用开发票。"
    en = "Nothing was paid that an invoice could be issued for."


class NoInvoiceDue(Refusal):
    """Nothing has to be recorded now: it was recorded before, or nobody asked."""

    code = "no_invoice_due"
    zh = "现在没有要开的发票，可能别人已经记过了。请看最新的情况。"
    en = "No invoice is due for this suborder; somebody may have recorded it meanwhile."


class InvoiceStepChanged(Refusal):
    """Another step is due now: a red-letter invoice instead of an invoice, or the other way round."""

    code = "invoice_step_changed"
    zh = "要开的变了，请看最新的情况再记。"
    en = "Another step is due for the invoice now: {step}."


class InvoiceAmountWrong(Refusal):
    """The amount is not what has to be invoiced, or above what a red-letter invoice may reduce."""

    code = "invoice_amount_wrong"
    status = 422
    zh = "金额不对，现在该开 {amount} 元。"
    en = "The amount has to be {amount} yuan."


class InvoiceNumberUsed(Refusal):
    """The seller recorded an invoice with this number before."""

    code = "invoice_number_used"
    status = 422
    zh = "这个号码已经记过了，请照发票右上角再看一遍。"
    en = "An invoice of this number was recorded before."


class InvoiceChangedTooOften(Refusal):
    """The details of an invoice were changed `MAX_CHANGES` times."""

    code = "invoice_changed_too_often"
    status = 429
    zh = f"最多改 {MAX_CHANGES} 次，再要改请给卖家留话。"
    en = f"The details of an invoice can be changed at most {MAX_CHANGES} times."


class InvoiceCorrectedTooOften(Refusal):
    """The number of an invoice was corrected `MAX_CORRECTIONS` times."""

    code = "invoice_corrected_too_often"
    status = 429
    zh = f"号码最多改 {MAX_CORRECTIONS} 次，再要改请找县里。"
    en = f"The number of an invoice can be corrected at most {MAX_CORRECTIONS} times."


class InvoiceSums(Struct, frozen=True, kw_only=True):
    """The sums of a suborder's invoices: paid, refunded or lost in a dispute, and invoiced less red-letter invoices."""

    paid_fen: Fen
    refunded_fen: Fen
    net_fen: Fen


class InvoiceTask(Struct, frozen=True, kw_only=True):
    """What has to be done next, and from which amount to which: more than `least_fen` only before a refund."""

    step: InvoiceStep
    least_fen: Fen
    most_fen: Fen
