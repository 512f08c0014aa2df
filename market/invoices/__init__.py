"""Invoices (发票): asked for by the buyer of a suborder, issued outside by its seller, and recorded here."""
