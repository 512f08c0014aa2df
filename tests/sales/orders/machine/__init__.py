"""The shop's state machine: a module of rules for each concern; tests/sales/orders/test_machine.py runs them together."""
