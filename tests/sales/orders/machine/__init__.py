"""The shop's state machine: a module of rules for each concern; `test_machine.py` runs them together."""
