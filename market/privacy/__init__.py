"""What the market holds about a person: a copy for them, and what closing their account erases."""
