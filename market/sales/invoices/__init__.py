"""Invoices (发票): asked for by the buyer of a suborder, issued outside by its seller, and recorded here.

Exports what an application needs to ask for invoices and record them without HTTP; see docs/library.md.
"""

from market.sales.invoices.ask import ask_invoice
from market.sales.invoices.models import InvoiceDetails, InvoiceKind, InvoiceStep, InvoiceTask, IssuedInvoice
from market.sales.invoices.record import record_invoice
from market.sales.invoices.views import SaleInvoice, get_sale_invoice

__all__ = [
    "InvoiceDetails",
    "InvoiceKind",
    "InvoiceStep",
    "InvoiceTask",
    "IssuedInvoice",
    "SaleInvoice",
    "ask_invoice",
    "get_sale_invoice",
    "record_invoice",
]
