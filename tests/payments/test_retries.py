"""Retries: delays double up to a limit, attempts end, and one failing item never blocks the others."""

import asyncio
from datetime import timedelta

from payments.retries import BatchSummary, RetryPolicy, describe_error, run_each, run_listed

POLICY = RetryPolicy(first_delay=timedelta(seconds=10), max_delay=timedelta(seconds=60), max_attempts=5)


def test_the_delay_doubles_up_to_its_limit_and_ends_with_the_last_attempt() -> None:
    delays = [POLICY.compute_delay(attempts) for attempts in range(1, 7)]
    assert delays == [
        timedelta(seconds=10),
        timedelta(seconds=20),
        timedelta(seconds=40),
        timedelta(minutes=1),
        None,
        None,
    ]


def test_without_a_limit_an_item_is_retried_for_ever() -> None:
    policy = RetryPolicy(first_delay=timedelta(seconds=10), max_delay=timedelta(hours=1))
    assert policy.compute_delay(10_000) == timedelta(hours=1)


async def test_a_failing_item_is_recorded_and_the_others_are_done() -> None:
    done: list[int] = []
    failed: list[str] = []

    async def work(item: int) -> None:
        if item == 2:
            raise KeyError("two")
        done.append(item)

    async def fail(item: int, error: Exception) -> None:
        failed.append(f"{item} {describe_error(error)}")

    assert await run_each([1, 2, 3], work, fail) == BatchSummary(done=2, failed=1)
    assert (done, failed) == ([1, 3], ["2 KeyError: 'two'"])


def test_the_text_of_an_error_can_be_stored_whatever_it_quotes() -> None:
    assert describe_error(ValueError("a\ud800b\0c")) == "ValueError: a\\ud800b\\0c"
    assert len(describe_error(ValueError("\ud800" * 400))) == 500


async def test_no_more_items_run_at_a_time_than_allowed() -> None:
    running = highest = 0

    async def work(_item: int) -> None:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        await asyncio.sleep(0.01)
        running -= 1

    async def fail(_item: int, _error: Exception) -> None: ...

    await run_each(range(20), work, fail, concurrency=4)
    assert highest == 4


async def test_what_is_listed_is_done_although_whole_batches_before_it_fail() -> None:
    waiting, failed, listed = list(range(10)), list[int](), list[int]()

    async def list_due(most: int) -> list[int]:
        listed.append(most)
        return waiting[:most]

    async def work(item: int) -> int:
        if item in {0, 1, 2, 3}:
            raise ValueError(item)
        if item == 4:  # another worker does it
            return 0
        waiting.remove(item)
        return 2

    async def fail(item: int, _: Exception) -> None:
        failed.append(item)

    assert await run_listed(list_due, work, fail, most=3) == 10
    assert (waiting, failed) == ([0, 1, 2, 3, 4], [0, 1, 2, 3])
    assert listed == [3, 6, 8, 8]
