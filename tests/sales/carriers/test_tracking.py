"""Parcels that travel: pushed and polled, stored as facts, delivered, late, lost, or unheard of."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from msgspec import structs

from market.kernel import Connection
from market.kernel.signed_http import build_signed_headers
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.receive import confirm_overdue
from market.sales.carriers.http_port import WEBHOOK_PATH
from market.sales.carriers.models import Carrier, TrackingState, TrackingStep, find_carrier
from market.sales.carriers.open_port import GuardedCarriers
from market.sales.carriers.pushes import apply_pushes, receive_push
from market.sales.carriers.track import give_up_parcels, poll_parcels
from market.sales.carriers.tracking import get_tracking
from market.sales.orders.models import SuborderState
from market.service.demo.carrier.app import CarrierSandbox
from payments.errors import InvalidSignature
from payments.retries import BatchSummary
from tests.conftest import NOW
from tests.sales.carriers.travel import Travel
from tests.support.carriers import KEY_ID, SECRET, MovedClock
from tests.support.make import load_actor, make_account


def push(carrier: Carrier = Carrier.ZTO, number: str = "ZT0000001", event: str = "p1") -> tuple[dict[str, str], bytes]:
    body = json.dumps({"id": event, "carrier": carrier, "number": number}).encode()
    return build_signed_headers(KEY_ID, SECRET, path=WEBHOOK_PATH, body=body), body


@pytest.mark.parametrize(
    ("name", "carrier"),
    [("中通", Carrier.ZTO), ("中通快递", Carrier.ZTO), ("ems", Carrier.POST), ("顺丰速运", Carrier.SF), ("跑腿", None)],
)
def test_a_carrier_is_found_by_the_names_that_people_write(name: str, carrier: Carrier | None) -> None:
    assert find_carrier(name) is carrier


async def test_a_parcel_is_asked_for_until_it_is_delivered_and_the_buyer_is_told_once(travel: Travel) -> None:
    await travel.send()
    assert await travel.poll(hours=1) == BatchSummary(done=1)
    assert (await travel.see()).state is TrackingState.WAITING
    await travel.poll(hours=11)
    assert await travel.see_steps() == [TrackingStep.ACCEPTED, TrackingStep.MOVED]
    await travel.poll(hours=49)
    await travel.poll(hours=50)
    seen = await travel.see()
    assert (seen.state, seen.delivered_at) == (TrackingState.DELIVERED, NOW + timedelta(hours=48))
    assert len(seen.facts) == 5
    told = [facts for template, facts in await travel.shopping.messages() if template == "parcel_delivered"]
    assert [json.loads(each)["carrier"] for each in told] == ["中通"]
    assert await travel.poll(hours=51) == BatchSummary()


async def test_a_quiet_parcel_is_asked_for_ever_less_often(travel: Travel) -> None:
    await travel.send()
    waits: list[timedelta] = []
    for _ in range(5):
        await travel.poll(hours=1)
        waits.append(await travel.wait())
    assert waits == [timedelta(hours=hours) for hours in (2, 4, 8, 12, 12)]
    await travel.poll(hours=2)
    assert await travel.wait() == timedelta(hours=2)


async def test_a_carrier_that_does_not_answer_changes_nothing_and_is_asked_again(
    travel: Travel, carrier_sandbox: CarrierSandbox
) -> None:
    await travel.send()
    await travel.poll(hours=1)
    await travel.poll(hours=10)
    carrier_sandbox.mute = True
    assert await travel.poll(hours=49) == BatchSummary(done=1)
    assert (await travel.see()).state is TrackingState.MOVING
    assert await travel.wait() == timedelta(minutes=5)
    carrier_sandbox.mute = False
    await travel.poll(hours=49)
    assert (await travel.see()).state is TrackingState.DELIVERED


async def test_an_open_circuit_calls_nobody(travel: Travel, carrier_sandbox: CarrierSandbox) -> None:
    await travel.send()
    guarded = GuardedCarriers(travel.carriers)
    carrier_sandbox.mute = True
    for _ in range(5):
        await guarded.track(Carrier.ZTO, "ZT0000001")
    calls = carrier_sandbox.calls
    assert guarded.is_open()
    await guarded.track(Carrier.ZTO, "ZT0000001")
    assert carrier_sandbox.calls == calls


async def test_a_number_that_no_carrier_knows_waits_for_a_person_after_two_days(travel: Travel) -> None:
    await travel.send("ZT01NONE")
    await travel.poll(hours=48)
    assert (await travel.see()).state is TrackingState.WAITING
    await travel.poll(hours=49)
    assert (await travel.see()).state is TrackingState.UNKNOWN


async def test_the_number_of_an_older_parcel_is_not_taken_for_this_one(
    travel: Travel, carrier_clock: MovedClock
) -> None:
    carrier_clock.at = NOW - timedelta(days=9)
    await travel.carriers.track(Carrier.ZTO, "ZT0000001")
    await travel.send()
    await travel.poll(hours=1)
    seen = await travel.see()
    assert (seen.state, seen.delivered_at) == (TrackingState.MISMATCHED, None)
    assert await confirm_overdue(travel.shopping.db, now=NOW + timedelta(days=20), days=10) == 0


async def test_a_corrected_number_starts_over_and_the_same_one_changes_nothing(travel: Travel) -> None:
    await travel.send("ZT01NONE")
    await travel.poll(hours=49)
    await travel.correct("ZT01NONE", now=travel.clock.at)
    assert (await travel.see()).state is TrackingState.UNKNOWN
    await travel.correct("ZT0000002", now=travel.clock.at)
    assert (await travel.see()).state is TrackingState.WAITING
    await travel.correct("", "自己送", now=travel.clock.at)
    with pytest.raises(NotFound):
        await travel.see()


async def test_receipt_counts_from_delivery_where_it_is_known(travel: Travel) -> None:
    await travel.send("ZT01LATE")
    await travel.poll(hours=1)
    await travel.poll(days=7)
    assert (await travel.see()).state is TrackingState.MOVING
    db = travel.shopping.db
    assert await confirm_overdue(db, now=NOW + timedelta(days=15), days=10) == 0
    await travel.poll(days=9)
    assert (await travel.see()).delivered_at == NOW + timedelta(hours=1 + 188)
    assert await confirm_overdue(db, now=NOW + timedelta(days=17), days=10) == 0
    assert await confirm_overdue(db, now=NOW + timedelta(days=18), days=10) == 1
    assert await travel.get_state() is SuborderState.RECEIVED


async def test_receipt_counts_from_dispatch_if_no_carrier_said_anything(travel: Travel) -> None:
    await travel.send("ZT01MUTE")
    await travel.poll(days=3)
    db = travel.shopping.db
    assert await confirm_overdue(db, now=NOW + timedelta(days=10), days=10) == 0
    assert await confirm_overdue(db, now=NOW + timedelta(days=11), days=10) == 1


@pytest.mark.parametrize(
    ("number", "state"), [("ZT01LOST", TrackingState.MOVING), ("ZT01BACK", TrackingState.RETURNED)]
)
async def test_a_parcel_that_does_not_arrive_is_never_received_by_silence(
    travel: Travel, number: str, state: TrackingState
) -> None:
    await travel.send(number)
    await travel.poll(hours=1)
    await travel.poll(days=6)
    assert (await travel.see()).state is state
    assert await confirm_overdue(travel.shopping.db, now=NOW + timedelta(days=60), days=10) == 0


async def test_a_lost_parcel_is_given_up_in_the_end(travel: Travel) -> None:
    await travel.send("ZT01LOST")
    await travel.poll(hours=20)
    await travel.poll(hours=30)
    days = [await give_up_parcels(travel.shopping.db, days=30, now=NOW + timedelta(days=day)) for day in (30, 31, 31)]
    assert days == [0, 1, 0]
    assert await travel.poll(days=32) == BatchSummary()


RECEIVE = "UPDATE suborders SET state = 'received', received_at = $1, closed_at = $1"


async def test_a_parcel_that_its_buyer_confirmed_early_is_asked_for_until_it_is_delivered(travel: Travel) -> None:
    await travel.send()
    await travel.poll(hours=2)
    await travel.owner.execute(RECEIVE, NOW + timedelta(hours=3))
    await travel.poll(hours=4)
    await travel.poll(hours=50)
    assert (await travel.see()).state is TrackingState.DELIVERED
    assert "parcel_delivered" not in [template for template, _ in await travel.shopping.messages()]


async def test_a_parcel_that_was_received_long_ago_is_asked_for_no_longer(
    travel: Travel, carrier_sandbox: CarrierSandbox
) -> None:
    await travel.send()
    await travel.owner.execute(RECEIVE, NOW)
    await travel.poll(days=31)
    await travel.poll(days=32)
    assert carrier_sandbox.calls == 0


async def test_one_number_proves_the_receipt_of_one_buyer_alone(travel: Travel, owner: Connection) -> None:
    shopping, sent = travel.shopping, list[UUID]()
    for buyer in (shopping.buyer, shopping.buyer, await make_another_buyer(travel)):
        travel.shopping = structs.replace(shopping, buyer=buyer)
        await travel.send("ZT0000001")
        await owner.execute("UPDATE tracked_parcels SET registered_at = $1", NOW)
        sent.append(travel.suborder_id)
    await travel.poll(hours=1)
    await travel.poll(hours=50)
    assert await owner.fetchval("SELECT count(*) FROM tracked_parcels WHERE state = 'delivered'") == 3
    assert [await owner.fetchval("SELECT is_receipt_proven($1)", each) for each in sent] == [True, True, False]
    await owner.execute("UPDATE tracked_parcels SET tracking = 'ZT0000002' WHERE suborder_id = $1", sent[2])
    assert await owner.fetchval("SELECT is_receipt_proven($1)", sent[2])


async def make_another_buyer(travel: Travel) -> Actor:
    async with travel.shopping.db.transaction() as conn:
        return await load_actor(conn, await make_account(conn))


async def test_a_push_makes_its_parcel_due_and_is_never_taken_for_a_fact(travel: Travel, owner: Connection) -> None:
    await travel.send()
    await travel.poll(hours=1)
    headers, body = push()
    received = await asyncio.gather(
        *(receive_push(travel.shopping.db, travel.carriers, headers, body) for _ in range(20))
    )
    assert sum(each.received for each in received) == 1
    assert (await travel.see()).facts == []
    kept = await owner.fetchrow("SELECT * FROM carrier_pushes")
    assert kept is not None
    own = {"event_id", "carrier", "tracking", "state", "attempts", "received_at", "next_at"}
    assert set(kept.keys()) == own, "what else the message says may quote telephones"
    assert [await apply_pushes(travel.shopping.db) for _ in range(2)] == [1, 0]
    now = travel.clock.set(hours=11)
    assert await poll_parcels(travel.shopping.db, travel.carriers, travel.shopping.seal, now=now) == BatchSummary(
        done=1
    )
    assert len((await travel.see()).facts) == 2


async def test_a_push_while_its_parcel_is_asked_for_is_not_lost(travel: Travel, owner: Connection) -> None:
    await travel.send()
    await travel.poll(hours=1)

    class SlowCarriers(GuardedCarriers):
        """A push arrives after the carrier answered and before the answer is stored."""

        async def track(self, carrier: Carrier, tracking: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
            outcome = await super().track(carrier, tracking)
            if not pushed:
                pushed.append(tracking)
                await receive_push(travel.shopping.db, travel.carriers, *push())
                await apply_pushes(travel.shopping.db)
                travel.clock.set(hours=11)
            return outcome

    pushed: list[str] = []
    await owner.execute("UPDATE tracked_parcels SET next_at = now()")
    now = travel.clock.set(hours=2)
    await poll_parcels(
        travel.shopping.db, SlowCarriers(travel.carriers), travel.shopping.seal, now=NOW + timedelta(hours=12)
    )
    assert now
    assert len((await travel.see()).facts) == 2


async def send_two(travel: Travel) -> None:
    """Send two parcels and receive a push about each."""
    for number in ("ZT0000001", "ZT0000002"):
        await travel.send(number)
        await receive_push(travel.shopping.db, travel.carriers, *push(number=number, event=number))


async def test_a_push_that_cannot_be_applied_delays_no_other(travel: Travel, owner: Connection) -> None:
    await send_two(travel)
    await owner.execute(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.tracking = 'ZT0000001' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER poison BEFORE UPDATE ON tracked_parcels FOR EACH ROW EXECUTE FUNCTION poison()"
    )
    assert [await apply_pushes(travel.shopping.db) for _ in range(2)] == [1, 0]
    rows = await owner.fetch("SELECT state, attempts, next_at > now() AS waits FROM carrier_pushes ORDER BY event_id")
    assert [tuple(row) for row in rows] == [("new", 1, True), ("done", 1, True)]
    await owner.execute("DROP TRIGGER poison ON tracked_parcels; UPDATE carrier_pushes SET next_at = now()")
    assert await apply_pushes(travel.shopping.db) == 1


async def test_a_push_about_a_locked_parcel_delays_no_other(travel: Travel, owner: Connection) -> None:
    await send_two(travel)
    async with owner.transaction():
        await owner.execute("SELECT FROM tracked_parcels WHERE tracking = 'ZT0000001' FOR NO KEY UPDATE")
        assert await asyncio.wait_for(apply_pushes(travel.shopping.db), 2) == 1
    await owner.execute("UPDATE carrier_pushes SET next_at = now()")
    assert await apply_pushes(travel.shopping.db) == 1


async def test_a_push_before_the_sellers_form_waits_for_it(travel: Travel, owner: Connection) -> None:
    await receive_push(travel.shopping.db, travel.carriers, *push())
    assert await apply_pushes(travel.shopping.db) == 0
    await travel.send()
    await owner.execute("UPDATE carrier_pushes SET next_at = now()")
    assert await apply_pushes(travel.shopping.db) == 1


async def test_a_push_without_a_parcel_is_given_up_after_a_day(travel: Travel, owner: Connection) -> None:
    await receive_push(travel.shopping.db, travel.carriers, *push())
    await owner.execute("UPDATE carrier_pushes SET received_at = now() - interval '25 hours'")
    assert await apply_pushes(travel.shopping.db) == 0
    assert await owner.fetchval("SELECT state FROM carrier_pushes") == "dead"


@pytest.mark.parametrize("fault", ["body", "old", "future", "nonce", "unsigned"])
async def test_a_push_that_is_not_the_services_is_refused(travel: Travel, owner: Connection, fault: str) -> None:
    headers, body = push()
    match fault:
        case "body":
            body += b" "
        case "old" | "future":
            shift = -400 if fault == "old" else 400
            headers["X-Timestamp"] = str(int(headers["X-Timestamp"]) + shift)
        case "nonce":
            headers["X-Nonce"] = "another"
        case _:
            headers = {}
    with pytest.raises(InvalidSignature):
        await receive_push(travel.shopping.db, travel.carriers, headers, body)
    assert await owner.fetchval("SELECT count(*) FROM carrier_pushes") == 0


@pytest.mark.parametrize("number", ["ZT\x00", "ZT\ud800", "ZT\u202e1"])
async def test_a_push_that_cannot_be_stored_is_no_message(travel: Travel, owner: Connection, number: str) -> None:
    headers, body = push(number=number, event=f"p{number}")
    with pytest.raises(InvalidSignature):
        await receive_push(travel.shopping.db, travel.carriers, headers, body)
    assert await owner.fetchval("SELECT count(*) FROM carrier_pushes") == 0


async def test_two_workers_ask_once_and_store_each_fact_once(travel: Travel, carrier_sandbox: CarrierSandbox) -> None:
    await travel.send()
    await travel.poll(hours=1)
    calls = carrier_sandbox.calls
    await travel.owner.execute("UPDATE tracked_parcels SET next_at = now()")
    now = travel.clock.set(hours=49)
    async with travel.owner.transaction():
        await travel.owner.execute("SELECT FROM tracked_parcels FOR UPDATE")
        assert await poll_parcels(travel.shopping.db, travel.carriers, travel.shopping.seal, now=now) == BatchSummary()
    await asyncio.gather(
        *(poll_parcels(travel.shopping.db, travel.carriers, travel.shopping.seal, now=now) for _ in range(8))
    )
    assert carrier_sandbox.calls == calls + 1
    assert len((await travel.see()).facts) == 5


async def test_the_sandbox_pushes_what_is_new_until_it_is_accepted(
    travel: Travel, carrier_sandbox: CarrierSandbox
) -> None:
    await travel.send()
    await travel.poll(hours=1)
    travel.clock.set(hours=11)
    got: list[httpx.Request] = []
    answers = [500, 200]

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(answers[len(got) - 1])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        assert [await carrier_sandbox.push_news(http) for _ in range(3)] == [0, 1, 0]
    received = await receive_push(travel.shopping.db, travel.carriers, dict(got[-1].headers), got[-1].content)
    assert received.received


async def test_others_do_not_see_where_a_parcel_is(travel: Travel) -> None:
    await travel.send()
    async with travel.shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        with pytest.raises(NotFound):
            await get_tracking(conn, stranger, travel.suborder_id)
        assert travel.seller is not None
        assert (await get_tracking(conn, travel.seller, travel.suborder_id)).tracking == "ZT0000001"
