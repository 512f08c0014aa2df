"""The day by which a parcel is sent, and the day on which an unsent one is cancelled; both are the county's settings.

The settings of the day of payment apply, so that a later change moves no promise. Days on which the producer is closed
do not count; `add_sending_days` moves a day by at most `MAX_MOVED_DAYS`.
"""

from typing import LiteralString

MAX_MOVED_DAYS = 30

_PAID_ON: LiteralString = "(orders.paid_at AT TIME ZONE 'Asia/Shanghai')::date"
_SHIP_DAYS: LiteralString = (
    "coalesce(get_county_setting(producers.county_code, 'ship_days', " + _PAID_ON + "), :ship_days::integer)"
)
_UNSENT_DAYS: LiteralString = (
    "coalesce(get_county_setting(producers.county_code, 'unsent_days', " + _PAID_ON + "), :unsent_days::integer)"
)
_WINDOW_END: LiteralString = "(SELECT send_until FROM sending_windows WHERE suborder_id = suborders.id)"
SEND_BY: LiteralString = (
    "greatest(" + _WINDOW_END + ", add_sending_days(producers.id, " + _PAID_ON + ", " + _SHIP_DAYS + "))"
)
"""The last day for sending, of `orders`, `suborders` and `producers`: some days after payment, or the end of the window
of a pre-sale. A query with it takes `SEND_DEFAULTS` of the settings too."""
CANCEL_ON: LiteralString = (
    "(greatest(" + _WINDOW_END + " + " + _UNSENT_DAYS + ", add_sending_days(producers.id, " + _PAID_ON + ", "
    + _SHIP_DAYS + " + " + _UNSENT_DAYS + ")) + 1)"
)  # fmt: skip
"""The day on which what is still not sent is cancelled."""
PLANNED_BY: LiteralString = "greatest(" + _WINDOW_END + ", " + _PAID_ON + " + " + _SHIP_DAYS + ")"
"""The last day for sending if the producer closed on no day; `SEND_BY` is later if closed days moved it."""
MOVED_FOR: LiteralString = (
    "CASE WHEN " + SEND_BY + " > " + PLANNED_BY + " THEN"
    " (SELECT closures.reason FROM closures WHERE closures.producer_id = producers.id"
    " AND closures.closed_during && daterange(" + _PAID_ON + ", " + PLANNED_BY + ", '(]')"
    " ORDER BY closures.closed_during LIMIT 1) END"
)
"""Why closed days moved the day for sending, if they did: the first closure between payment and the planned day."""
