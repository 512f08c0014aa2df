"""A producer is admitted by three persons: village, county, and another of the county or the platform."""

import asyncio
import json
from uuid import UUID

import asyncpg
import msgspec
import pytest

from market.identity import Actor, NotAllowed, NotFound, Role, SecondFactorNeeded
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.producers import (
    AlreadyApplied,
    Application,
    BadApplication,
    CertificateClaim,
    CertificateKind,
    ForbiddenWord,
    NotNow,
    ProducerId,
    ProducerKind,
    ReasonNeeded,
    SecondStep,
    State,
    Step,
    apply_producer,
    decide_producer,
    get_producer,
    get_public_producer,
    list_own,
    list_unverified,
    list_waiting,
    show_certificate,
    verify_certificate,
)
from market.producers.models import MOST_CERTIFICATES, MOVES
from tests.conftest import NOW
from tests.factories import VILLAGE, a_producer, an_account, an_official, owner_of, the_actor

APPLICATION = Application(
    kind=ProducerKind.HOUSEHOLD,
    name="样例革新庄枣园",
    village_code=VILLAGE,
    produce="大枣、核桃",
    certificates=[CertificateClaim(CertificateKind.ORIGIN, number="样例-1", issuer="样例村委会")],
)


async def an_applicant(conn: Connection) -> Actor:
    return await the_actor(conn, await an_account(conn, name="样例农户"), second_factor=False)


async def an_office(conn: Connection, role: Role, scope: str) -> Actor:
    return await the_actor(conn, await an_official(conn, role, scope))


async def applied(conn: Connection) -> tuple[UUID, Actor]:
    applicant = await an_applicant(conn)
    producer_id = await apply_producer(conn, applicant, APPLICATION, now=NOW)
    return producer_id, await the_actor(conn, applicant.account_id, second_factor=False)


async def state_of(conn: Connection, producer_id: UUID) -> tuple[str, int]:
    state = await conn.fetchval("SELECT state FROM producers WHERE id = $1", producer_id)
    steps = await conn.fetchval("SELECT count(*) FROM producer_steps WHERE producer_id = $1", producer_id)
    return state, steps


async def test_three_persons_admit_a_producer_and_it_is_open(conn: Connection, seal: Seal) -> None:
    producer_id, applicant = await applied(conn)
    village = await an_office(conn, Role.VILLAGE, VILLAGE)
    county, other = [await an_office(conn, Role.COUNTY, "130624") for _ in range(2)]
    for actor, step in ((village, Step.CONFIRM), (county, Step.RECOMMEND), (other, Step.APPROVE)):
        decided = await decide_producer(conn, seal, actor, producer_id, step=step, now=NOW)
    assert decided.producer.state is State.OPEN
    assert decided.producer.opened_at == NOW
    assert [step.step for step in decided.steps] == [Step.APPLY, Step.CONFIRM, Step.RECOMMEND, Step.APPROVE]
    assert [certificate.verified_at for certificate in decided.certificates] == [NOW]
    public = await get_public_producer(conn, producer_id, now=NOW)
    assert (public.village, public.township, public.county) == ("革新庄村", "北果园镇", "阜平县")
    assert (public.self_grown, public.certificates) == (True, ["origin"])
    assert [row.id for row in await list_own(conn, applicant)] == [producer_id]


async def test_each_step_is_told_to_the_farmer(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await applied(conn)
    village = await an_office(conn, Role.VILLAGE, VILLAGE)
    await decide_producer(conn, seal, village, producer_id, step=Step.REFUSE, reason="不是本村的。", now=NOW)
    row = await conn.fetchrow("SELECT template, facts_sealed FROM messages")
    assert row is not None
    assert row["template"] == "producer_refused"
    assert json.loads(seal.open(row["facts_sealed"], "messages.facts")) == {
        "name": "样例革新庄枣园",
        "reason": "不是本村的",
    }


async def test_who_applied_never_confirms_whatever_role_they_hold(conn: Connection, seal: Seal) -> None:
    official = await an_office(conn, Role.VILLAGE, VILLAGE)
    producer_id = await apply_producer(conn, official, APPLICATION, now=NOW)
    with pytest.raises(SecondStep):
        await decide_producer(conn, seal, official, producer_id, step=Step.CONFIRM, now=NOW)
    assert await state_of(conn, producer_id) == ("applied", 1)


async def test_one_person_with_every_role_takes_one_step_alone(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await applied(conn)
    account_id = await an_official(conn, [Role.VILLAGE, Role.COUNTY, Role.PLATFORM], "13")
    mighty = await the_actor(conn, account_id)
    await decide_producer(conn, seal, mighty, producer_id, step=Step.CONFIRM, now=NOW)
    with pytest.raises(SecondStep):
        await decide_producer(conn, seal, mighty, producer_id, step=Step.RECOMMEND, now=NOW)
    assert await state_of(conn, producer_id) == ("confirmed", 2)


async def test_who_recommended_does_not_approve(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await applied(conn)
    village = await an_office(conn, Role.VILLAGE, VILLAGE)
    county = await an_office(conn, Role.COUNTY, "130624")
    await decide_producer(conn, seal, village, producer_id, step=Step.CONFIRM, now=NOW)
    await decide_producer(conn, seal, county, producer_id, step=Step.RECOMMEND, now=NOW)
    with pytest.raises(SecondStep):
        await decide_producer(conn, seal, county, producer_id, step=Step.APPROVE, now=NOW)
    assert await state_of(conn, producer_id) == ("recommended", 3)


async def test_the_schema_itself_refuses_a_second_step_of_a_person(owner: Connection) -> None:
    producer_id = await a_producer(owner, state="applied")
    account_id = await owner.fetchval("SELECT applied_by FROM producers")
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await owner.execute(
            "INSERT INTO producer_steps (producer_id, step, account_id, at) VALUES ($1, 'confirm', $2, $3)",
            producer_id,
            account_id,
            NOW,
        )
    assert refused.value.constraint_name == "producer_steps_one_person_one_step"


@pytest.mark.parametrize(
    ("role", "scope", "refusal"),
    [
        (Role.VILLAGE, "130624101201", NotFound),
        (Role.COUNTY, "130725", NotFound),
        (Role.COUNTY, "130624", NotAllowed),
        (Role.TOWNSHIP, "130624107", NotAllowed),
        (Role.IMPORTER, "130624", NotAllowed),
    ],
)
async def test_the_wrong_place_and_the_wrong_role_are_refused_and_nothing_changes(
    conn: Connection, seal: Seal, role: Role, scope: str, refusal: type[Exception]
) -> None:
    producer_id, _ = await applied(conn)
    actor = await an_office(conn, role, scope)
    with pytest.raises(refusal):
        await decide_producer(conn, seal, actor, producer_id, step=Step.CONFIRM, now=NOW)
    assert await state_of(conn, producer_id) == ("applied", 1)
    assert await conn.fetchval("SELECT count(*) FROM messages") == 0


async def test_without_the_second_factor_an_official_decides_nothing(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await applied(conn)
    actor = await the_actor(conn, await an_official(conn, Role.VILLAGE, VILLAGE), second_factor=False)
    with pytest.raises(SecondFactorNeeded):
        await decide_producer(conn, seal, actor, producer_id, step=Step.CONFIRM, now=NOW)
    with pytest.raises(SecondFactorNeeded):
        await list_waiting(conn, actor)
    assert await state_of(conn, producer_id) == ("applied", 1)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(MOVES))
async def test_a_step_is_taken_from_its_states_alone(conn: Connection, seal: Seal, state: State, step: Step) -> None:
    producer_id = await a_producer(conn, state=state)
    account_id = await an_official(conn, [Role.VILLAGE, Role.COUNTY], "130624")
    actor = await the_actor(conn, account_id)
    states, into = MOVES[step]
    if state in states:
        decided = await decide_producer(conn, seal, actor, producer_id, step=step, reason="有原因", now=NOW)
        assert decided.producer.state is into
    else:
        with pytest.raises(NotNow):
            await decide_producer(conn, seal, actor, producer_id, step=step, reason="有原因", now=NOW)
        assert await state_of(conn, producer_id) == (state, 1)


@pytest.mark.parametrize("step", [Step.REFUSE, Step.SUSPEND])
@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
async def test_to_refuse_or_suspend_needs_a_reason_of_some_length(
    conn: Connection, seal: Seal, step: Step, reason: str
) -> None:
    producer_id = await a_producer(conn, state="applied" if step is Step.REFUSE else "open")
    actor = await the_actor(conn, await an_official(conn, [Role.VILLAGE, Role.COUNTY], "130624"))
    with pytest.raises(ReasonNeeded):
        await decide_producer(conn, seal, actor, producer_id, step=step, reason=reason, now=NOW)


async def test_a_producer_that_was_suspended_opens_again_since_its_first_day(conn: Connection, seal: Seal) -> None:
    producer_id = await a_producer(conn)
    county = await an_office(conn, Role.COUNTY, "130624")
    await decide_producer(conn, seal, county, producer_id, step=Step.SUSPEND, reason="样例原因", now=NOW)
    assert (await get_public_producer(conn, producer_id, now=NOW)).taking_orders is False
    again = await decide_producer(conn, seal, county, producer_id, step=Step.REOPEN, now=NOW)
    assert (again.producer.state, again.producer.opened_at) == (State.OPEN, NOW)


async def test_one_application_of_a_person_waits_at_a_time(conn: Connection, seal: Seal) -> None:
    producer_id, applicant = await applied(conn)
    with pytest.raises(AlreadyApplied):
        await apply_producer(conn, applicant, APPLICATION, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM producers") == 1
    village = await an_office(conn, Role.VILLAGE, VILLAGE)
    await decide_producer(conn, seal, village, producer_id, step=Step.REFUSE, reason="样例", now=NOW)
    assert await apply_producer(conn, applicant, APPLICATION, now=NOW) != producer_id


async def test_every_fault_of_an_application_is_named_at_once(conn: Connection) -> None:
    applicant = await an_applicant(conn)
    bad = Application(
        kind=ProducerKind.HOUSEHOLD,
        name="样",
        village_code="130624000000",
        produce=" ",
        story="长" * 2001,
        certificates=[CertificateClaim(CertificateKind.ORIGIN)],
    )
    with pytest.raises(BadApplication) as refused:
        await apply_producer(conn, applicant, bad, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [
        "name",
        "produce",
        "story",
        "village_code",
        "certificates",
    ]


async def test_anothers_photo_is_no_certificate_of_mine(conn: Connection) -> None:
    applicant, other = await an_applicant(conn), await an_account(conn)
    photo_id = await conn.fetchval(
        "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
        " VALUES ($1, 'certificate', sha256('x'), 1, 1, 'webp', $2) RETURNING id",
        other,
        NOW,
    )
    claim = CertificateClaim(CertificateKind.IDENTITY, photo_id=photo_id)
    application = Application(
        kind=ProducerKind.HOUSEHOLD, name="样例枣园", village_code=VILLAGE, produce="枣", certificates=[claim]
    )
    with pytest.raises(BadApplication):
        await apply_producer(conn, applicant, application, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM producers") == 0


async def test_a_name_of_misery_is_refused(conn: Connection) -> None:
    application = Application(
        kind=ProducerKind.HOUSEHOLD, name="贫 困 户老张", village_code=VILLAGE, produce="滞销大枣"
    )
    with pytest.raises(ForbiddenWord) as refused:
        await apply_producer(conn, await an_applicant(conn), application, now=NOW)
    assert [(fault.field, fault.message) for fault in refused.value.errors] == [
        ("name", "请换个说法：贫困户。说东西好在哪里，不说难处"),
        ("produce", "请换个说法：滞销。说东西好在哪里，不说难处"),
    ]


async def test_an_official_sees_what_is_due_in_the_places_of_the_office(conn: Connection, seal: Seal) -> None:
    here, elsewhere = await applied(conn), await a_producer(conn, village="130725100201", state="applied")
    confirmed = await a_producer(conn, state="confirmed")
    village = await an_office(conn, Role.VILLAGE, VILLAGE)
    county = await an_office(conn, Role.COUNTY, "130624")
    province = await an_office(conn, Role.VILLAGE, "13")

    async def waiting(actor: Actor) -> list[UUID]:
        return [row.id for row in (await list_waiting(conn, actor)).items]

    assert await waiting(village) == [here[0]]
    assert await waiting(county) == [confirmed]
    assert await waiting(province) == [here[0], elsewhere]
    await decide_producer(conn, seal, village, here[0], step=Step.CONFIRM, now=NOW)
    assert await waiting(village) == []
    assert await waiting(county) == [here[0], confirmed]
    with pytest.raises(NotAllowed):
        await waiting(here[1])


async def test_a_producer_is_seen_by_its_people_and_its_officials_alone(conn: Connection) -> None:
    producer_id, applicant = await applied(conn)
    county = await an_office(conn, Role.COUNTY, "130624")
    elsewhere = await an_office(conn, Role.COUNTY, "130725")
    stranger = await an_applicant(conn)
    assert (await get_producer(conn, applicant, producer_id)).producer.name == "样例革新庄枣园"
    assert (await get_producer(conn, county, producer_id)).producer.state is State.APPLIED
    for other in (elsewhere, stranger):
        with pytest.raises(NotFound):
            await get_producer(conn, other, producer_id)
    with pytest.raises(NotFound):
        await get_public_producer(conn, producer_id, now=NOW)


async def test_a_later_certificate_is_verified_by_the_county_not_by_the_seller(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    seller = await owner_of(conn, producer_id)
    claim = CertificateClaim(CertificateKind.SMALL_WORKSHOP, number="样例-2")
    await show_certificate(conn, seller, seller.producers[0], claim, now=NOW)  # pyright: ignore[reportArgumentType]
    [certificate] = (await get_producer(conn, seller, producer_id)).certificates
    assert certificate.verified_at is None
    mine = await the_actor(conn, seller.account_id)
    with pytest.raises(NotAllowed):
        await verify_certificate(conn, mine, producer_id, certificate.id, now=NOW)
    county = await an_office(conn, Role.COUNTY, "130624")
    await verify_certificate(conn, county, producer_id, certificate.id, now=NOW)
    with pytest.raises(NotFound):
        await verify_certificate(conn, county, producer_id, certificate.id, now=NOW)


async def decide_once(database: Database, seal: Seal, actor: Actor, producer_id: UUID) -> bool:
    try:
        async with database.transaction() as conn:
            await decide_producer(conn, seal, actor, producer_id, step=Step.CONFIRM, now=NOW)
    except (NotNow, SecondStep):
        return False
    return True


async def test_of_twenty_who_confirm_at_once_one_does(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        producer_id, _ = await applied(conn)
        officials = [await an_office(conn, Role.VILLAGE, VILLAGE) for _ in range(20)]
    done = await asyncio.gather(*(decide_once(database, seal, actor, producer_id) for actor in officials))
    assert sum(done) == 1
    async with database.connection() as conn:
        assert await state_of(conn, producer_id) == ("confirmed", 2)


async def apply_once(database: Database, applicant: Actor) -> bool:
    try:
        async with database.transaction() as conn:
            await apply_producer(conn, applicant, APPLICATION, now=NOW)
    except AlreadyApplied:
        return False
    return True


async def test_of_ten_applications_sent_at_once_one_is_kept(database: Database) -> None:
    async with database.transaction() as conn:
        applicant = await an_applicant(conn)
    assert sum(await asyncio.gather(*(apply_once(database, applicant) for _ in range(10)))) == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM producers") == 1


async def test_an_applicant_may_give_the_name_that_officials_call_by(conn: Connection) -> None:
    person = await an_applicant(conn)

    async def name() -> str:
        return await conn.fetchval("SELECT name FROM accounts WHERE id = $1", person.account_id)

    for wrong in ("", "  ", "顾" * 61):
        application = msgspec.structs.replace(APPLICATION, applicant=wrong, name="一")
        with pytest.raises(BadApplication) as refused:
            await apply_producer(conn, person, application, now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["name", "applicant"]
    assert await name() == "样例农户"
    await apply_producer(conn, person, msgspec.structs.replace(APPLICATION, applicant=" 样例顾某 "), now=NOW)
    assert await name() == "样例顾某"
    other = await an_applicant(conn)
    await apply_producer(conn, other, APPLICATION, now=NOW)
    assert await conn.fetchval("SELECT name FROM accounts WHERE id = $1", other.account_id) == "样例农户"


async def test_certificates_that_wait_are_listed_to_whose_place_it_is_and_never_without_end(conn: Connection) -> None:
    producer = await a_producer(conn)
    owner = await owner_of(conn, producer)
    county = await an_office(conn, Role.COUNTY, "130624")
    elsewhere = await an_office(conn, Role.COUNTY, "130725")
    assert [row.id for row in (await list_unverified(conn, county)).items] == []
    claim = CertificateClaim(CertificateKind.LICENCE, number="样例-7")
    for _ in range(MOST_CERTIFICATES):
        await show_certificate(conn, owner, ProducerId(producer), claim, now=NOW)
    with pytest.raises(BadApplication) as refused:
        await show_certificate(conn, owner, ProducerId(producer), claim, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["certificates"]
    assert [row.id for row in (await list_unverified(conn, county)).items] == [producer]
    assert [row.id for row in (await list_unverified(conn, elsewhere)).items] == []
    with pytest.raises(NotAllowed):
        await list_unverified(conn, owner)
    with pytest.raises(NotAllowed):
        await list_unverified(conn, await an_office(conn, Role.VILLAGE, VILLAGE))
    with pytest.raises(SecondFactorNeeded):
        await list_unverified(conn, await the_actor(conn, county.account_id, second_factor=False))
