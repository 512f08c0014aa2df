"""`python -m payments migrate DSN [--role ROLE] [--schema SCHEMA]`: create or update the tables of this library."""

import sys
from argparse import ArgumentParser

from payments.migrate import DEFAULT_ROLE, migrate
from payments.sql import DEFAULT_SCHEMA


def main(arguments: list[str]) -> int:
    """Run the command; return 0 when it is done, 2 for invalid arguments."""
    parser = ArgumentParser(prog="python -m payments")
    commands = parser.add_subparsers(dest="command", required=True)
    migrating = commands.add_parser("migrate", help="create or update the tables of this library")
    migrating.add_argument("dsn", help="address of the database, as its owner connects")
    migrating.add_argument("--role", default=DEFAULT_ROLE, help="role that works with the tables (%(default)s)")
    migrating.add_argument("--schema", default=DEFAULT_SCHEMA, help="schema of the tables (%(default)s)")
    given = parser.parse_args(arguments)
    try:
        migrate(given.dsn, role=given.role, schema=given.schema)
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
