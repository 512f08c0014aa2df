"""The figures of the queues: what is due, what was given up, and how late schedules are."""

from pathlib import Path

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.notify.http_port import HttpPort
from market.people.notify.queue import queue_message
from market.people.notify.send import send_due_messages
from market.service.worker.queues import (
    COUNT_QUEUES,
    MAX_COUNTED,
    QUEUES,
    QueueState,
    list_queue_states,
    list_schedule_states,
)
from market.service.worker.schedules import SCHEDULES, add_schedules
from tests.conftest import NOW
from tests.support.app import build_settings, run_service

FILL = """
INSERT INTO messages (phone_sealed, template, facts_sealed, queued_at, next_at, dead_at) VALUES
    ('', 'code', '', now(), now() - interval '40 s', NULL),
    ('', 'code', '', now(), now() + interval '40 s', NULL),
    ('', 'code', '', now(), now() - interval '1 h', now() - interval '1 h'),
    ('', 'to_ship', '', now(), now() - interval '2 h', now() - interval '2 d'),
    ('', 'to_ship', '', now(), now() - interval '100 s', NULL);
INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state, received_at, next_at) VALUES
    ('p', '1', 't', 'o', 'new', now() - interval '50 s', now() - interval '50 s'),
    ('p', '2', 't', 'o', 'parked', now() - interval '7000 s', now() + interval '1 h'),
    ('p', '3', 't', 'o', 'dead', now() - interval '9 h', now() - interval '9 h'),
    ('p', '4', 't', 'o', 'done', now() - interval '9 h', now() - interval '9 h');
INSERT INTO payments.payments (id, order_ref, purpose, method, currency, amount_minor, opened_at, expires_at)
    VALUES (uuidv7(), 'o', 'full', 'alipay', 'CNY', 100, now(), now());
INSERT INTO payments.refunds (payment_id, key, kind, amount_minor, state, requested_at, retry_at)
    SELECT id, 'a', 'late', 1, 'failed', now(), now() - interval '70 s' FROM payments.payments
    UNION ALL SELECT id, 'b', 'late', 1, 'failed', now(), NULL FROM payments.payments
    UNION ALL SELECT id, 'c', 'late', 1, 'pending', now(), NULL FROM payments.payments;
INSERT INTO payments.operations (payment_id, kind, key, state, first_sent_at, next_at)
    SELECT id, 'create', 'a', 'unknown', now() - interval '5000 s', now() + interval '1 h' FROM payments.payments
    UNION ALL SELECT id, 'create', 'b', 'ok', now(), now() FROM payments.payments
    UNION ALL SELECT id, 'cancel', 'c', 'pending', NULL, now() - interval '80 s' FROM payments.payments;
INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, state, opened_at)
    SELECT id, 'a', 1, 'open', '2019-09-20T01:00:00Z'::timestamptz - interval '90 s' FROM payments.payments
    UNION ALL SELECT id, 'b', 1, 'won', now() FROM payments.payments;
SELECT payments.post('s', 's', NULL, now(), 'CNY', '{clearing:alipay,suspense:pi_1}', '{-5,5}');
SELECT payments.post(k, 's', NULL, now(), 'CNY', '{clearing:alipay,suspense:pi_2}', a)
  FROM (VALUES ('t', '{-5,5}'::bigint[]), ('u', '{5,-5}')) AS v (k, a);
INSERT INTO payments.discrepancies (provider, day, kind, reference, opened_at, closed_at, note) VALUES
    ('stripe', '2019-09-19', 'amount', 'a', '2019-09-20T01:00:00Z'::timestamptz - interval '130 s', NULL, NULL),
    ('stripe', '2019-09-19', 'amount', 'b', now(), now(), 'n');
INSERT INTO payments.events (topic, order_ref, facts, at, dead_at, next_at) VALUES
    ('t', 'o', '{}', '2019-09-20T01:00:00Z'::timestamptz - interval '110 s', NULL, NULL),
    ('t', 'o', '{}', now(), NULL, now() + interval '1 h'),
    ('t', 'o', '{}', now(), now(), NULL);
INSERT INTO jobs.failures (job, item, attempts, next_at, error) VALUES
    ('a', uuidv7(), 1, now() - interval '120 s', 'e'), ('b', uuidv7(), 10, now() + interval '1 h', 'e'),
    ('c', uuidv7(), 1, 'infinity', 'e');
INSERT INTO carrier_pushes (event_id, carrier, tracking, state, next_at) VALUES
    ('1', 'zto', 'ZT01', 'new', now() - interval '150 s'), ('2', 'zto', 'ZT01', 'dead', now()),
    ('3', 'zto', 'ZT01', 'done', now() - interval '9 h');
INSERT INTO accounts (name, created_at) VALUES ('样例', now());
INSERT INTO tasks (county_code, account_id, second_factor, request_key, input, state, next_at, finished_at)
    SELECT '130624', id, true, 'k', '{"kind": "run"}', state, now() + due, now() + ended
      FROM accounts, (VALUES ('queued', interval '-140 s', NULL::interval), ('queued', '1 h', NULL),
                             ('running', '1 min', NULL), ('failed', '-2 h', '-1 h'), ('failed', '-3 d', '-2 d'))
           AS v (state, due, ended);
"""


def round_wait(state: QueueState) -> tuple[str, int, int, int]:
    return state.queue, state.due, state.dead, round(state.oldest_due_seconds, -1)  # pyright: ignore[reportReturnType]


async def test_every_queue_counts_what_is_due_and_what_was_given_up(database: Database, owner: Connection) -> None:
    await owner.execute(FILL)
    async with database.connection() as conn:
        states = await list_queue_states(conn, now=NOW)
    assert [round_wait(state) for state in states] == [
        ("codes", 1, 1, 40),
        ("notices", 1, 0, 100),
        ("failing_messages", 0, 0, 0),
        ("webhooks", 1, 1, 50),
        ("webhooks_parked", 1, 0, 7000),
        ("provider_calls", 1, 0, 80),
        ("provider_calls_unknown", 1, 0, 5000),
        ("payment_events", 1, 1, 110),
        ("refunds", 1, 1, 70),
        ("disputes", 1, 0, 90),
        ("discrepancies", 1, 0, 130),
        ("suspense", 1, 0, 0),
        ("failed_items", 1, 2, 120),
        ("parcels", 0, 0, 0),
        ("parcel_pushes", 1, 1, 150),
        ("tasks", 1, 1, 140),
        ("late_rows", 0, 0, 0),
    ]


async def test_messages_that_the_provider_does_not_take_are_counted_although_none_is_late(
    database: Database, seal: Seal, owner: Connection
) -> None:
    async with database.transaction() as conn:
        for template, facts in (("code", {"code": "123456"}), ("to_ship", {"count": "3"})):
            await queue_message(conn, seal, phone="17000001234", template=template, facts=facts, now=NOW)

    async def count() -> dict[str, tuple[int, int]]:
        async with database.connection() as conn:
            states = await list_queue_states(conn, now=NOW)
        return {state.queue: (state.due, state.dead) for state in states if state.due or state.dead}

    async with HttpPort(
        "http://127.0.0.1:9", key_id="k", secret="s", template_ids={"code": "1", "to_ship": "2"}
    ) as port:
        await send_due_messages(database, seal, port, now=NOW)
        assert await count() == {"failing_messages": (2, 0)}
        await owner.execute("UPDATE messages SET next_at = now(), attempts = 30")
        await send_due_messages(database, seal, port, now=NOW)
    assert await count() == {"codes": (0, 1), "notices": (0, 1), "failing_messages": (1, 0)}
    await owner.execute("UPDATE messages SET dead_at = now() - interval '11 minutes'")
    assert await count() == {"codes": (0, 1), "notices": (0, 1)}


async def test_an_empty_queue_is_reported_too(conn: Connection) -> None:
    states = await list_queue_states(conn, now=NOW)
    assert states == [QueueState(queue, 0, 0, 0.0) for queue in QUEUES]


async def test_the_count_reads_partial_indexes_only(conn: Connection) -> None:
    await conn.execute("SET LOCAL enable_seqscan = off")
    await conn.execute("SET LOCAL enable_bitmapscan = off")
    sql = COUNT_QUEUES.resolve(conn).replace("$1", str(MAX_COUNTED)).replace("$2", "now()")
    plan = "\n".join(str(row[0]) for row in await conn.fetch("EXPLAIN " + sql))
    assert "Seq Scan" not in plan
    assert set(_find_indexes(plan)) == {
        "messages_due_codes", "messages_due_notices", "messages_dead", "inbox_due", "inbox_dead", "operations_due",
        "events_pkey", "events_dead", "refunds_failed", "disputes_open", "discrepancies_open",
        "accounts_unresolved", "balances_pkey",
        "failures_by_due", "tracked_parcels_due", "carrier_pushes_due", "carrier_pushes_dead",
    }  # fmt: skip


def _find_indexes(plan: str) -> list[str]:
    return [line.split(" using ")[1].split()[0] for line in plan.splitlines() if " using " in line]


async def test_a_schedule_is_late_from_its_interval_after_its_last_success(
    database: Database, owner: Connection
) -> None:
    await add_schedules(database)
    async with database.connection() as conn:
        assert {(each.failures, each.overdue_seconds) for each in await list_schedule_states(conn)} == {(0, 0.0)}
        await owner.execute(
            "UPDATE jobs.schedules SET finished_at = now() - interval '27 h', attempts = 3, error = 'e'"
            " WHERE name = 'update_scores'"
        )
        await owner.execute(
            "UPDATE jobs.schedules SET next_at = now() - interval '1 h' WHERE name = 'note_audit_heads'"
        )
        states = {each.name: each for each in await list_schedule_states(conn)}
    assert len(states) == len(SCHEDULES)
    assert (states["update_scores"].failures, round(states["update_scores"].overdue_seconds / 3600)) == (3, 3)
    assert (states["note_audit_heads"].failures, round(states["note_audit_heads"].overdue_seconds / 3600)) == (0, 1)


async def test_the_queues_are_read_once_in_five_seconds_and_a_failure_leaves_the_other_metrics(
    dsn: str, folder: Path, owner: Connection
) -> None:
    async with run_service(build_settings(dsn, folder)) as service:
        await service.http.get("/healthz")
        assert 'market_queue_due{queue="webhooks"} 0.0' in (await service.http.get("/metrics")).text
        await owner.execute(FILL)
        assert 'market_queue_due{queue="webhooks"} 0.0' in (await service.http.get("/metrics")).text
    async with run_service(build_settings(dsn, folder)) as service:
        assert 'market_queue_due{queue="webhooks"} 1.0' in (await service.http.get("/metrics")).text
    await owner.execute("REVOKE SELECT ON payments.inbox FROM market_app")
    async with run_service(build_settings(dsn, folder)) as service:
        await service.http.get("/healthz")
        response = await service.http.get("/metrics")
    assert response.status_code == 200
    assert "market_queues_readable 0.0" in response.text
    assert "market_queue_due" not in response.text
    assert 'market_answers_total{method="GET",route="/healthz",status="200"}' in response.text
