"""When a month was closed: the moment that its reports count to."""

CLOSED_AT = """
    (SELECT max(e.at) FROM cycle_events e
      WHERE e.cycle_id = c.id AND e.county_code = :county AND c.state = 'closed' AND e.state = 'closed')
"""
"""The last closing of the cycle `c`, null while it is open; part of a statement with the parameter `county`."""
