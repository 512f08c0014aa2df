"""The names under which an order's money stands in the ledger."""


def order_ref(number: int) -> str:
    """Return how `payments` knows an order: by the number that people see."""
    return str(number)


def part_of(number: int, position: int) -> str:
    """Return the name of a suborder: `1024-1`."""
    return f"{number}-{position}"


def escrow_of(number: int, position: int) -> str:
    """Return the account that holds a suborder's money until it is received."""
    return f"escrow:{part_of(number, position)}"


def payable_of(producer_number: int) -> str:
    """Return the account of what a producer is owed for goods."""
    return f"payable:{producer_number}"


def freight_account_of(producer_number: int) -> str:
    """Return the account of what a producer is owed for freight."""
    return f"freight:{producer_number}"


COMMISSION = "commission"
PROMOTION = "promotion"
