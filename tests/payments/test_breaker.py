"""Calls to a provider that does not answer fail at once until a trial call succeeds."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from payments import CircuitOpen, GatewayUnavailable, GuardedGateway
from payments.port import Gateway, Unknown


class SilentGateway:
    """A provider that answers or not, as the test says, and counts its calls."""

    name = "silent"

    def __init__(self) -> None:
        self.answers = False
        self.calls = self.running = self.highest = 0

    async def get_charge(self, ref: str) -> None:
        self.calls += 1
        self.running += 1
        self.highest = max(self.highest, self.running)
        await asyncio.sleep(0.01)
        self.running -= 1
        if not self.answers:
            raise GatewayUnavailable(ref)

    async def cancel(self, ref: str, key: str) -> Unknown:
        self.calls += 1
        return Unknown(f"{ref} {key}")


async def call(guarded: GuardedGateway, times: int) -> list[Any]:
    return await asyncio.gather(*(guarded.get_charge("pi") for _ in range(times)), return_exceptions=True)


async def test_after_five_calls_without_an_answer_the_others_fail_at_once_until_a_trial_succeeds() -> None:
    silent = SilentGateway()
    guarded = GuardedGateway(cast("Gateway", silent), concurrency=1, cooldown=0.2)
    outcomes = await call(guarded, 50)
    assert [type(each) for each in outcomes] == [GatewayUnavailable] * 5 + [CircuitOpen] * 45
    assert (silent.calls, guarded.is_open(), outcomes[-1].retry_after) == (5, True, 1)
    assert isinstance(await guarded.cancel("pi", "key"), Unknown)
    assert silent.calls == 5
    await asyncio.sleep(0.2)
    await call(guarded, 3)
    assert (silent.calls, guarded.is_open()) == (6, True)
    await asyncio.sleep(0.2)
    silent.answers = True
    assert await call(guarded, 3) == [None] * 3
    assert (silent.calls, guarded.is_open()) == (9, False)


async def test_an_unknown_outcome_counts_as_no_answer() -> None:
    silent = SilentGateway()
    guarded = GuardedGateway(cast("Gateway", silent), threshold=2)
    for _ in range(4):
        assert isinstance(await guarded.cancel("pi", "key"), Unknown)
    assert (silent.calls, guarded.is_open()) == (2, True)


async def test_no_more_calls_run_at_a_time_than_allowed() -> None:
    silent = SilentGateway()
    silent.answers = True
    await call(GuardedGateway(cast("Gateway", silent), concurrency=3), 30)
    assert (silent.calls, silent.highest) == (30, 3)


async def test_a_call_fails_if_it_waits_too_long_for_its_turn() -> None:
    silent = SilentGateway()
    silent.answers = True
    guarded = GuardedGateway(cast("Gateway", silent), concurrency=1, max_wait=0.005)
    outcomes = await call(guarded, 3)
    assert (outcomes[0], [type(each) for each in outcomes[1:]]) == (None, [GatewayUnavailable] * 2)
    assert (silent.calls, await call(guarded, 1)) == (1, [None])


async def test_a_silent_provider_is_not_asked_for_a_statement() -> None:
    silent = SilentGateway()
    guarded = GuardedGateway(cast("Gateway", silent), threshold=1)
    await call(guarded, 1)
    with pytest.raises(GatewayUnavailable, match="silent has not answered"):
        await guarded.list_statement_lines(datetime.now(UTC), datetime.now(UTC))
