"""Who reads a mediation over the JSON API, and the record of an official's look."""

from datetime import timedelta
from pathlib import Path

from market.kernel import Connection
from market.people.identity.models import AccountId, Role
from market.people.identity.sign_in import sign_in_without_code
from tests.conftest import NOW
from tests.sales.aftersales.grove import grove
from tests.sales.mediation.refused import DAY, Refused, refused
from tests.support.app import build_settings, run_service
from tests.support.make import add_member, make_official

__all__ = ["grove", "refused"]

READ_AT = NOW + 6 * DAY
ENDED = (READ_AT - timedelta(days=2)).date()
READS = ["GetMediation", "GetCase"]


async def sign_in(conn: Connection, account_id: AccountId, *, second_factor: bool = True) -> str:
    return (await sign_in_without_code(conn, account_id, now=READ_AT, second_factor=second_factor)).token


async def test_a_mediation_is_read_by_who_has_a_part_in_it_now(refused: Refused, dsn: str, folder: Path) -> None:
    opened = await refused.ask()
    w, owner = refused.grove.shopping, refused.grove.owner
    async with w.db.transaction() as conn:
        former = await add_member(conn, owner.producers[0], "样例前帮手")
        await conn.execute(
            "UPDATE producer_members SET valid_during = daterange(lower(valid_during), $2) WHERE account_id = $1",
            former.account_id, ENDED,
        )  # fmt: skip
        ended = await make_official(conn, Role.COUNTY, "130624", until=ENDED)
        in_office = refused.mediator.account_id
        readers = [
            (await sign_in(conn, w.buyer.account_id), 200),
            (await sign_in(conn, owner.account_id), 200),
            (await sign_in(conn, in_office), 200),
            (await sign_in(conn, in_office, second_factor=False), 403),
            (await sign_in(conn, ended), 404),
            (await sign_in(conn, former.account_id), 404),
        ]
    async with run_service(build_settings(dsn, folder, now=READ_AT), works=False) as service:
        for token, status in readers:
            answers = [await service.call(each, token=token, path={"case_id": opened.case_id}) for each in READS]
            assert [each.status_code for each in answers] == [status, status]
    async with w.db.transaction(scope="130624") as conn:
        looks = await conn.fetch("SELECT actor, object FROM audit_entries WHERE action = 'case.look'")
        number = await conn.fetchval("SELECT number FROM cases WHERE id = $1", opened.case_id)
    assert [tuple(each) for each in looks] == [(str(in_office), f"case:{number}")]
