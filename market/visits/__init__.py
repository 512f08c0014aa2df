"""Paid stays and activities until their guests have come: changes of days, the register of guests, calendars, scans."""
