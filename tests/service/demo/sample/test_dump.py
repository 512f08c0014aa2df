"""A dump of the samples holds no number of a person: neither in clear, nor compressed, nor as bytes."""

import re
import subprocess
import zlib
from contextlib import suppress

from market.kernel import Connection
from market.kernel.postgres.embedded import find_binaries
from market.service.demo.sample.accounts import list_logins
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.imports.binding_facts import BINDING_IDENTITY_CONTEXT
from market.subsidies.register.queries import IDENTITY_CONTEXT
from tests.support.make import SEAL

NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\d{11,20}[Xx]?|kd-[a-z]{2}-\d+|h1:[0-9a-f]+)")
BYTES = re.compile(r"\\\\x((?:[0-9a-f]{2})+)")


async def list_planted(sample: Connection) -> set[str]:
    """Return every phone, account, SIM, device and identity number of the samples' people."""
    columns = {
        "SELECT value_sealed FROM identifiers": IDENTIFIER_CONTEXT,
        "SELECT identity_sealed FROM persons": IDENTITY_CONTEXT,
        "SELECT identity_sealed FROM bindings": BINDING_IDENTITY_CONTEXT,
    }
    planted = {SEAL.open(row[0], context) for query, context in columns.items() for row in await sample.fetch(query)}
    return planted | {login.phone for login in list_logins(SEAL) if login.phone}


def read_dump(dsn: str) -> str:
    """Return a dump's text, followed by what its bytes hold."""
    dump = subprocess.run([find_binaries() / "pg_dump", dsn], capture_output=True, text=True, check=True).stdout
    parts = [dump]
    for found in BYTES.finditer(dump):
        content = bytes.fromhex(found[1])
        with suppress(zlib.error):
            content = zlib.decompress(content)
        parts.append(content.decode("latin-1"))
    return "\n".join(parts)


async def test_a_dump_holds_no_number_of_a_person(loaded: str, sample: Connection) -> None:
    planted = await list_planted(sample)
    assert len({number for number in planted if NUMBER.fullmatch(number)}) == len(planted) > 1000
    assert set(NUMBER.findall(read_dump(loaded))) & planted == set()
