"""Applications to sell: one at a time, every fault named, and names that nobody else may have."""

import asyncio

import msgspec
import pytest

from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import (
    AdmissionStep,
    AlreadyApplied,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    ProducerApplication,
    ProducerKind,
)
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import Actor, Role
from market.people.identity.sign_in import DEFAULT_NAME
from market.people.moderation.forbidden_words import ForbiddenWord
from tests.catalogue.producers.applicants import APPLICATION, an_applicant, apply, make_official_actor
from tests.conftest import NOW
from tests.support.make import SEAL, VILLAGE, load_actor, make_account


async def test_a_person_has_one_pending_application(conn: Connection, seal: Seal) -> None:
    producer_id, applicant = await apply(conn)
    with pytest.raises(AlreadyApplied):
        await apply_producer(conn, SEAL, applicant, APPLICATION, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM producers") == 1
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.REFUSE, reason="样例", now=NOW)
    assert await apply_producer(conn, SEAL, applicant, APPLICATION, now=NOW) != producer_id


async def test_all_faults_of_an_application_are_listed_at_once(conn: Connection) -> None:
    applicant = await an_applicant(conn)
    bad = ProducerApplication(
        kind=ProducerKind.HOUSEHOLD,
        name="样",
        village_code="130624000000",
        produce=" ",
        story="长" * 2001,
        certificates=[CertificateClaim(CertificateKind.ORIGIN)],
    )
    with pytest.raises(BadApplication) as refused:
        await apply_producer(conn, SEAL, applicant, bad, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [
        "name",
        "produce",
        "story",
        "village_code",
        "certificates",
    ]


async def test_forbidden_words_in_an_application_are_refused(conn: Connection) -> None:
    application = ProducerApplication(
        kind=ProducerKind.HOUSEHOLD, name="贫 困 户老张", village_code=VILLAGE, produce="滞销大枣"
    )
    with pytest.raises(ForbiddenWord) as refused:
        await apply_producer(conn, SEAL, await an_applicant(conn), application, now=NOW)
    assert [(fault.field, fault.message) for fault in refused.value.errors] == [
        ("name", "请换个说法：贫困户。说东西好在哪里，不说难处：写哪天摘的、多大、甜不甜、怎么吃"),
        ("produce", "请换个说法：滞销。说东西好在哪里，不说难处：写哪天摘的、多大、甜不甜、怎么吃"),
    ]


async def apply_once(database: Database, applicant: Actor) -> bool:
    try:
        async with database.transaction() as conn:
            await apply_producer(conn, SEAL, applicant, APPLICATION, now=NOW)
    except AlreadyApplied:
        return False
    return True


async def test_of_10_concurrent_applications_one_is_stored(database: Database) -> None:
    async with database.transaction() as conn:
        applicant = await an_applicant(conn)
    assert sum(await asyncio.gather(*(apply_once(database, applicant) for _ in range(10)))) == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM producers") == 1


@pytest.mark.parametrize(
    "name", ["乡集官方店", "平台直营", "警察之家", "县市场监管局", "客\u3164服小店", "\u3164\u3164\u2800"]
)
async def test_a_shop_has_no_name_of_the_platform_or_of_an_authority(conn: Connection, name: str) -> None:
    application = msgspec.structs.replace(APPLICATION, name=name)
    with pytest.raises(BadApplication) as refused:
        await apply_producer(conn, SEAL, await an_applicant(conn), application, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["name"]


async def test_who_has_no_name_yet_gives_it_with_the_application(conn: Connection) -> None:
    person = await load_actor(conn, await make_account(conn, name=DEFAULT_NAME))
    for applicant in (None, DEFAULT_NAME):
        with pytest.raises(BadApplication) as refused:
            await apply_producer(conn, SEAL, person, msgspec.structs.replace(APPLICATION, applicant=applicant), now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["applicant"]
    await apply_producer(conn, SEAL, person, msgspec.structs.replace(APPLICATION, applicant="样例顾某"), now=NOW)


async def test_an_application_may_set_the_name_of_the_applicant(conn: Connection) -> None:
    person = await an_applicant(conn)

    async def name() -> str:
        return await conn.fetchval("SELECT name FROM accounts WHERE id = $1", person.account_id)

    for wrong in ("", "  ", "顾" * 61):
        application = msgspec.structs.replace(APPLICATION, applicant=wrong, name="一")
        with pytest.raises(BadApplication) as refused:
            await apply_producer(conn, SEAL, person, application, now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["name", "applicant"]
    assert await name() == "样例农户"
    await apply_producer(conn, SEAL, person, msgspec.structs.replace(APPLICATION, applicant=" 样例顾某 "), now=NOW)
    assert await name() == "样例顾某"
    other = await an_applicant(conn)
    await apply_producer(conn, SEAL, other, APPLICATION, now=NOW)
    assert await conn.fetchval("SELECT name FROM accounts WHERE id = $1", other.account_id) == "样例农户"
