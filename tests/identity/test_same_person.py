"""Who is one person with several accounts, as far as names tell."""

import pytest

from market.identity.same_person import is_same_person
from market.identity.sign_in import DEFAULT_NAME
from market.kernel import Connection
from tests.support.make import make_account


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("样例唐某", "样例 唐某", True),
        ("样例唐某", "样例唐某（会计）", True),
        ("样例唐某", "样例李某", False),
        (DEFAULT_NAME, DEFAULT_NAME, False),
    ],
)
async def test_accounts_of_one_name_belong_to_one_person_unless_it_is_the_name_of_every_new_account(
    conn: Connection, name: str, other: str, same: bool
) -> None:
    first, second = await make_account(conn, name=name), await make_account(conn, name=other)
    assert await is_same_person(conn, account_id=first, other_id=second) is same
    assert await is_same_person(conn, account_id=first, other_id=first)
