"""The names of people: what is checked of them, and how one that was verified is replaced."""

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.text import clean_name
from market.people.identity.models import AccountId, NameReserved, NotFound, OfficialNameFixed, PersonRenamed
from market.people.identity.reserved_names import NameKind, find_name_fault

MAX_NAME_LENGTH = 60


class _NamedAccount(Struct, frozen=True):
    name: str
    official: bool


LOCK_NAMED_ACCOUNT = Query(
    _NamedAccount,
    """
    SELECT name, handle IS NOT NULL AS official FROM accounts
     WHERE id = :account_id AND closed_at IS NULL
       FOR NO KEY UPDATE
    """,
)
# Who corrected a name does not agree to another payout account under it: `check_payout_account` reads it.
REPLACE_NAME = Query(None, "UPDATE accounts SET name = :name, name_corrected_by = :corrected_by WHERE id = :account_id")


def check_person_name(name: str) -> str:
    """Return the cleaned name of a person.

    Raises:
        NameReserved: it shows nothing, is longer than 60 characters, or passes for the platform or an authority.
    """
    cleaned = clean_name(name)
    fault = find_name_fault(cleaned, NameKind.PERSON)
    if fault is None and len(cleaned) > MAX_NAME_LENGTH:
        fault = say("姓名最多 {0} 个字", MAX_NAME_LENGTH)
    if fault is not None:
        raise NameReserved(errors=(FieldFault("name", fault),))
    return cleaned


async def replace_name(
    conn: Connection, account_id: AccountId, name: str, *, seen: str | None = None, by: AccountId | None = None
) -> bool:
    """Replace the checked name of a person; return False if it is the same. The caller records and tells it.

    `seen` is the name that was read before; `by` is the official who corrects it, None at the command line.

    Raises:
        NotFound: the account does not exist or is closed.
        OfficialNameFixed: it is an official's, whose name is registered with the account.
        PersonRenamed: the name is another one than the one that was read.
    """
    account = await LOCK_NAMED_ACCOUNT.maybe(conn, account_id=account_id)
    if account is None:
        raise NotFound
    if account.official:
        raise OfficialNameFixed
    if account.name == name:
        return False
    if seen is not None and account.name != seen:
        raise PersonRenamed(name=account.name)
    await REPLACE_NAME.run(conn, account_id=account_id, name=name, corrected_by=by)
    return True
