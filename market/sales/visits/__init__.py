"""Paid stays and activities until their guests have come: changes of days, the register of guests, calendars, scans.

Exports what an application needs to receive guests without HTTP; see docs/library.md.
"""

from market.sales.visits.guest_register import GuestDocument, NewStayGuest, RegisteredStay, StayGuest, register_guest
from market.sales.visits.scans import GateData, NewScan, ScanOutcome, UploadedScan, load_gate_data, upload_scan

__all__ = [
    "GateData",
    "GuestDocument",
    "NewScan",
    "NewStayGuest",
    "RegisteredStay",
    "ScanOutcome",
    "StayGuest",
    "UploadedScan",
    "load_gate_data",
    "register_guest",
    "upload_scan",
]
