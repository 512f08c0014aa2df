"""`python -m payments migrate DSN`: make or renew the tables of this library."""

import sys

from payments.migrate import migrate

USAGE = "usage: python -m payments migrate DSN"
ARGUMENTS = 2


def main(arguments: list[str]) -> int:
    """Run the command; 0 done, 2 bad input."""
    if len(arguments) != ARGUMENTS or arguments[0] != "migrate":
        sys.stderr.write(USAGE + "\n")
        return 2
    migrate(arguments[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
