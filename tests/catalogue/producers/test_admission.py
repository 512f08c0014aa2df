"""Three people admit a producer: of the village, of the county, and another of the county or the platform."""

import asyncio
import json
from uuid import UUID

import asyncpg
import pytest

from market.catalogue.producers.apply import apply_producer
from market.catalogue.producers.decide import decide_producer
from market.catalogue.producers.models import (
    ADMISSION_MOVES,
    AdmissionStep,
    ProducerState,
    ReasonNeeded,
    ReviewerNotIndependent,
    WrongProducerState,
)
from market.catalogue.producers.queries import (
    find_public_producer,
    get_producer,
    list_own_producers,
    list_pending_producers,
)
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Actor, NotAllowed, NotFound, Role, SecondFactorRequired
from tests.catalogue.producers.applicants import APPLICATION, an_applicant, apply, get_state, make_official_actor
from tests.conftest import NOW
from tests.support.make import SEAL, VILLAGE, load_actor, make_official, make_producer
from tests.support.postgres import as_owner


async def test_three_people_admit_a_producer(conn: Connection, seal: Seal) -> None:
    producer_id, applicant = await apply(conn)
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    county, other = [await make_official_actor(conn, Role.COUNTY, "130624") for _ in range(2)]
    for actor, step in (
        (village, AdmissionStep.CONFIRM),
        (county, AdmissionStep.RECOMMEND),
        (other, AdmissionStep.APPROVE),
    ):
        decided = await decide_producer(conn, seal, actor, producer_id, step=step, now=NOW)
    assert decided.producer.state is ProducerState.OPEN
    assert decided.producer.opened_at == NOW
    assert [step.step for step in decided.steps] == [
        AdmissionStep.APPLY,
        AdmissionStep.CONFIRM,
        AdmissionStep.RECOMMEND,
        AdmissionStep.APPROVE,
    ]
    assert [certificate.verified_at for certificate in decided.certificates] == [NOW]
    public = await find_public_producer(conn, producer_id, now=NOW)
    assert public is not None
    assert (public.village, public.township, public.county) == ("革新庄村", "北果园镇", "阜平县")
    assert (public.self_grown, public.certificates) == (True, ["origin"])
    assert [row.id for row in await list_own_producers(conn, applicant)] == [producer_id]


async def test_each_step_notifies_the_applicant(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await apply(conn)
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.REFUSE, reason="不是本村的。", now=NOW)
    row = await conn.fetchrow("SELECT template, facts_sealed FROM messages")
    assert row is not None
    assert row["template"] == "producer_refused"
    assert json.loads(seal.open(row["facts_sealed"], "messages.facts")) == {
        "name": "样例革新庄枣园",
        "reason": "不是本村的",
    }


async def test_an_applicant_cannot_confirm_with_any_role(conn: Connection, seal: Seal) -> None:
    official = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    producer_id = await apply_producer(conn, SEAL, official, APPLICATION, now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await decide_producer(conn, seal, official, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    assert await get_state(conn, producer_id) == ("applied", 1)


async def test_a_person_with_every_role_takes_only_one_step(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await apply(conn)
    account_id = await make_official(conn, [Role.VILLAGE, Role.COUNTY, Role.PLATFORM], "13")
    official = await load_actor(conn, account_id)
    await decide_producer(conn, seal, official, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await decide_producer(conn, seal, official, producer_id, step=AdmissionStep.RECOMMEND, now=NOW)
    assert await get_state(conn, producer_id) == ("confirmed", 2)


async def test_the_recommender_cannot_approve(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await apply(conn)
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    await decide_producer(conn, seal, county, producer_id, step=AdmissionStep.RECOMMEND, now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await decide_producer(conn, seal, county, producer_id, step=AdmissionStep.APPROVE, now=NOW)
    assert await get_state(conn, producer_id) == ("recommended", 3)


async def set_identity_index(conn: Connection, account_id: AccountId, index: bytes) -> None:
    async with as_owner(conn):
        await conn.execute(
            "UPDATE accounts SET identity_index = $2, identity_sealed = 'x' WHERE id = $1", account_id, index
        )


@pytest.mark.parametrize(
    ("names", "identities"),
    [
        (("样例甘某", "样例 甘某（县农业农村局）"), (None, None)),
        (("样例甘某", "样例甘某"), (b"1", None)),
        (("样例甘某", "另一个名字"), (b"1", b"1")),
    ],
)
async def test_two_accounts_of_a_person_take_one_step(
    conn: Connection, seal: Seal, names: tuple[str, str], identities: tuple[bytes | None, bytes | None]
) -> None:
    producer_id, _ = await apply(conn)
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    await decide_producer(conn, seal, village, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    county: list[Actor] = []
    for name, identity, handle in zip(names, identities, ("gan", "gan2"), strict=True):
        account_id = await make_official(conn, Role.COUNTY, "130624", name=name, handle=handle)
        if identity:
            await set_identity_index(conn, account_id, identity)
        county.append(await load_actor(conn, account_id))
    await decide_producer(conn, seal, county[0], producer_id, step=AdmissionStep.RECOMMEND, now=NOW)
    assert (await list_pending_producers(conn, county[1])).items == []
    with pytest.raises(ReviewerNotIndependent):
        await decide_producer(conn, seal, county[1], producer_id, step=AdmissionStep.APPROVE, now=NOW)
    assert await get_state(conn, producer_id) == ("recommended", 3)


async def test_two_persons_of_one_name_take_a_step_each(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await apply(conn)
    village = await make_official(conn, Role.VILLAGE, VILLAGE, name="样例王伟", handle="wang")
    county = await make_official(conn, Role.COUNTY, "130624", name="样例王伟", handle="wang2")
    await set_identity_index(conn, village, b"1")
    await set_identity_index(conn, county, b"2")
    for official, step in ((village, AdmissionStep.CONFIRM), (county, AdmissionStep.RECOMMEND)):
        await decide_producer(conn, seal, await load_actor(conn, official), producer_id, step=step, now=NOW)
    assert await get_state(conn, producer_id) == ("recommended", 3)


async def test_an_applicant_neither_suspends_nor_reopens_by_another_account(conn: Connection, seal: Seal) -> None:
    producer_id = await make_producer(conn, state="open")
    owner = await conn.fetchval("SELECT applied_by FROM producers")
    official = await make_official(conn, Role.COUNTY, "130624", name="另一个名字", handle="xian")
    await set_identity_index(conn, owner, b"1")
    await set_identity_index(conn, official, b"1")
    with pytest.raises(ReviewerNotIndependent):
        await decide_producer(
            conn,
            seal,
            await load_actor(conn, official),
            producer_id,
            step=AdmissionStep.SUSPEND,
            reason="样例",
            now=NOW,
        )


async def test_the_schema_refuses_a_second_step_of_a_person_by_another_account(owner: Connection) -> None:
    producer_id = await make_producer(owner, state="applied")
    for handle in ("gan", "gan2"):
        account_id = await make_official(owner, Role.COUNTY, "130624", name="样例甘某", handle=handle)
        step = owner.execute(
            "INSERT INTO producer_steps (producer_id, step, account_id, at) VALUES ($1, $2, $3, $4)",
            producer_id, "confirm" if handle == "gan" else "recommend", account_id, NOW,
        )  # fmt: skip
        if handle == "gan":
            await step
            continue
        with pytest.raises(asyncpg.UniqueViolationError) as refused:
            await step
        assert refused.value.constraint_name == "producer_steps_one_per_person"


async def test_the_schema_refuses_a_second_step_of_a_person(owner: Connection) -> None:
    producer_id = await make_producer(owner, state="applied")
    account_id = await owner.fetchval("SELECT applied_by FROM producers")
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await owner.execute(
            "INSERT INTO producer_steps (producer_id, step, account_id, at) VALUES ($1, 'confirm', $2, $3)",
            producer_id,
            account_id,
            NOW,
        )
    assert refused.value.constraint_name == "producer_steps_one_per_account"


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
async def test_the_wrong_division_or_role_is_refused_and_nothing_changes(
    conn: Connection, seal: Seal, role: Role, scope: str, refusal: type[Exception]
) -> None:
    producer_id, _ = await apply(conn)
    actor = await make_official_actor(conn, role, scope)
    with pytest.raises(refusal):
        await decide_producer(conn, seal, actor, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    assert await get_state(conn, producer_id) == ("applied", 1)
    assert await conn.fetchval("SELECT count(*) FROM messages") == 0


async def test_deciding_requires_the_second_factor(conn: Connection, seal: Seal) -> None:
    producer_id, _ = await apply(conn)
    actor = await load_actor(conn, await make_official(conn, Role.VILLAGE, VILLAGE), second_factor=False)
    with pytest.raises(SecondFactorRequired):
        await decide_producer(conn, seal, actor, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    with pytest.raises(SecondFactorRequired):
        await list_pending_producers(conn, actor)
    assert await get_state(conn, producer_id) == ("applied", 1)


@pytest.mark.parametrize("state", list(ProducerState))
@pytest.mark.parametrize("step", list(ADMISSION_MOVES))
async def test_a_step_starts_only_from_its_states(
    conn: Connection, seal: Seal, state: ProducerState, step: AdmissionStep
) -> None:
    producer_id = await make_producer(conn, state=state)
    account_id = await make_official(conn, [Role.VILLAGE, Role.COUNTY], "130624")
    actor = await load_actor(conn, account_id)
    states, into = ADMISSION_MOVES[step]
    if state in states:
        decided = await decide_producer(conn, seal, actor, producer_id, step=step, reason="有原因", now=NOW)
        assert decided.producer.state is into
    else:
        with pytest.raises(WrongProducerState):
            await decide_producer(conn, seal, actor, producer_id, step=step, reason="有原因", now=NOW)
        assert await get_state(conn, producer_id) == (state, 1)


@pytest.mark.parametrize("step", [AdmissionStep.REFUSE, AdmissionStep.SUSPEND])
@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
async def test_refusing_and_suspending_need_a_reason_within_the_limit(
    conn: Connection, seal: Seal, step: AdmissionStep, reason: str
) -> None:
    producer_id = await make_producer(conn, state="applied" if step is AdmissionStep.REFUSE else "open")
    actor = await load_actor(conn, await make_official(conn, [Role.VILLAGE, Role.COUNTY], "130624"))
    with pytest.raises(ReasonNeeded):
        await decide_producer(conn, seal, actor, producer_id, step=step, reason=reason, now=NOW)


async def test_reopening_keeps_the_first_opening_date(conn: Connection, seal: Seal) -> None:
    producer_id = await make_producer(conn)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    await decide_producer(conn, seal, county, producer_id, step=AdmissionStep.SUSPEND, reason="样例原因", now=NOW)
    public = await find_public_producer(conn, producer_id, now=NOW)
    assert public is not None
    assert public.taking_orders is False
    again = await decide_producer(conn, seal, county, producer_id, step=AdmissionStep.REOPEN, now=NOW)
    assert (again.producer.state, again.producer.opened_at) == (ProducerState.OPEN, NOW)


async def test_an_official_lists_the_pending_producers_of_the_own_divisions(conn: Connection, seal: Seal) -> None:
    here, elsewhere = await apply(conn), await make_producer(conn, village="130725100201", state="applied")
    confirmed = await make_producer(conn, state="confirmed")
    village = await make_official_actor(conn, Role.VILLAGE, VILLAGE)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    province = await make_official_actor(conn, Role.VILLAGE, "13")

    async def list_pending(actor: Actor) -> list[UUID]:
        return [row.id for row in (await list_pending_producers(conn, actor)).items]

    assert await list_pending(village) == [here[0]]
    assert await list_pending(county) == [confirmed]
    assert await list_pending(province) == [here[0], elsewhere]
    await decide_producer(conn, seal, village, here[0], step=AdmissionStep.CONFIRM, now=NOW)
    assert await list_pending(village) == []
    assert await list_pending(county) == [here[0], confirmed]
    with pytest.raises(NotAllowed):
        await list_pending(here[1])


async def test_a_pending_producer_is_visible_to_its_members_and_officials_only(conn: Connection) -> None:
    producer_id, applicant = await apply(conn)
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    stranger = await an_applicant(conn)
    assert (await get_producer(conn, SEAL, applicant, producer_id)).producer.name == "样例革新庄枣园"
    assert (await get_producer(conn, SEAL, county, producer_id)).producer.state is ProducerState.APPLIED
    for other in (elsewhere, stranger):
        with pytest.raises(NotFound):
            await get_producer(conn, SEAL, other, producer_id)
    assert await find_public_producer(conn, producer_id, now=NOW) is None


async def decide_once(database: Database, seal: Seal, actor: Actor, producer_id: UUID) -> bool:
    try:
        async with database.transaction() as conn:
            await decide_producer(conn, seal, actor, producer_id, step=AdmissionStep.CONFIRM, now=NOW)
    except (WrongProducerState, ReviewerNotIndependent):
        return False
    return True


async def test_of_20_concurrent_confirmations_one_succeeds(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        producer_id, _ = await apply(conn)
        officials = [await make_official_actor(conn, Role.VILLAGE, VILLAGE) for _ in range(20)]
    outcomes = await asyncio.gather(*(decide_once(database, seal, actor, producer_id) for actor in officials))
    assert sum(outcomes) == 1
    async with database.connection() as conn:
        assert await get_state(conn, producer_id) == ("confirmed", 2)
